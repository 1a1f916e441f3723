import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withConnection } from '../migrate/migrate.ts';
import { addOwner, createTestDatabase, inspect, script, type TestDatabase } from '../testing/database.ts';
import { hashAnew } from '../testing/logs.ts';
import type { UserId } from '../user-id.ts';
import { TRIM_EVENTS } from './limits.ts';
import { setRetention } from './retention.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());
beforeEach(() => keep(90, 100));

const run = (text: string) => inspect(own.superuserUrl, text);
const keep = (logDays: number, logMb: number) => setRetention(own, { logDays, logMb });

const ownerRow = async (owner: UserId) => {
  const [row = {}] = await run(`select last_seq::int, dropped_seq::int, log_bytes::int, log_mb, log_since from owners where user_id = '${owner}'`);
  return { lastSeq: Number(row.last_seq), droppedSeq: Number(row.dropped_seq), bytes: Number(row.log_bytes), mb: Number(row.log_mb), since: row.log_since };
};

/** Changes every task of the owner so many times. */
const edit = (owner: UserId, times: number, bytes: number) =>
  script(
    own.superuserUrl,
    `do $$ begin for i in 1..${times} loop update tasks set description = i || repeat('x', ${bytes}) where user_id = '${owner}'; end loop; end $$`,
  );

/** Makes the whole log so many days older. */
const age = (owner: UserId, days: number) =>
  withConnection(own.superuserUrl, (connection) =>
    connection.send([
      {
        text: `set session_replication_role = replica;
          update events set at = at - interval '${days} days', was = was - interval '${days} days' where user_id = '${owner}';
          update tasks set updated_at = updated_at - interval '${days} days', created_at = created_at - interval '${days} days' where user_id = '${owner}';
          update events set fields = jsonb_set(fields, '{created_at}', to_jsonb((fields ->> 'created_at')::timestamptz - interval '${days} days'))
            where user_id = '${owner}' and kind <> 'update';
          ${hashAnew(owner)}`,
      },
    ]),
  );

const isSound = async (owner: UserId) => expect(await own.verifyLog(owner)).not.toHaveProperty('fault');

