import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../database.ts';
import { tasks } from '../schema.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase, trust } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';
import { findFailure } from './failure.ts';
import type { PoolOptions } from './pool.ts';

const [MAX, MAX_PER_OWNER, QUEUE_MAX_PER_OWNER, QUEUE_MAX] = [6, 3, 250, 200];

let own: TestDatabase;
let ada: UserId;
let ben: UserId;
beforeAll(async () => {
  own = await createTestDatabase();
  [ada, ben] = [await addOwner(own, 3), await addOwner(own, 2)];
});
afterAll(() => own[Symbol.asyncDispose]());

function open(options: Partial<PoolOptions> = {}): Database {
  const database = own.open({ max: MAX, maxPerOwner: MAX_PER_OWNER, acquireTimeout: 60_000, answerTimeout: 60_000, ...options });
  onTestFinished(() => database.close());
  return database;
}

const count = (database: Database, owner: UserId) => database.as(owner).builder().$count(tasks);
const sleep = (database: Database, owner: UserId, signal?: AbortSignal) => database.as(owner, { signal }).builder().execute('select pg_sleep(600)');
const reasonOf = (error: unknown) => findFailure(error)?.reason ?? error;
const times = <T>(n: number, call: () => Promise<T>) => Array.from({ length: n }, () => call().catch(reasonOf));
const sleeping = async () =>
  (await inspect(own.superuserUrl, `select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep' order by pid`)).map(
    ({ pid }) => pid,
  );

describe('one owner', () => {
  it('uses at most a few connections at a time, so that others are served', async () => {
    const database = open();
    const stop = new AbortController();
    const calls = times(20, () => sleep(database, ada, stop.signal));
    await expect.poll(sleeping).toHaveLength(MAX_PER_OWNER);
    expect(await Promise.all(times(10, () => count(database, ben)))).toEqual(Array(10).fill(2));
    expect(await sleeping()).toHaveLength(MAX_PER_OWNER);
    stop.abort();
    expect(await Promise.all(calls)).toEqual(Array(20).fill('ABORTED'));
    expect(await count(database, ada)).toBe(3);
  });

  it.each([
    [10, 2],
    [20, 4],
  ])('uses of %i connections a fifth, unless told otherwise', async (max, used) => {
    const database = own.open({ max, acquireTimeout: 60_000, answerTimeout: 60_000 });
    const stop = new AbortController();
    onTestFinished(async () => {
      stop.abort();
      await database.close();
    });
    const calls = times(max, () => sleep(database, ada, stop.signal));
    await expect.poll(sleeping).toHaveLength(used);
    expect(await count(database, ben)).toBe(2);
    expect(await sleeping()).toHaveLength(used);
    stop.abort();
    await Promise.all(calls);
  });

  it('may have a stated number of calls wait, and more are refused at once', async () => {
    const database = open();
    const stop = new AbortController();
    const calls = times(MAX_PER_OWNER + QUEUE_MAX_PER_OWNER, () => sleep(database, ada, stop.signal));
    expect(await count(database, ada).catch(reasonOf)).toBe('OWNER_BUSY');
    expect(await count(database, ben)).toBe(2);
    stop.abort();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['ABORTED']));
    expect(await count(database, ada)).toBe(3);
  });

  it('is refused when its call has waited too long for its other calls', async () => {
    const database = open({ acquireTimeout: 1_000 });
    const stop = new AbortController();
    const calls = times(MAX_PER_OWNER, () => sleep(database, ada, stop.signal));
    expect(await count(database, ada).catch(reasonOf)).toBe('OWNER_BUSY');
    stop.abort();
    await Promise.all(calls);
    expect(await count(database, ada)).toBe(3);
  });
});

it('when too many calls wait for a connection, another is refused at once', async () => {
  const database = open({ max: 1 });
  const stop = new AbortController();
  const busy = sleep(database, ada, stop.signal).catch(reasonOf);
  await expect.poll(sleeping).toHaveLength(1);
  const anyone = () => {
    const id = randomUUID();
    trust(id);
    return id;
  };
  const waiting = times(QUEUE_MAX, () => count(database, anyone()));
  expect(await count(database, anyone()).catch(reasonOf)).toBe('OVERLOADED');
  stop.abort();
  expect(await busy).toBe('ABORTED');
  expect(await Promise.all(waiting)).toEqual(Array(QUEUE_MAX).fill(0));
});

it('a health check and sign-in do not wait for calls that hold all connections', async () => {
  const database = open({ max: 1 });
  const stop = new AbortController();
  const busy = sleep(database, ada, stop.signal).catch(reasonOf);
  await expect.poll(sleeping).toHaveLength(1);
  await database.ping();
  expect(await database.identity.query.user.findFirst({ columns: { name: true } })).toEqual({ name: 'Ada' });
  stop.abort();
  expect(await busy).toBe('ABORTED');
});

describe('a call whose signal aborts', () => {
  it('is cancelled, and its connection serves the next one', async () => {
    const database = open({ max: 1 });
    const stop = new AbortController();
    const call = sleep(database, ada, stop.signal).catch(reasonOf);
    await expect.poll(sleeping).toHaveLength(1);
    const [backend] = await sleeping();
    stop.abort();
    expect(await call).toBe('ABORTED');
    expect(await sleeping()).toEqual([]);
    expect(await database.as(ben).builder().execute('select pg_backend_pid() as pid')).toMatchObject([{ pid: backend }]);
  });

  it('never cancels the call of another', async () => {
    const database = open({ max: 1 });
    const outcomes = new Set<unknown>();
    for (let i = 0; i < 200; i += 1) {
      const stop = new AbortController();
      const aborted = database.as(ada, { signal: stop.signal }).builder().$count(tasks).catch(reasonOf);
      const other = count(database, ben).catch(reasonOf);
      setTimeout(() => stop.abort(), i % 4);
      outcomes.add(await other);
      await aborted;
    }
    expect(outcomes).toEqual(new Set([2]));
  });

  it('is not carried out when it still waits', async () => {
    const database = open({ max: 1 });
    const [stop, busyStop] = [new AbortController(), new AbortController()];
    const busy = sleep(database, ada, busyStop.signal).catch(reasonOf);
    await expect.poll(sleeping).toHaveLength(1);
    const insert = `insert into tasks (user_id, id, title) values ('${ben}', gen_random_uuid(), 'late')`;
    const waiting = database.as(ben, { signal: stop.signal }).builder().execute(insert).catch(reasonOf);
    stop.abort();
    busyStop.abort();
    expect([await busy, await waiting]).toEqual(['ABORTED', 'ABORTED']);
    expect(await count(database, ben)).toBe(2);
  });
});

it('a statement that PostgreSQL cancels because it takes too long leaves its connection to the next one', async () => {
  const database = open({ max: 1 });
  const [{ pid }] = Object(await database.as(ben).builder().execute('select pg_backend_pid() as pid'));
  const slow = database.as(ada, { timeout: 200 }).builder().execute('select pg_sleep(600)');
  expect(await slow.catch(reasonOf)).toBe('DEADLINE_EXCEEDED');
  expect(await database.as(ben).builder().execute('select pg_backend_pid() as pid')).toMatchObject([{ pid }]);
});

it('after it was closed, a call fails at once', async () => {
  const database = open();
  expect(await count(database, ada)).toBe(3);
  await database.close();
  expect(await count(database, ada).catch(reasonOf)).toBe('DATABASE_UNAVAILABLE');
  expect(await database.identity.query.user.findFirst().catch(reasonOf)).toBe('DATABASE_UNAVAILABLE');
});
