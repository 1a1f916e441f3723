import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { and, desc, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { findFailure } from '../connection/failure.ts';
import type { Database } from '../database.ts';
import { withConnection } from '../migrate/migrate.ts';
import { owner, prepare } from '../owner-db.ts';
import { newTasks } from '../schema/tasks.ts';
import { owners as counts, tasks } from '../schema.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';

const OWNERS = 20;
const TASKS = 20;
const WORKERS = 24;
const SECONDS = inject('drills') === 'long' ? 20 : 4;
/** In ms. */
const timeouts = { connectTimeout: 2_000, acquireTimeout: 3_000, answerTimeout: 3_000 };
const HUNG = timeouts.acquireTimeout + timeouts.answerTimeout + 1_000;

let own: TestDatabase;
let database: Database;
let owners: UserId[];

beforeAll(async () => {
  own = await createTestDatabase();
  database = own.open({ max: 6, ...timeouts });
  owners = await Promise.all(Array.from({ length: OWNERS }, () => addOwner(own, TASKS)));
});
afterAll(() => own[Symbol.asyncDispose]());

const theirs = `datname = current_database() and usename = 'todo_app'`;
const kill = (which: string) => inspect(own.superuserUrl, `select pg_terminate_backend(pid) from pg_stat_activity where ${theirs} and ${which}`);
const reasonOf = (error: unknown) => findFailure(error)?.reason ?? String(error);
const ownerAt = (i: number): UserId => {
  const found = owners[i % OWNERS];
  if (!found) throw new Error('There are no owners.');
  return found;
};
const count = async (user: UserId) => database.as(user).builder().$count(tasks);
const run = async (user: UserId, text: string) => database.as(user).builder().execute(text);

const newest = prepare((db) => db.select({ userId: tasks.userId }).from(tasks).where(eq(tasks.userId, owner)).orderBy(desc(tasks.createdAt)).limit(5));

/** Queries that return `userId` and at least one row. Those without the owner rely on row security only. */
const reads: ((user: UserId) => Promise<{ userId: string }[]>)[] = [
  (user) => database.as(user).run(newest),
  async (user) => database.as(user).builder().select({ userId: tasks.userId }).from(tasks),
  async (user) => database.as(user).builder().select({ userId: counts.userId }).from(counts),
  async (user) =>
    database
      .as(user)
      .builder()
      .update(tasks)
      .set({ title: sql`${tasks.title}` })
      .returning({ userId: tasks.userId }),
];

it('a connection that is killed while idle makes no call fail but, at most, the next', async () => {
  expect(await count(ownerAt(0))).toBe(TASKS);
  await kill('true');
  const next = await count(ownerAt(0)).catch(reasonOf);
  expect([TASKS, 'DATABASE_UNAVAILABLE']).toContain(next);
  expect(await count(ownerAt(0))).toBe(TASKS);
});

it('a call whose connection is killed fails at once, and what it was about to write is not stored', async () => {
  const [user, id] = [ownerAt(1), randomUUID()];
  await withConnection(own.superuserUrl, async (connection) => {
    await connection.send([{ text: `begin; select from owners where user_id = '${user}' for update` }]);
    const values = { userId: user, id, title: 'Held up', description: '' };
    const writing = database
      .as(user)
      .builder()
      .insert(newTasks)
      .values(values)
      .then(() => 'stored', reasonOf);
    await expect.poll(() => inspect(own.superuserUrl, `select from pg_stat_activity where ${theirs} and wait_event_type = 'Lock'`)).toHaveLength(1);
    await kill(`wait_event_type = 'Lock'`);
    expect(await writing).toBe('DATABASE_UNAVAILABLE');
  });
  expect(
    await database
      .as(user)
      .builder()
      .select()
      .from(tasks)
      .where(and(eq(tasks.id, id))),
  ).toEqual([]);
  expect(await count(user)).toBe(TASKS);
});

it('calls whose connections are all killed fail at once, and the next ones work', async () => {
  const slow = Array.from({ length: 6 }, (_, i) => run(ownerAt(i), 'select pg_sleep(600)').catch(reasonOf));
  await expect.poll(() => inspect(own.superuserUrl, `select from pg_stat_activity where ${theirs} and wait_event = 'PgSleep'`)).toHaveLength(6);
  await kill('true');
  expect(await Promise.all(slow)).toEqual(Array(6).fill('DATABASE_UNAVAILABLE'));
  expect(await Promise.all(owners.map(count))).toEqual(Array(OWNERS).fill(TASKS));
});

it(`random kills under ${WORKERS} workers for ${SECONDS} s: no foreign row, no empty answer, no hang, and each kill fails one call at most, as unavailable`, async () => {
  const until = performance.now() + SECONDS * 1000;
  const seen = { ok: 0, unavailable: 0, wrong: 0, empty: 0, hung: 0, kills: 0 };
  const others: string[] = [];

  const killer = withConnection(own.superuserUrl, async (connection) => {
    const victims = `select pid from pg_stat_activity where ${theirs} order by random() limit 2`;
    while (performance.now() < until) {
      const [rows] = await connection.send([{ text: `select pg_terminate_backend(pid) from (${victims}) victim` }]);
      seen.kills += rows?.count ?? 0;
      await delay(15 + Math.random() * 30);
    }
  });

  const worker = async (first: number) => {
    for (let i = first; performance.now() < until; i += 7) {
      const [user, read, start] = [ownerAt(i), reads[i % reads.length], performance.now()];
      const answer = await read?.(user).catch(reasonOf);
      if (performance.now() - start > HUNG) seen.hung += 1;
      if (answer === 'DATABASE_UNAVAILABLE') seen.unavailable += 1;
      else if (!Array.isArray(answer)) others.push(String(answer));
      else if (answer.length === 0) seen.empty += 1;
      else if (answer.some(({ userId }) => userId !== user)) seen.wrong += 1;
      else seen.ok += 1;
    }
  };
  await Promise.all([killer, ...Array.from({ length: WORKERS }, (_, i) => worker(i))]);

  console.info(`${JSON.stringify(seen)}, ${Math.round((seen.ok + seen.unavailable) / SECONDS)} calls/s`);
  expect(others).toEqual([]);
  expect(seen).toMatchObject({ wrong: 0, empty: 0, hung: 0 });
  expect(seen.kills).toBeGreaterThan(5 * SECONDS);
  expect(seen.unavailable).toBeLessThanOrEqual(seen.kills);
  expect(await Promise.all(owners.map(count))).toEqual(Array(OWNERS).fill(TASKS));
});
