import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restore } from '@todo/db/backup/restore';
import { rewind } from '@todo/db/log/rewind';
import { verifyLog } from '@todo/db/log/verify';
import { applyMigrations, withConnection } from '@todo/db/migrate/migrate';
import { createEmptyDatabase, inspect, script, type TestDatabase, trust } from '@todo/db/testing';
import { formerHeads, formerStates, life, live } from '@todo/db/testing/former';
import { createFormerDatabase } from '@todo/db/testing/migrations';
import type { UserId } from '@todo/db/user-id';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyLogs } from './log-commands.ts';

/** The number of migrations before the log was added, and before it recorded the changed values. */
const [BEFORE_THE_LOG, BEFORE_CHANGES] = [2, 12];

async function addFormerOwner({ superuserUrl }: TestDatabase): Promise<UserId> {
  const id = randomUUID();
  trust(id);
  await inspect(superuserUrl, `insert into "user" values ('${id}', 'x', '${id}@example.com', true, null, now(), now())`);
  return id;
}

const verify = ({ ownerUrl }: TestDatabase, owner: string) => withConnection(ownerUrl, (connection) => verifyLog(connection, owner));

describe('a database from before the log', () => {
  it('is brought to this version with its tasks by migrating alone', async () => {
    await using own = await createFormerDatabase(BEFORE_THE_LOG);
    const [ada, bob, eve] = [await addFormerOwner(own), await addFormerOwner(own), await addFormerOwner(own)];
    const add = (owner: string, tasks: number) =>
      inspect(
        own.superuserUrl,
        `insert into tasks (user_id, id, title) select '${owner}', gen_random_uuid(), 'Task ' || n from generate_series(1, ${tasks}) n`,
      );
    await add(ada, 3);
    await add(bob, 1);
    await inspect(own.superuserUrl, `update tasks set completed_at = now() where title = 'Task 2'`);
    const before = await inspect(
      own.superuserUrl,
      'select user_id, id, title, description, completed_at, created_at, updated_at, version from tasks order by user_id, id',
    );

    await applyMigrations(own.ownerUrl, own.appUrl);
    expect(
      await inspect(own.superuserUrl, 'select user_id, id, title, description, completed_at, created_at, updated_at, version from tasks order by user_id, id'),
    ).toEqual(before);
    const rows = await inspect(own.superuserUrl, 'select user_id, last_seq::int, open, completed from owners');
    expect(new Set(rows)).toEqual(
      new Set([
        { user_id: ada, last_seq: 3, open: 2, completed: 1 },
        { user_id: bob, last_seq: 1, open: 1, completed: 0 },
        { user_id: eve, last_seq: 0, open: 0, completed: 0 },
      ]),
    );
    await inspect(own.superuserUrl, `update tasks set title = 'After' where user_id = '${ada}' and title = 'Task 1'`);
    expect(await inspect(own.superuserUrl, `select seq::int, action, version from events where user_id = '${ada}' order by seq desc limit 1`)).toEqual([
      { seq: 4, action: 'edited', version: 2 },
    ]);
    const verdicts = await Promise.all([ada, bob, eve].map((id) => verify(own, id)));
    expect(verdicts.map(({ events, fault }) => ({ events, fault }))).toEqual([{ events: 4 }, { events: 1 }, { events: 0 }]);
  });
});

/** The tasks at each position of an earlier version's log, as this version returns them. */
const states = (own: TestDatabase, owner: string) =>
  inspect(
    own.superuserUrl,
    `select upto::int, coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'version', s.version, 'updated_at', s.updated_at, 'fields', s.fields) order by s.id)
       filter (where s.id is not null), '[]') as tasks
     from (select seq as upto from events where user_id = '${owner}' union select dropped_seq from owners where user_id = '${owner}') numbers
     left join lateral entities_at('${owner}', upto) s on true where upto <= (select converted_seq from owners where user_id = '${owner}') group by upto order by upto`,
  );

function headsFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'todo-heads-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'heads');
}

