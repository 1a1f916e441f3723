import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../database.ts';
import { tasks } from '../schema.ts';
import { addOwner, createTestDatabase, inspect, script, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';
import { findFailure } from './failure.ts';
import type { ConnectionUse, PoolOptions } from './pool.ts';

let own: TestDatabase;
let ada: UserId;
let ben: UserId;
beforeAll(async () => {
  own = await createTestDatabase();
  [ada, ben] = [await addOwner(own), await addOwner(own, 2)];
});
afterAll(() => own[Symbol.asyncDispose]());

function open(options: Partial<PoolOptions> = {}): Database {
  const database = own.open({ max: 1, maxPerOwner: 1, answerTimeout: 60_000, ...options });
  onTestFinished(() => database.close());
  return database;
}

const count = (database: Database, owner: UserId) => database.as(owner).builder().$count(tasks);
const reasonOf = (error: unknown) => findFailure(error)?.reason ?? error;
const sleeping = `select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;

it('counts its connections and tells of each use, with the wait before it', async () => {
  const uses: ConnectionUse[] = [];
  const database = open({ acquireTimeout: 3_000, observe: (use) => uses.push(use) });
  const stop = new AbortController();
  const sleeper = database.as(ada, { signal: stop.signal }).builder().execute('select pg_sleep(600)').catch(reasonOf);
  await expect.poll(() => inspect(own.superuserUrl, sleeping)).toHaveLength(1);
  expect(await count(database, ben).catch(reasonOf)).toBe('OVERLOADED');
  expect(database.figures().tasks).toEqual({ used: 1, idle: 0, waiting: 0, max: 1, opened: 1, failed: 0, lost: 0, refused: 1 });
  stop.abort();
  expect(await sleeper).toBe('ABORTED');
  expect(await Promise.all([count(database, ben), count(database, ben)])).toEqual([2, 2]);
  expect(uses.map(({ pool }) => pool)).toEqual(['control', 'tasks', 'tasks', 'tasks']);
  const [, slept, first, second] = uses;
  expect(second?.waited).toBeGreaterThanOrEqual(first?.used ?? Number.NaN);
  expect(slept?.used).toBeGreaterThan(first?.used ?? Number.NaN);

  await inspect(own.superuserUrl, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'todo_app'`);
  await expect.poll(async () => [await count(database, ben).catch(reasonOf), database.figures().tasks]).toMatchObject([2, { opened: 2, lost: 1, idle: 1 }]);
});

it('counts connections that cannot be opened', async () => {
  const database = open();
  const limit = (connections: number) => script(own.superuserUrl, `alter database "${new URL(own.appUrl).pathname.slice(1)}" connection limit ${connections}`);
  await limit(0);
  onTestFinished(() => limit(-1).then(() => {}));
  expect(await count(database, ada).catch(reasonOf)).toBe('DATABASE_UNAVAILABLE');
  expect(database.figures().tasks).toMatchObject({ opened: 0, failed: 1 });
});
