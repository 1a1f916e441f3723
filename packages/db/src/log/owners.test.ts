import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { withConnection } from '../migrate/migrate.ts';
import { newTasks } from '../schema/tasks.ts';
import { owners, tasks } from '../schema.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';

const QUOTA = 50;

let own: TestDatabase;
let database: Database;

beforeAll(async () => {
  own = await createTestDatabase();
  database = own.open();
});
afterAll(() => own[Symbol.asyncDispose]());

const as = (user: UserId) => database.as(user).builder();
const newTask = (user: UserId, id = randomUUID()) => ({ userId: user, id, title: 'Buy milk', description: '' });
const complete = { completedAt: sql`now()` };

/** The counts in the owner's row; fails unless they match the tasks. */
async function counts(user: UserId) {
  const query = `select count(*) filter (where completed_at is null)::int as open, count(completed_at)::int as completed from tasks where user_id = '${user}'`;
  const [counted] = await as(user).select({ open: owners.open, completed: owners.completed }).from(owners);
  const [there] = await inspect(own.superuserUrl, query);
  expect(counted).toEqual(there);
  return counted;
}

/** How many updates and scans of `owners` the statements cause. The changes are rolled back. */
const counterWork = (text: string) =>
  withConnection(own.superuserUrl, async (connection) => {
    const work = `select n_tup_ins + n_tup_upd + n_tup_del as writes, idx_scan + seq_scan as looks from pg_stat_xact_user_tables where relname = 'owners'`;
    const answers = await connection.send([{ text: 'begin' }, { text }, { text: work }, { text: 'rollback' }]);
    return JSON.stringify(answers[2]);
  });

describe('the counters of an owner', () => {
  it('follow every statement', async () => {
    const user = await addOwner(own);
    const [first, second] = [newTask(user), newTask(user)];
    await as(user)
      .insert(newTasks)
      .values([first, second, newTask(user)]);
    expect(await counts(user)).toEqual({ open: 3, completed: 0 });
    await as(user).update(tasks).set(complete).where(eq(tasks.id, first.id));
    expect(await counts(user)).toEqual({ open: 2, completed: 1 });
    await as(user).update(tasks).set(complete).where(eq(tasks.id, first.id));
    await as(user).update(tasks).set({ title: 'Buy oat milk' });
    expect(await counts(user)).toEqual({ open: 2, completed: 1 });
    await as(user).update(tasks).set(complete);
    expect(await counts(user)).toEqual({ open: 0, completed: 3 });
    await as(user).update(tasks).set({ completedAt: null }).where(eq(tasks.id, second.id));
    expect(await counts(user)).toEqual({ open: 1, completed: 2 });
    await as(user).delete(tasks).where(eq(tasks.id, first.id));
    expect(await counts(user)).toEqual({ open: 1, completed: 1 });
    await as(user).delete(tasks);
    expect(await counts(user)).toEqual({ open: 0, completed: 0 });
  });

  it('pass over an id that is there already', async () => {
    const user = await addOwner(own);
    const task = newTask(user);
    const repeat = { target: [newTasks.userId, newTasks.id], set: { title: sql`${tasks.title}` } };
    for (let i = 0; i < 3; i += 1) await as(user).insert(newTasks).values(task).onConflictDoUpdate(repeat);
    expect(await counts(user)).toEqual({ open: 1, completed: 0 });
  });

  it('pass over a statement that fails', async () => {
    const user = await addOwner(own, 1);
    await expect(
      as(user)
        .insert(newTasks)
        .values([newTask(user), { ...newTask(user), title: '' }]),
    ).rejects.toThrow();
    await expect(
      as(user)
        .update(tasks)
        .set({ ...complete, title: '' }),
    ).rejects.toThrow();
    expect(await counts(user)).toEqual({ open: 1, completed: 0 });
  });

  it('are right after one statement on the tasks of many owners', async () => {
    const owners = [await addOwner(own, 3), await addOwner(own, 5), await addOwner(own)];
    const theirs = `user_id in (${owners.map((user) => `'${user}'`)})`;
    await inspect(
      own.superuserUrl,
      `insert into tasks (user_id, id, title) select id, gen_random_uuid(), 'x' from "user" where ${theirs.replace('user_id', 'id')}`,
    );
    await inspect(own.superuserUrl, `update tasks set completed_at = now() where ${theirs} and title in ('x', 'Task 1')`);
    await inspect(own.superuserUrl, `delete from tasks where ${theirs} and title = 'Task 2'`);
    expect(await Promise.all(owners.map(counts))).toEqual([
      { open: 1, completed: 2 },
      { open: 3, completed: 2 },
      { open: 0, completed: 1 },
    ]);
  });

  it('are right after many statements at once, the very first among them', async () => {
    const user = await addOwner(own);
    const ids = Array.from({ length: 60 }, () => randomUUID());
    await Promise.all(ids.map((id) => as(user).insert(newTasks).values(newTask(user, id))));
    expect(await counts(user)).toEqual({ open: 60, completed: 0 });
    const change = (id: string, i: number) => {
      if (i % 3 === 0) return as(user).delete(tasks).where(eq(tasks.id, id)).execute();
      return as(user).update(tasks).set(complete).where(eq(tasks.id, id)).execute();
    };
    await Promise.all([...ids, ...ids].map((id, i) => change(id, i % 60)));
    expect(await counts(user)).toEqual({ open: 0, completed: 40 });
  });

  it('are looked for once per transaction and written once per change, however many tasks it touches', async () => {
    const user = await addOwner(own, 500);
    const statements = [
      `insert into tasks (user_id, id, title) select '${user}', gen_random_uuid(), 'x' from generate_series(1, 500)`,
      `update tasks set completed_at = now() where user_id = '${user}'`,
      `update tasks set title = 'y' where user_id = '${user}'`,
      `delete from tasks where user_id = '${user}'`,
    ];
    for (const statement of statements) expect(await counterWork(statement)).toBe('[{"writes":"500","looks":"1"}]');
    expect(await counterWork(statements.join('; '))).toBe('[{"writes":"3500","looks":"1"}]');
    for (const same of ['title = title', 'completed_at = null']) {
      expect(await counterWork(`update tasks set ${same} where user_id = '${user}'`)).toBe('[{"writes":"0","looks":"0"}]');
    }
  });
});

