import { randomUUID } from 'node:crypto';
import { asc, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { withConnection } from '../migrate/migrate.ts';
import { owner, prepare } from '../owner-db.ts';
import { events } from '../schema/events.ts';
import { newTasks, tasks } from '../schema/tasks.ts';
import { addOwner, createTestDatabase, inspect, script, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';
import { verifyLog } from './verify.ts';

let own: TestDatabase;
let database: Database;

beforeAll(async () => {
  own = await createTestDatabase();
  database = own.open();
});
afterAll(() => own[Symbol.asyncDispose]());

const as = (whose: UserId) => database.as(whose).builder();
const log = (whose: UserId) => as(whose).select().from(events).where(eq(events.userId, whose)).orderBy(asc(events.seq));

const create = prepare((db) =>
  db.insert(newTasks).values({ userId: owner, id: sql.placeholder('id'), title: sql.placeholder('title'), description: '', completedAt: null }),
);
const complete = prepare((db) => db.update(tasks).set({ completedAt: sql`now()` }).where(eq(tasks.userId, owner)));
const reopen = prepare((db) => db.update(tasks).set({ completedAt: null, description: 'Two bottles' }).where(eq(tasks.userId, owner)));
const rename = prepare((db) =>
  db
    .update(tasks)
    .set({ title: sql`${sql.placeholder('title')}` })
    .where(eq(tasks.userId, owner)),
);
const remove = prepare((db) => db.delete(tasks).where(eq(tasks.userId, owner)));

const add = (whose: UserId, title = 'Buy milk', id: string = randomUUID()) => database.as(whose).change(create, { id, title });
const verdict = async (whose: UserId) => {
  const { fault, events: count } = await withConnection(own.ownerUrl, (connection) => verifyLog(connection, whose));
  return fault ?? count;
};

describe('a change of an entity', () => {
  it('is logged under the next number with its action, its times and what it changed, old and new', async () => {
    const ada = await addOwner(own);
    const id = randomUUID();
    await add(ada, 'Buy milk', id);
    const [made] = await as(ada).select().from(tasks);
    await database.as(ada).change(rename, { title: 'Buy oat milk' });
    await database.as(ada, { action: 'completed' }).change(complete);
    const [done] = await as(ada).select().from(tasks);
    await database.as(ada, { action: 'reopened' }).change(reopen);
    const [last] = await as(ada).select().from(tasks);
    await database.as(ada).change(remove);
    const found = await log(ada);
    const [createdAt, completedAt] = [made?.createdAt, done?.completedAt].map((at) => at?.replace(/\.?0*Z$/, '+00:00'));
    expect(found.map(({ seq, kind, action, version, fields }) => [seq, kind, action, version, fields])).toEqual([
      [1, 'insert', 'created', 1, { title: 'Buy milk', created_at: createdAt }],
      [2, 'update', 'edited', 2, { title: ['Buy milk', 'Buy oat milk'] }],
      [3, 'update', 'completed', 3, { completed_at: [null, completedAt] }],
      [4, 'update', 'reopened', 4, { completed_at: [completedAt, null], description: [null, 'Two bottles'] }],
      [5, 'delete', 'removed', 4, { title: 'Buy oat milk', description: 'Two bottles', created_at: createdAt }],
    ]);
    expect(new Set(found.map(({ entity, entityId, format }) => `${entity} ${entityId} ${format}`))).toEqual(new Set([`task ${id} 2`]));
    expect(found[0]).toMatchObject({ at: made?.createdAt, was: null });
    expect(found[2]).toMatchObject({ at: done?.updatedAt, was: found[1]?.at });
    expect(found[3]).toMatchObject({ at: last?.updatedAt, was: done?.updatedAt });
    expect(found[4]?.was).toBe(last?.updatedAt);
    expect(await verdict(ada)).toBe(5);
  });

  it('says null for the default of a column, so that a column that is added later needs no rewriting', async () => {
    const ada = await addOwner(own, 1);
    await script(own.superuserUrl, `update tasks set description = 'x' where user_id = '${ada}'; update tasks set description = '' where user_id = '${ada}'`);
    expect((await log(ada)).map(({ fields }) => fields).slice(1)).toEqual([{ description: [null, 'x'] }, { description: ['x', null] }]);
    expect(await verdict(ada)).toBe(3);
  });

  it('is logged alike whatever the session has set', async () => {
    const ada = await addOwner(own, 1);
    const odd = `set timezone = 'Asia/Kathmandu'; set datestyle = 'German'; set intervalstyle = 'sql_standard'; set bytea_output = 'escape'; set extra_float_digits = 0`;
    await script(own.superuserUrl, `${odd}; update tasks set completed_at = '2026-01-02T03:04:05.678Z' where user_id = '${ada}'`);
    expect((await log(ada)).at(-1)?.fields).toEqual({ completed_at: [null, '2026-01-02T03:04:05.678+00:00'] });
    expect(await verdict(ada)).toBe(2);
  });

  it('carries the idempotency key and the request that brought it, and leaves the position at which it is complete', async () => {
    const ada = await addOwner(own);
    const [id, groupId, requestId] = [randomUUID(), randomUUID(), randomUUID()];
    const { seq } = await database.as(ada, { mutation: { id, groupId, digest: Buffer.from('digest') }, requestId }).change(create, { id, title: 'A' });
    expect(seq).toBe(1);
    expect(await log(ada)).toMatchObject([{ mutationId: id, requestId }]);
    const [key] = await inspect(
      own.superuserUrl,
      `select id, group_id, convert_from(digest, 'UTF8') as digest, seq::int from idempotency_keys where user_id = '${ada}'`,
    );
    expect(key).toEqual({ id, group_id: groupId, digest: 'digest', seq: 1 });
  });

  it('whose idempotency key is there already is not made', async () => {
    const ada = await addOwner(own);
    const mutation = { id: randomUUID(), digest: Buffer.alloc(1) };
    const repeated = () => database.as(ada, { mutation }).change(create, { id: randomUUID(), title: 'A' });
    await repeated();
    await expect(repeated()).rejects.toMatchObject({ cause: { cause: { constraint_name: 'idempotency_keys_pkey' } } });
    expect(await log(ada)).toHaveLength(1);
  });

  it('that changes nothing leaves no trace', async () => {
    const ada = await addOwner(own);
    await add(ada);
    await as(ada).update(tasks).set({ title: 'Buy milk', completedAt: null });
    await as(ada).update(tasks).set({ title: 'Buy oat milk' }).where(sql`false`);
    expect(await log(ada)).toHaveLength(1);
    expect((await database.as(ada).change(rename, { title: 'Buy milk' })).seq).toBe(1);
  });

  it('of many entities at once is one event for each, and of several owners in the log of each', async () => {
    const [ada, bob] = [await addOwner(own, 300), await addOwner(own, 200)];
    await inspect(own.superuserUrl, `update tasks set title = title || '!' where user_id in ('${ada}', '${bob}')`);
    expect([await verdict(ada), await verdict(bob)]).toEqual([600, 400]);
  });

  it('of many entities at once takes no longer where one was changed before', async () => {
    const ada = await addOwner(own, 4_000);
    const update = (rule: string) => `update tasks set title = 'Task ' || random() where user_id = '${ada}' ${rule};`;
    const one = update(`and id = (select id from tasks where user_id = '${ada}' order by id limit 1)`);
    const timed = (before: string) =>
      withConnection(own.superuserUrl, async (connection) => {
        await connection.send([{ text: `${before} select set_config('test.started', clock_timestamp()::text, false); ${update('')}` }]);
        const [took] = await connection.send([{ text: `select extract(epoch from clock_timestamp() - current_setting('test.started')::timestamptz)` }]);
        return Number(Object.values(Object(took?.[0]))[0]);
      });
    const afterOne = await timed(one.repeat(2));
    expect(afterOne / (await timed(''))).toBeLessThan(4);
  });

  it('by an operator is logged too, and one that is rolled back is not', async () => {
    const ada = await addOwner(own, 1);
    await inspect(own.superuserUrl, `update tasks set title = 'By hand' where user_id = '${ada}'`);
    await expect(inspect(own.superuserUrl, `with gone as (delete from tasks where user_id = '${ada}' returning 1) select 1 / 0 from gone`)).rejects.toThrow();
    expect((await log(ada)).map(({ action }) => action)).toEqual(['created', 'edited']);
  });

  it('after others that were taken back follows those that were not, of this owner and of another', async () => {
    const [ada, bob] = [await addOwner(own, 2), await addOwner(own, 2)];
    const update = (whose: UserId, title: string) => `update tasks set title = '${title}' where user_id = '${whose}'`;
    const text = `begin; ${update(ada, 'A')}; savepoint here; ${update(ada, 'B')}; ${update(bob, 'C')}; rollback to here; ${update(bob, 'D')}; ${update(ada, 'E')}; commit`;
    await script(own.superuserUrl, text);
    const titles = async (whose: UserId) =>
      (
        await inspect(
          own.superuserUrl,
          `select seq || ' ' || (fields -> 'title' ->> 1) as said from events where user_id = '${whose}' and seq > 2 order by seq`,
        )
      ).map(({ said }) => said);
    expect([await titles(ada), await titles(bob)]).toEqual([
      ['3 A', '4 A', '5 E', '6 E'],
      ['3 D', '4 D'],
    ]);
    expect([await verdict(ada), await verdict(bob)]).toEqual([6, 4]);
  });

  it('by 100 concurrent writers is numbered without gap or repeat, and each gets the position of its change', async () => {
    const ada = await addOwner(own);
    const changes = await Promise.all(Array.from({ length: 100 }, (_, i) => add(ada, `Task ${i}`)));
    expect(changes.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(await verdict(ada)).toBe(100);
  });
});

describe('an id that was removed and comes back', () => {
  it('goes on from the version and the time it had, as another entity or as the same', async () => {
    const ada = await addOwner(own);
    const id = randomUUID();
    await add(ada, 'A', id);
    await database.as(ada).change(rename, { title: 'B' });
    const [before] = await as(ada).select().from(tasks);
    await database.as(ada).change(remove);
    await add(ada, 'C', id);
    const [created] = await as(ada).select().from(tasks);
    expect(created?.version).toBe(3);
    expect(Date.parse(created?.createdAt ?? '')).toBeGreaterThanOrEqual(Date.parse(before?.createdAt ?? ''));
    await database.as(ada).change(remove);
    await database.as(ada, { action: 'restored' }).change(create, { id, title: 'D' });
    const [restored] = await as(ada).select().from(tasks);
    expect(restored).toMatchObject({ version: 4, createdAt: created?.createdAt });
    expect((await log(ada)).map(({ kind, action, version }) => `${kind} ${action} ${version}`)).toEqual([
      'insert created 1',
      'update edited 2',
      'delete removed 2',
      'insert created 3',
      'delete removed 3',
      'insert restored 4',
    ]);
    expect(await verdict(ada)).toBe(6);
  });
});
