import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { backup } from '../backup/backup.ts';
import { restoreOwner } from '../backup/owner.ts';
import { restore } from '../backup/restore.ts';
import type { PoolOptions } from '../connection/pool.ts';
import { type Database, openDatabase } from '../database.ts';
import { startScratch } from '../embedded/scratch.ts';
import { runHousekeeping } from '../housekeeping/housekeeping.ts';
import { type Retention, setRetention } from '../housekeeping/retention.ts';
import { type Verdict, verifyLog } from '../log/verify.ts';
import { restrictDatabase } from '../migrate/login.ts';
import { applyMigrations, withConnection } from '../migrate/migrate.ts';
import type { UserId } from '../user-id.ts';
import { type Copy, copyDatabase } from './copy.ts';
import { release, script } from './inspect.ts';
import { trimBefore } from './logs.ts';

export { freePort } from '../embedded/embedded.ts';
export { inspect, script } from './inspect.ts';
export { type Link, openLink } from './link.ts';
export { upgradeUnderTraffic } from './next-version.ts';
export { startPair } from './pair.ts';
export { hasPgBouncer, keepsStatements, startPgBouncer } from './pgbouncer.ts';
export { explain } from './plan.ts';

interface PostgresUrls {
  appUrl: string;
  ownerUrl: string;
  superuserUrl: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: PostgresUrls & { binDir: string | undefined };
    /** `pnpm drills` asks for the long form. */
    drills: 'short' | 'long';
    /** A folder for what tests build once. It is gone after the run. */
    built: string;
  }
}

const withDatabase = (url: string, name: string) => url.replace(/[^/]+$/, name);

/** Starts a server with one migrated database, the template of each test's own. `provided` is passed to the tests. */
export async function startTestPostgres(binDir: string | undefined) {
  const { appUrl, ownerUrl, superuserUrl, stop } = await startScratch(binDir);
  await applyMigrations(ownerUrl, appUrl).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { provided: { appUrl, ownerUrl, superuserUrl, binDir }, stop };
}

export interface TestDatabase extends PostgresUrls, AsyncDisposable {
  /** Opens the database as the product does; dispose closes it. */
  open(options?: Partial<PoolOptions>): Database;
  /** Copies the database in its current state. Closes all connections to it. */
  copy(): Promise<Copy>;
  /** Trims an owner's log up to the first event since `before`, by default as far as possible. Returns the number of deleted events. */
  trimLog(owner: string, before?: string): Promise<number>;
  /** Purges old data once, as a server does; throws what it logs. */
  housekeep(): Promise<void>;
  /** Sets how long and how large logs may be. */
  setRetention(retention: Retention): Promise<unknown>;
  /** Verifies an owner's whole log, as an operator does. */
  verifyLog(owner: string): Promise<Verdict>;
  /** Writes a backup to a file. */
  backup(path: string): Promise<unknown>;
  /** Restores a backup; the database must be empty. */
  restore(path: string): Promise<unknown>;
  /** Restores one owner's tasks from a backup. */
  restoreOwner(path: string, owner: string): Promise<unknown>;
}

async function createFrom(template: string, restrict?: (name: string) => string): Promise<TestDatabase> {
  const { appUrl, ownerUrl, superuserUrl } = inject('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withConnection(superuserUrl, async (connection) => {
    await connection.send([{ text: `create database ${name} template ${template} strategy file_copy owner todo_owner` }]);
    if (restrict) await connection.send([{ text: restrict(name) }]);
  });
  const opened: Database[] = [];
  return {
    appUrl: withDatabase(appUrl, name),
    ownerUrl: withDatabase(ownerUrl, name),
    superuserUrl: withDatabase(superuserUrl, name),
    open: (options) => {
      const database = openDatabase(withDatabase(appUrl, name), options);
      opened.push(database);
      return database;
    },
    copy: () => copyDatabase(superuserUrl, name),
    trimLog: (owner, before) => trimBefore({ ownerUrl: withDatabase(ownerUrl, name), superuserUrl: withDatabase(superuserUrl, name) }, owner, before),
    housekeep: async () => {
      const logged: string[] = [];
      await runHousekeeping({ url: withDatabase(appUrl, name), log: (message) => logged.push(message) });
      if (logged.length > 0) throw new Error(logged.join('\n'));
    },
    setRetention: (retention) => setRetention({ appUrl: withDatabase(appUrl, name), ownerUrl: withDatabase(ownerUrl, name) }, retention),
    verifyLog: (owner) => withConnection(withDatabase(ownerUrl, name), (connection) => verifyLog(connection, owner)),
    backup: (path) => backup(withDatabase(ownerUrl, name), path),
    restore: (path) => restore(withDatabase(ownerUrl, name), withDatabase(appUrl, name), path),
    restoreOwner: (path, owner) => restoreOwner(withDatabase(ownerUrl, name), path, owner),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((database) => database.close()));
      for (const url of [appUrl, ownerUrl, superuserUrl]) release(withDatabase(url, name));
      await script(superuserUrl, `drop database ${name} with (force)`);
    },
  };
}

/** Creates a migrated database. `superuserUrl` connects to it as the superuser; dispose drops it. */
export const createTestDatabase = () => createFrom('todo', (name) => restrictDatabase(name, 'todo_app', 'todo_owner'));

/** Creates a database without tables. */
export const createEmptyDatabase = () => createFrom('template1');

/** Folder of the PostgreSQL programs for this run; undefined means those that npm installed. */
export const testBinDir = () => inject('postgres').binDir;

export interface OwnPostgres extends PostgresUrls, AsyncDisposable {
  /** Returns the server's log so far. */
  readLog(): string;
}

/** Starts a server without migrations, for tests of what all databases of a server share. Dispose deletes it. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const { stop, ...urls } = await startScratch(testBinDir());
  return { ...urls, [Symbol.asyncDispose]: stop };
}

/** Replaces authentication: converts an id to an owner. */
export function trust(_id: string): asserts _id is UserId {}

/** Creates a user with this number of open tasks, titled `Task 1`, `Task 2`, … */
export async function addOwner({ superuserUrl }: PostgresUrls, tasks = 0): Promise<UserId> {
  const id = randomUUID();
  trust(id);
  await script(
    superuserUrl,
    `insert into "user" (id, name, email, email_verified, created_at, updated_at) values ('${id}', 'Ada', '${id}@example.com', true, now(), now());
     insert into tasks (user_id, id, title) select '${id}', gen_random_uuid(), 'Task ' || n from generate_series(1, ${tasks}) n`,
  );
  return id;
}
