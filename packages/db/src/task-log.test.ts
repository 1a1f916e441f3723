import { randomUUID } from 'node:crypto';
import { asc, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { withConnection } from './migrate.ts';
import { taskEvents } from './schema/task-events.ts';
import { newTasks, tasks } from './schema/tasks.ts';
import { user } from './schema/user.ts';
import { addOwner, createTestDatabase, inspect, script, type TestDatabase } from './testing.ts';
import type { UserId } from './user-id.ts';

let own: TestDatabase;
let database: Database;

beforeAll(async () => {
  own = await createTestDatabase();
  database = own.open();
});
afterAll(() => own[Symbol.asyncDispose]());

const as = (owner: UserId) => database.as(owner).builder();
const events = (owner: UserId) => as(owner).select().from(taskEvents).where(eq(taskEvents.userId, owner)).orderBy(asc(taskEvents.seq));
const create = (owner: UserId, title = 'Buy milk') => as(owner).insert(newTasks).values({ userId: owner, id: randomUUID(), title, description: '' });

/** How many events do not follow from the one before, and how many numbers are missing. */
const faults = (owner: UserId) =>
  inspect(
    own.superuserUrl,
    `select count(*) filter (where not follows)::int as broken, (max(seq) - count(*))::int as missing
     from (select seq, hash = sha256(coalesce(lag(hash) over (order by seq), '') || event_content(e)) as follows from task_events e where user_id = '${owner}') checked`,
  );

describe('a change of a task', () => {
  it('is remembered with its name and the whole task after it, under the next number', async () => {
    const ada = await addOwner(own);
    await create(ada);
    await as(ada).update(tasks).set({ title: 'Buy oat milk' });
    await as(ada).update(tasks).set({ completedAt: sql`now()` });
    const [done] = await as(ada).select().from(tasks);
    await as(ada).update(tasks).set({ completedAt: null, description: 'Two bottles' });
    await as(ada).delete(tasks);
    const log = await events(ada);
    expect(log.map(({ seq, action, title, version }) => [seq, action, title, version])).toEqual([
      [1, 'created', 'Buy milk', 1],
      [2, 'edited', 'Buy oat milk', 2],
      [3, 'completed', 'Buy oat milk', 3],
      [4, 'reopened', 'Buy oat milk', 4],
      [5, 'removed', null, null],
    ]);
    expect(log[2]).toMatchObject({ taskId: done?.id, completedAt: done?.completedAt, createdAt: done?.createdAt, updatedAt: done?.updatedAt });
    expect(await faults(ada)).toEqual([{ broken: 0, missing: 0 }]);
  });

  it('that changes nothing leaves no trace', async () => {
    const ada = await addOwner(own);
    await create(ada);
    await as(ada).update(tasks).set({ title: 'Buy milk', completedAt: null });
    await as(ada).update(tasks).set({ title: 'Buy oat milk' }).where(sql`false`);
    expect(await events(ada)).toHaveLength(1);
  });

  it('of many tasks at once is one event for each, and of several owners in the log of each', async () => {
    const [ada, bob] = [await addOwner(own, 300), await addOwner(own, 200)];
    await inspect(own.superuserUrl, `update tasks set title = title || '!' where user_id in ('${ada}', '${bob}')`);
    expect([(await events(ada)).length, (await events(bob)).length]).toEqual([600, 400]);
    expect(await faults(ada)).toEqual([{ broken: 0, missing: 0 }]);
    expect(await faults(bob)).toEqual([{ broken: 0, missing: 0 }]);
  });

  it('of many tasks at once takes no longer where one was changed before', async () => {
    const ada = await addOwner(own, 4_000);
    const rename = (rule: string) => `update tasks set title = 'Task ' || random() where user_id = '${ada}' ${rule};`;
    const one = rename(`and id = (select id from tasks where user_id = '${ada}' order by id limit 1)`);
    const timed = (before: string) =>
      withConnection(own.superuserUrl, async (connection) => {
        await connection.send([{ text: `${before} select set_config('test.started', clock_timestamp()::text, false); ${rename('')}` }]);
        const [took] = await connection.send([{ text: `select extract(epoch from clock_timestamp() - current_setting('test.started')::timestamptz)` }]);
        return Number(Object.values(Object(took?.[0]))[0]);
      });
    const afterOne = await timed(one.repeat(2));
    expect(afterOne / (await timed(''))).toBeLessThan(4);
  });

  it('by an operator is remembered too, and one that is rolled back is not', async () => {
    const ada = await addOwner(own, 1);
    await inspect(own.superuserUrl, `update tasks set title = 'By hand' where user_id = '${ada}'`);
    await expect(inspect(own.superuserUrl, `with gone as (delete from tasks where user_id = '${ada}' returning 1) select 1 / 0 from gone`)).rejects.toThrow();
    expect((await events(ada)).map(({ action, title }) => [action, title])).toEqual([
      ['created', 'Task 1'],
      ['edited', 'By hand'],
    ]);
  });

  it('after others that were taken back follows those that were not, of this owner and of another', async () => {
    const [ada, bob] = [await addOwner(own, 2), await addOwner(own, 2)];
    const rename = (owner: UserId, title: string) => `update tasks set title = '${title}' where user_id = '${owner}'`;
    const text = `begin; ${rename(ada, 'A')}; savepoint here; ${rename(ada, 'B')}; ${rename(bob, 'C')}; rollback to here; ${rename(bob, 'D')}; ${rename(ada, 'E')}; commit`;
    await script(own.superuserUrl, text);
    const titles = async (owner: UserId) => (await events(owner)).map(({ seq, title }) => `${seq} ${title}`).slice(2);
    expect([await titles(ada), await titles(bob)]).toEqual([
      ['3 A', '4 A', '5 E', '6 E'],
      ['3 D', '4 D'],
    ]);
    expect([await faults(ada), await faults(bob)]).toEqual([[{ broken: 0, missing: 0 }], [{ broken: 0, missing: 0 }]]);
  });

  it('by 100 writers at once is numbered without gap or repeat', async () => {
    const ada = await addOwner(own);
    await Promise.all(Array.from({ length: 100 }, (_, i) => create(ada, `Task ${i}`)));
    expect((await events(ada)).map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(await faults(ada)).toEqual([{ broken: 0, missing: 0 }]);
  });
});

describe('the log', () => {
  it('shows an owner their own events and nobody else’s', async () => {
    const [ada, bob] = [await addOwner(own, 2), await addOwner(own, 1)];
    const seen = await as(bob).select({ userId: taskEvents.userId }).from(taskEvents);
    expect(seen).toEqual([{ userId: bob }]);
    expect(await events(ada)).toHaveLength(2);
  });

  it.each([
    ['update task_events set title = title', 'ownerUrl'],
    ['delete from task_events', 'superuserUrl'],
    ['update task_events set title = title', 'superuserUrl'],
    ['truncate task_events', 'superuserUrl'],
    ['truncate tasks', 'superuserUrl'],
    ['truncate "user" cascade', 'superuserUrl'],
  ] as const)('takes no "%s" from %s', async (text, login) => {
    const ada = await addOwner(own, 2);
    await expect(inspect(own[login], text)).rejects.toThrow();
    expect(await events(ada)).toHaveLength(2);
  });

  it('takes nothing from an owner but what the trigger writes', async () => {
    const ada = await addOwner(own, 1);
    const [event] = await events(ada);
    if (!event) throw new Error('The log is empty.');
    for (const attempt of [
      as(ada)
        .insert(taskEvents)
        .values({ ...event, seq: 2 }),
      as(ada).update(taskEvents).set({ seq: 9 }),
      as(ada).delete(taskEvents),
    ]) {
      await expect(attempt).rejects.toMatchObject({ cause: { code: '42501' } });
    }
  });

  it('goes with its account and leaves one receipt without a name', async () => {
    const ada = await addOwner(own, 3);
    const [last] = (await events(ada)).slice(-1);
    await database.identity.delete(user).where(eq(user.id, ada));
    expect(await events(ada)).toEqual([]);
    const receipts = await inspect(own.superuserUrl, `select * from account_receipts where last_hash = '\\x${Buffer.from(last?.hash ?? []).toString('hex')}'`);
    expect(receipts).toMatchObject([{ last_seq: '3' }]);
    expect(Object.keys(receipts[0] ?? {}).sort()).toEqual(['deleted_at', 'id', 'last_hash', 'last_seq']);
    expect(receipts[0]?.id).not.toBe(ada);
  });
});
