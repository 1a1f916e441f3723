import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../database.ts';
import { tasks, user } from '../schema.ts';
import { addOwner, createTestDatabase, inspect, openLink, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';
import { findFailure } from './failure.ts';
import type { PoolOptions } from './pool.ts';

/** In ms. */
const ANSWER_TIMEOUT = 2_000;
const unavailable = { cause: { reason: 'DATABASE_UNAVAILABLE' } };

let own: TestDatabase;
let ada: UserId;
beforeAll(async () => {
  own = await createTestDatabase();
  ada = await addOwner(own, 3);
});
afterAll(() => own[Symbol.asyncDispose]());

function open(url: string, options: Partial<PoolOptions> = {}): Database {
  const database = openDatabase(url, { answerTimeout: ANSWER_TIMEOUT, maxPerOwner: 8, ...options });
  onTestFinished(() => database.close());
  return database;
}

const count = async (database: Database) => database.as(ada).builder().$count(tasks);
const run = async (database: Database, text: string) => database.as(ada).builder().execute(text);

/** The result of each call, or the reason why it failed. */
const outcomes = (calls: Promise<unknown>[]) => Promise.all(calls.map((call) => call.catch((error: unknown) => findFailure(error)?.reason ?? error)));
const times = <T>(n: number, call: () => Promise<T>) => Array.from({ length: n }, call);

const running = () =>
  inspect(own.superuserUrl, `select from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()`);
const killAll = () =>
  inspect(own.superuserUrl, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'todo_app'`);
const newUser = () => ({
  id: randomUUID(),
  name: 'Eve',
  email: `${randomUUID()}@example.com`,
  emailVerified: true,
  createdAt: new Date(),
  updatedAt: new Date(),
});
const isStored = async ({ id }: { id: string }) => (await inspect(own.superuserUrl, `select from "user" where id = '${id}'`)).length === 1;

describe('a link that carries nothing any more', () => {
  it('fails every pending call when its time is up, and the next ones work', async () => {
    await using link = await openLink(own.appUrl);
    const database = open(link.url, { max: 4 });
    // Together they need every connection.
    await Promise.all(times(4, () => run(database, 'select pg_sleep(0.3)')));
    link.freeze();
    expect(await outcomes(times(4, () => count(database)))).toEqual(Array(4).fill('DATABASE_UNAVAILABLE'));
    expect(await outcomes(times(8, () => count(database)))).toEqual(Array(8).fill(3));
  });

  it('fails a transaction of the sign-in system, and nothing of it is stored', async () => {
    await using link = await openLink(own.appUrl);
    const database = open(link.url);
    const eve = newUser();
    const signingUp = database.identity.transaction(async (tx) => {
      await tx.insert(user).values(eve);
      link.freeze();
      await tx.select().from(user).where(eq(user.id, eve.id));
    });
    await expect(signingUp).rejects.toMatchObject(unavailable);
    await link.cut();
    await expect.poll(() => inspect(own.superuserUrl, `select from pg_stat_activity where datname = current_database() and state like 'idle in%'`)).toEqual([]);
    expect(await isStored(eve)).toBe(false);
  });
});

describe('a statement that takes too long', () => {
  it('fails when its time is up, and PostgreSQL stops working on it', async () => {
    const database = open(own.appUrl);
    await expect(run(database, 'select pg_sleep(600)')).rejects.toMatchObject({ cause: { reason: 'DEADLINE_EXCEEDED' } });
    await expect.poll(running).toEqual([]);
    expect(await count(database)).toBe(3);
  });

  it('fails those who wait for its connection when their time is up, and does not disturb it', async () => {
    const database = open(own.appUrl, { max: 1, answerTimeout: 10_000, acquireTimeout: 1_000 });
    expect(await count(database)).toBe(3);
    const slow = run(database, `select pg_sleep(3), 'done' as answer`);
    await expect(count(database)).rejects.toMatchObject({ cause: { reason: 'OVERLOADED' } });
    expect(await slow).toMatchObject([{ answer: 'done' }]);
    expect(await count(database)).toBe(3);
  });
});

describe('a database that cannot be reached', () => {
  it('fails calls at once, long before any time is up, and works without a restart when it is back', async () => {
    await using link = await openLink(own.appUrl);
    const database = open(link.url, { connectTimeout: 600_000, acquireTimeout: 600_000, answerTimeout: 600_000 });
    expect(await count(database)).toBe(3);
    await link.cut();
    expect(await outcomes(times(30, () => count(database)))).toEqual(Array(30).fill('DATABASE_UNAVAILABLE'));
    await expect(database.ping()).rejects.toMatchObject({ reason: 'DATABASE_UNAVAILABLE' });
    await link.mend();
    await expect.poll(() => outcomes([count(database)])).toEqual([3]);
  });

  it('fails calls when it takes connections and says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const address = silent.address();
    const database = open(`postgres://todo@127.0.0.1:${typeof address === 'object' ? address?.port : ''}/todo`, { connectTimeout: 300 });
    await expect(count(database)).rejects.toMatchObject(unavailable);
  });

  it('fails calls when it has no connection left, and works when it has', async () => {
    const database = open(own.appUrl, { max: 4 });
    await inspect(own.superuserUrl, `alter database ${new URL(own.appUrl).pathname.slice(1)} connection limit 0`);
    await expect(count(database)).rejects.toMatchObject(unavailable);
    await inspect(own.superuserUrl, `alter database ${new URL(own.appUrl).pathname.slice(1)} connection limit -1`);
    await expect.poll(() => outcomes([count(database)])).toEqual([3]);
  });

  it('fails calls with a password that is not its own', async () => {
    const url = new URL(own.appUrl);
    url.password = 'wrong';
    await expect(count(open(url.href))).rejects.toMatchObject(unavailable);
  });
});

describe('a transaction of the sign-in system', () => {
  it('stores nothing when its connection dies in the middle, and refuses what is sent after that', async () => {
    const database = open(own.appUrl);
    const [eve, zoe] = [newUser(), newUser()];
    const signingUp = database.identity.transaction(async (tx) => {
      await tx.insert(user).values(eve);
      await killAll();
      for (let i = 0; i < 3; i += 1) await expect(tx.insert(user).values(zoe)).rejects.toMatchObject(unavailable);
    });
    await expect(signingUp).rejects.toMatchObject({ reason: 'DATABASE_UNAVAILABLE' });
    expect([await isStored(eve), await isStored(zoe)]).toEqual([false, false]);
  });

  it('stores nothing when a failed statement is passed over', async () => {
    const database = open(own.appUrl);
    const eve = newUser();
    const signingUp = database.identity.transaction(async (tx) => {
      await tx.insert(user).values(eve);
      await tx
        .insert(user)
        .values(eve)
        .catch(() => {});
    });
    await expect(signingUp).rejects.toThrow('The transaction was rolled back: one of its commands failed.');
    expect(await isStored(eve)).toBe(false);
  });

  it('takes no statement after its end, on a connection that is somebody else’s by then', async () => {
    const database = open(own.appUrl, { max: 1 });
    const eve = newUser();
    const late = await database.identity.transaction(async (tx) => () => tx.insert(user).values(eve));
    await expect(late()).rejects.toMatchObject({ cause: { message: 'This transaction has ended.' } });
    expect(await isStored(eve)).toBe(false);
  });
});
