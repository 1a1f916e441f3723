import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../database.ts';
import { applyMigrations } from '../migrate/migrate.ts';
import { owner, prepare } from '../owner-db.ts';
import { newTasks } from '../schema/tasks.ts';
import { tasks } from '../schema.ts';
import { addOwner, inspect, type OwnPostgres, openLink, script, startOwnPostgres } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';
import { findFailure } from './failure.ts';
import type { PoolOptions } from './pool.ts';

let own: OwnPostgres;
let superuserUrl: string;
beforeAll(async () => {
  own = await startOwnPostgres();
  superuserUrl = own.superuserUrl.replace(/[^/]+$/, 'todo');
  await applyMigrations(own.ownerUrl, own.appUrl);
});
afterAll(() => own[Symbol.asyncDispose]());

let ada: UserId;
let logged: string[];
beforeEach(async () => {
  ada = await addOwner({ ...own, superuserUrl }, 3);
  logged = [];
});

function open(url = own.appUrl, options: Partial<PoolOptions> = {}) {
  const database = openDatabase(url, { max: 4, maxPerOwner: 4, log: (message) => logged.push(message), ...options });
  onTestFinished(() => database.close());
  return database;
}
type Opened = ReturnType<typeof open>;

const listTasks = prepare((db) => db.select({ id: tasks.id }).from(tasks).where(sql`user_id = ${owner}`));
const createTask = prepare((db) => db.insert(newTasks).values({ userId: owner, id: sql`gen_random_uuid()`, title: 'x', description: '', completedAt: null }));
const outcome = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    (error: unknown) => findFailure(error)?.reason ?? error,
  );
const read = (database: Opened) => outcome(database.as(ada).run(listTasks));
const write = (database: Opened) => outcome(database.as(ada).change(createTask));
const backends = () => inspect(superuserUrl, `select pid from pg_stat_activity where usename = 'todo_app' order by pid`);
const all = (database: Opened) => Promise.all(Array.from({ length: 4 }, () => database.as(ada).builder().execute('select pg_sleep(0.3)')));

describe('a pooled connection that turns out dead', () => {
  it('costs a read nothing, and fails a change, which may have been stored', async () => {
    await using link = await openLink(own.appUrl);
    const database = open(link.url);
    for (let i = 0; i < 3; i += 1) {
      expect(await read(database)).toBe('ok');
      link.breakOnUse();
      expect(await read(database)).toBe('ok');
      link.breakOnUse();
      expect(await write(database)).toBe('DATABASE_UNAVAILABLE');
      expect(await write(database)).toBe('ok');
    }
  });

  it('is repeated once, not for ever', async () => {
    await using link = await openLink(own.appUrl);
    const database = open(link.url, { max: 1 });
    expect(await read(database)).toBe('ok');
    await link.cut();
    expect(await read(database)).toBe('DATABASE_UNAVAILABLE');
  });
});

describe('a server that takes no writes any more', () => {
  const makeReadOnly = async (value: 'on' | 'off') => {
    await script(superuserUrl, `alter system set default_transaction_read_only = ${value}`);
    await script(superuserUrl, 'select pg_reload_conf()');
    await expect.poll(() => inspect(superuserUrl, 'show default_transaction_read_only')).toEqual([{ default_transaction_read_only: value }]);
  };
  beforeEach(() => () => makeReadOnly('off'));

  it.each([
    ['the first write', (database: Opened) => write(database)],
    ['a health check', (database: Opened) => outcome(database.ping())],
  ])('is left with all connections after %s, is not ready, and is used again when it takes writes', async (_, notice) => {
    const database = open();
    await all(database);
    await makeReadOnly('on');
    await expect.poll(() => notice(database)).toBe('DATABASE_UNAVAILABLE');
    expect(await Promise.all([read(database), outcome(database.ping())])).toEqual(['DATABASE_UNAVAILABLE', 'DATABASE_UNAVAILABLE']);
    await expect.poll(backends).toEqual([]);
    await makeReadOnly('off');
    await expect.poll(() => Promise.all([write(database), outcome(database.ping())])).toEqual(['ok', 'ok']);
  });
});

it('a connection is replaced when its life is over', async () => {
  const database = open(own.appUrl, { max: 1, lifetime: 500 });
  const pids = new Set<unknown>();
  const pid = async () => Object(await database.as(ada).builder().execute('select pg_backend_pid() as pid'))[0].pid;
  for (const last = performance.now() + 2_000; performance.now() < last; ) pids.add(await pid());
  expect(pids.size).toBeGreaterThan(1);
  expect(pids.size).toBeLessThan(10);
});

it('an outage is two lines in the log: its cause, and how many calls have failed', async () => {
  await using link = await openLink(own.appUrl);
  const database = open(link.url);
  expect(await read(database)).toBe('ok');
  await link.cut();
  for (let i = 0; i < 5; i += 1) expect(await read(database)).toBe('DATABASE_UNAVAILABLE');
  expect(logged).toEqual([expect.stringMatching(/^The database fails calls: connect ECONNREFUSED /)]);
  await link.mend();
  await expect.poll(() => read(database)).toBe('ok');
  await expect.poll(async () => [await read(database), logged.length], { timeout: 10_000 }).toEqual(['ok', 2]);
  expect(logged[1]).toMatch(/^The database fails no more calls: \d+ failed\.$/);
});

it('when calls take long, fewer may wait: one that would wait too long is refused at once', async () => {
  const database = open(own.appUrl, { max: 1, maxPerOwner: 1_000, acquireTimeout: 4_000 });
  const call = () => outcome(database.as(ada).builder().execute('select pg_sleep(0.5)'));
  for (let i = 0; i < 8; i += 1) expect(await call()).toBe('ok');
  const calls = Array.from({ length: 20 }, call);
  expect(await Promise.race(calls)).toBe('OVERLOADED');
  const outcomes = await Promise.all(calls);
  const served = outcomes.filter((one) => one === 'ok').length;
  expect(served).toBeGreaterThan(2);
  expect(served).toBeLessThan(10);
});

it('a call that has used up its time is not sent', async () => {
  const database = open();
  const late = database.as(ada, { timeout: 1_000, since: performance.now() - 1_500 });
  expect(await outcome(late.run(listTasks))).toBe('DEADLINE_EXCEEDED');
  const begun = database.as(ada, { timeout: 3_000, since: performance.now() - 2_500 });
  expect(await begun.builder().execute(`select current_setting('statement_timeout') as ms`)).toMatchObject([{ ms: '1s' }]);
});

it('a query can change nothing', async () => {
  const database = open();
  const removal = prepare((db) => db.delete(tasks).where(sql`user_id = ${owner}`));
  expect(await outcome(database.as(ada).run(removal))).toBe('DATABASE_UNAVAILABLE');
  expect(await read(database)).toBe('ok');
});