describe('a database whose log held whole tasks', () => {
  it('is brought to this version with everything that its logs say, under the same numbers', async () => {
    await using own = await createFormerDatabase(BEFORE_CHANGES);
    const [ada, bob, eve, gone] = [await addFormerOwner(own), await addFormerOwner(own), await addFormerOwner(own), randomUUID()];
    await live(own, ada, life);
    await live(own, bob, [
      ...life,
      `select trim_log($1, now() + interval '1 hour')`,
      `update tasks set title = title || '!' where user_id = $1 and title <> 'E'`,
    ]);
    const [call, orphan] = [randomUUID(), randomUUID()];
    await script(
      own.superuserUrl,
      `insert into mutations values ('${ada}', '${call}', '\\x00', 3, '2026-01-02T03:04:05.678Z'); insert into mutations values ('${gone}', '${orphan}', '\\x00', 3, now())`,
    );
    const before = await Promise.all([ada, bob].map((owner) => formerStates(own, owner)));
    const [expected] = await Promise.all([
      inspect(own.superuserUrl, `select seq, action, mutation_id, request_id from task_events where user_id = '${ada}' order by seq`),
    ]);
    const tasks = await inspect(
      own.superuserUrl,
      'select user_id, id, title, description, completed_at, created_at, updated_at, version from tasks order by user_id, id',
    );
    const [head] = await inspect(own.superuserUrl, `select seq, hash from task_events where user_id = '${ada}' order by seq desc limit 1`);
    const heads = await formerHeads(own);
    const stale = heads.map((line) => line.replace(/^([^:]+:\d+):[0-9a-f]{64}/, `$1:${'0'.repeat(64)}`));

    await applyMigrations(own.ownerUrl, own.appUrl);
    expect(
      await inspect(own.superuserUrl, 'select user_id, id, title, description, completed_at, created_at, updated_at, version from tasks order by user_id, id'),
    ).toEqual(tasks);
    expect(await inspect(own.superuserUrl, `select title from tasks where search is distinct from lower(title || ' ' || description)`)).toEqual([]);
    expect(before[0]?.length).toBeGreaterThan(15);
    expect(await Promise.all([ada, bob].map((owner) => states(own, owner)))).toEqual(before);
    expect(await inspect(own.superuserUrl, `select seq, action, mutation_id, request_id from events where user_id = '${ada}' order by seq`)).toEqual(expected);
    expect(await inspect(own.superuserUrl, `select last_seq, converted_seq, converted_hash, dropped_seq from owners where user_id = '${ada}'`)).toEqual([
      { last_seq: head?.seq, converted_seq: head?.seq, converted_hash: head?.hash, dropped_seq: '0' },
    ]);
    expect(await inspect(own.superuserUrl, 'select * from idempotency_keys')).toMatchObject([
      { user_id: ada, id: call, group_id: null, digest: null, seq: '3', at: '2026-01-02T03:04:05.678Z' },
    ]);
    for (const owner of [ada, bob, eve]) expect(await verify(own, owner)).not.toHaveProperty('fault');

    const file = headsFile();
    writeFileSync(file, heads.join(''));
    expect(await verifyLogs(own.ownerUrl, ['--heads', file])).toContain('sound; 2 heads compared, 2 recorded');
    expect(readFileSync(file, 'utf8')).not.toBe(heads.join(''));
    expect(await verifyLogs(own.ownerUrl, ['--heads', file])).toContain('2 heads compared, 2 recorded');
    writeFileSync(file, stale.join(''));
    await expect(verifyLogs(own.ownerUrl, ['--heads', file], () => {})).rejects.toThrow('2 of 3 logs are broken.');
  });

  it('can be set back to how it was before the upgrade', async () => {
    await using own = await createFormerDatabase(BEFORE_CHANGES);
    const ada = await addFormerOwner(own);
    await live(own, ada, life);
    const content = () => inspect(own.superuserUrl, 'select id, title, description, completed_at from tasks order by id');
    const [atSeven] = (await formerStates(own, ada)).filter(({ upto }) => upto === 7);
    const whole = await content();
    await applyMigrations(own.ownerUrl, own.appUrl);
    await live(own, ada, [`update tasks set title = title || '?' where user_id = $1`]);
    const db = own.open().as(ada);
    const [{ seq } = {}] = await inspect(own.superuserUrl, 'select converted_seq::int as seq from owners');
    expect(await rewind(db, { seq: Number(seq), time: null }, false)).toMatchObject({ edited: 5 });
    expect(await content()).toEqual(whole);
    await rewind(db, { seq: 7, time: null }, false);
    const titles = (await content()).map(({ id, title }) => `${id} ${title}`);
    expect(titles).toEqual(Array.from(Object(atSeven?.tasks), (task) => `${Object(task).id} ${Object(task).fields.title}`));
    expect(await verify(own, ada)).not.toHaveProperty('fault');
  });

  it.each([
    ['an event was changed', `update task_events set title = 'Other' where user_id = $1 and seq = 6`, 6],
    ['an event is gone', 'delete from task_events where user_id = $1 and seq = 6', 7],
    ['the newest event is gone', 'delete from task_events where user_id = $1 and seq = (select last_seq from task_counters where user_id = $1)', 11],
    ['a task was changed past it', `update tasks set title = 'Other' where user_id = $1 and title = 'E'`, 13],
    ['the counters are gone', 'delete from task_counters where user_id = $1', 1],
    ['what a trim has kept was changed', `update task_events set title = 'Other' where user_id = $2 and seq = 5`, 5],
  ])('is refused, and left as it was, where %s; unless an operator accepts that', async (_, wrong, seq) => {
    await using own = await createFormerDatabase(BEFORE_CHANGES);
    const [ada, bob] = [await addFormerOwner(own), await addFormerOwner(own)];
    await live(own, ada, life);
    await live(own, bob, [...life.slice(0, 7), `select trim_log($1, now() + interval '1 hour')`]);
    await script(own.superuserUrl, `set session_replication_role = replica; ${wrong.replaceAll('$1', `'${ada}'`).replaceAll('$2', `'${bob}'`)}`);
    const owner = wrong.includes('$2') ? bob : ada;
    await expect(applyMigrations(own.ownerUrl, own.appUrl)).rejects.toThrow(`the log of ${owner} is broken at event ${seq};`);
    expect(await inspect(own.superuserUrl, `select to_regclass('events') as events, to_regclass('task_events') is not null as former`)).toEqual([
      { events: null, former: true },
    ]);
    await inspect(own.superuserUrl, `alter database ${new URL(own.ownerUrl).pathname.slice(1)} set app.accept_unsound = 'on'`);
    await applyMigrations(own.ownerUrl, own.appUrl);
    expect(await inspect(own.superuserUrl, `select to_regclass('task_events') as former`)).toEqual([{ former: null }]);
    await inspect(own.superuserUrl, `insert into tasks (user_id, id, title) values ('${owner}', gen_random_uuid(), 'Later')`);
  });
});

const fixtures = join(import.meta.dirname, '..', 'fixtures');

it.each(readdirSync(fixtures))('a backup that an earlier version has made is restored with sound logs: %s', async (name) => {
  await using own = await createEmptyDatabase();
  await restore(own.ownerUrl, own.appUrl, join(fixtures, name));
  expect(await verifyLogs(own.ownerUrl, [])).toMatch(/^\d+ logs with [1-9]\d* events: sound$/);
  expect(await inspect(own.superuserUrl, 'select count(*)::int from tasks')).toEqual([{ count: 175 }]);
});