describe('a log', () => {
  it('that is larger than allowed loses its oldest events, down to three quarters of that, and no other log does', async () => {
    const [ada, bob] = [await addOwner(own, 1), await addOwner(own, 1)];
    await keep(90, 1);
    for (const owner of [ada, bob]) await edit(owner, 40, 9_900);
    expect((await ownerRow(ada)).bytes).toBeLessThan(1_000_000);
    await own.housekeep();
    expect(await ownerRow(ada)).toMatchObject({ lastSeq: 41, droppedSeq: 0 });
    await edit(ada, 20, 9_900);
    const before = await ownerRow(ada);
    expect(before.bytes).toBeGreaterThan(1_000_000);
    await own.housekeep();
    const after = await ownerRow(ada);
    expect(after).toMatchObject({ lastSeq: 61, mb: 0 });
    expect(after.bytes).toBeLessThanOrEqual(750_000);
    expect(after.bytes).toBeGreaterThan(700_000);
    expect(await run(`select min(seq)::int as first, max(seq)::int as last from events where user_id = '${ada}'`)).toEqual([
      { first: after.droppedSeq + 1, last: 61 },
    ]);
    expect(await run(`select at from events where user_id = '${ada}' order by seq limit 1`)).toEqual([{ at: after.since }]);
    expect(await ownerRow(bob)).toMatchObject({ droppedSeq: 0 });
    await isSound(ada);
  });

  it('that is older than allowed by a day loses what is older than allowed', async () => {
    const [ada, bob] = [await addOwner(own, 2), await addOwner(own, 2)];
    await age(ada, 2);
    await edit(ada, 1, 1);
    await age(ada, 29.5);
    await age(bob, 30.9);
    await edit(ada, 1, 2);
    await keep(30, 100);
    await own.housekeep();
    expect(await ownerRow(ada)).toMatchObject({ lastSeq: 6, droppedSeq: 2 });
    expect(await ownerRow(bob)).toMatchObject({ lastSeq: 2, droppedSeq: 0 });
    await age(ada, 40);
    await own.housekeep();
    expect(await ownerRow(ada)).toEqual({ lastSeq: 6, droppedSeq: 6, bytes: 0, mb: 0, since: null });
    await edit(ada, 1, 3);
    expect((await ownerRow(ada)).since).not.toBeNull();
    await isSound(ada);
    await keep(90, 100);
  });

  it('is trimmed a bounded number of events at a time', async () => {
    const ada = await addOwner(own, TRIM_EVENTS + 3_000);
    await keep(90, 1);
    const step = () =>
      withConnection(own.appUrl, async (connection) => {
        const [, rows] = await connection.send([
          { text: 'begin; set local role todo_watcher' },
          { text: 'select trim_due_log(true)::int as events', prepared: { params: [], rows: 'objects' } },
          { text: 'commit' },
        ]);
        return rows[0];
      });
    const steps = [await step(), await step(), await step()].map((row) => Number(Object(row).events));
    expect([steps[0], steps[2]]).toEqual([TRIM_EVENTS, 0]);
    expect(steps[1]).toBeGreaterThan(0);
    expect((await ownerRow(ada)).bytes).toBeGreaterThan(700_000);
    await isSound(ada);
  });

  it('is trimmed while its owner writes, and no change is refused or lost', async () => {
    const ada = await addOwner(own, 1);
    await keep(90, 1);
    const writing = async () => {
      for (let i = 0; i < 30; i += 1) await edit(ada, 5, 9_900 + i);
    };
    const trimming = async () => {
      for (let i = 0; i < 30; i += 1) await own.housekeep();
    };
    await Promise.all([writing(), trimming()]);
    expect(await ownerRow(ada)).toMatchObject({ lastSeq: 151, droppedSeq: expect.any(Number) });
    expect((await ownerRow(ada)).droppedSeq).toBeGreaterThan(0);
    await isSound(ada);
  });

  it.each([
    ['todo_watcher', `select trim_log(user_id, last_seq) from owners`],
    ['todo_watcher', 'update retention set log_days = 1'],
    ['todo_watcher', 'insert into retention values (1, 1)'],
    ['todo_watcher', 'delete from events'],
    ['todo_watcher', 'delete from idempotency_keys'],
    ['todo_user', 'select trim_due_log(true)'],
    ['todo_user', 'select purge_idempotency_keys()'],
    ['todo_identity', 'select trim_due_log(true)'],
    ['todo_identity', 'update retention set log_days = 1'],
    ['none', 'select trim_due_log(true)'],
    ['none', 'update retention set log_days = 1'],
  ])('is not trimmed otherwise by the login of a server, as %s: %s', async (role, text) => {
    const attempt = withConnection(own.appUrl, (connection) =>
      connection.send([{ text: `begin; set local role ${role}; set local app.user_id = '00000000-0000-7000-8000-000000000000'; ${text}` }]),
    );
    await expect(attempt).rejects.toMatchObject({ code: '42501' });
  });
});

describe('how long logs are kept', () => {
  it('is set for all servers by one that has the login of the owner of the tables; another says what it lacks', async () => {
    expect(await setRetention(own, { logDays: 7, logMb: 5 })).toBeUndefined();
    expect(await run('select * from retention')).toEqual([{ log_days: 7, log_mb: 5 }]);
    const serving = { appUrl: own.appUrl, ownerUrl: own.appUrl };
    expect(await setRetention(serving, { logDays: 7, logMb: 5 })).toBeUndefined();
    expect(await setRetention(serving, { logDays: 1, logMb: 5 })).toMatch(/7 days and up to 5 MB.*update retention set log_days = 1, log_mb = 5;$/);
    expect(await run('select * from retention')).toEqual([{ log_days: 7, log_mb: 5 }]);
  });
});