describe('an owner whose quota is reached', () => {
  beforeAll(async () => {
    const rule = `check (open + completed <= ${QUOTA})`;
    await inspect(own.superuserUrl, 'delete from "user"');
    await inspect(own.superuserUrl, `alter table owners drop constraint owners_task_quota, add constraint owners_task_quota ${rule}`);
  });

  const quotaReached = { cause: { reason: 'QUOTA_REACHED' } };

  it('gets no further task until one is removed, open or completed', async () => {
    const user = await addOwner(own, QUOTA);
    await as(user).update(tasks).set(complete).where(eq(tasks.title, 'Task 1'));
    await expect(as(user).insert(newTasks).values(newTask(user))).rejects.toMatchObject(quotaReached);
    expect(await counts(user)).toEqual({ open: QUOTA - 1, completed: 1 });
    await as(user).delete(tasks).where(eq(tasks.title, 'Task 1'));
    await as(user).insert(newTasks).values(newTask(user));
    expect(await counts(user)).toEqual({ open: QUOTA, completed: 0 });
  });

  it('can still change the tasks there are, and repeat a creation', async () => {
    const user = await addOwner(own, QUOTA - 1);
    const task = newTask(user);
    const repeat = { target: [newTasks.userId, newTasks.id], set: { title: sql`${tasks.title}` } };
    for (let i = 0; i < 2; i += 1) await as(user).insert(newTasks).values(task).onConflictDoUpdate(repeat);
    await as(user).update(tasks).set(complete);
    expect(await counts(user)).toEqual({ open: 0, completed: QUOTA });
  });

  it('gets none of a batch that goes over it', async () => {
    const user = await addOwner(own, QUOTA - 1);
    await expect(
      as(user)
        .insert(newTasks)
        .values([newTask(user), newTask(user)]),
    ).rejects.toMatchObject(quotaReached);
    expect(await counts(user)).toEqual({ open: QUOTA - 1, completed: 0 });
  });

  it('gets exactly what fits of many created at once, and leaves others their own', async () => {
    const [user, other] = [await addOwner(own, QUOTA - 7), await addOwner(own)];
    const attempts = Array.from({ length: 30 }, () => as(user).insert(newTasks).values(newTask(user)).execute());
    const settled = await Promise.allSettled([...attempts, as(other).insert(newTasks).values(newTask(other)).execute()]);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(8);
    expect(await counts(user)).toEqual({ open: QUOTA, completed: 0 });
    expect(await counts(other)).toEqual({ open: 1, completed: 0 });
  });
});
