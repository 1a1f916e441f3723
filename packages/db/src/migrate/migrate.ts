import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/pg-proxy';
import { migrate as runMigrations } from 'drizzle-orm/pg-proxy/migrator';
import { Connection } from '../connection/connection.ts';
import { findFailure, isServerError } from '../connection/failure.ts';
import { texts } from '../log/owners.ts';
import { accessSql } from './access.ts';
import { describeCatalog } from './catalog.ts';
import { prepareLogin, publicAccess } from './login.ts';

const folder = (name: string) => join(import.meta.dirname, '..', '..', name);
export const productMigrations = folder('migrations');
const MIGRATION_LOCK = 7_362_002;

/** Long, because migrations may rebuild large tables. */
const migrationTimeouts = { connectTimeout: 10_000, answerTimeout: 3_600_000 };

export const catalogFile = folder('schema.sql');
export const committedCatalog = () => readFileSync(catalogFile, 'utf8');

export async function withConnection<Result>(url: string, work: (connection: Connection) => Promise<Result>): Promise<Result> {
  const connection = await Connection.open(url, migrationTimeouts);
  try {
    return await work(connection);
  } finally {
    connection.end(new Error('done'));
  }
}

/** The values that a query reads from a bookkeeping table; none if the table does not exist. */
async function recorded(connection: Connection, table: string, query: string): Promise<string[]> {
  const [[known] = []] = await texts(connection, 'select to_regclass($1)', [table]);
  return known ? (await texts(connection, query)).flat() : [];
}

export const appliedMigrations = (connection: Connection) =>
  recorded(connection, 'drizzle.__drizzle_migrations', 'select hash from drizzle.__drizzle_migrations order by id');

async function assertKnownMigrations(connection: Connection, migrationsFolder: string): Promise<void> {
  const files = new Set(readMigrationFiles({ migrationsFolder }).map(({ hash }) => hash));
  const foreign = (await appliedMigrations(connection)).findIndex((hash) => !files.has(hash));
  if (foreign >= 0)
    throw new Error(`This version does not have migration number ${foreign} of the database: the migration was edited, or the database is newer.`);
}

export const dropEverything = (connection: Connection) =>
  connection.send([{ text: 'drop schema if exists drizzle cascade; drop schema public cascade; create schema public authorization pg_database_owner' }]);

async function inTransaction(connection: Connection, statements: string[]): Promise<void> {
  await connection.send([{ text: 'begin' }]);
  try {
    for (const text of statements) await connection.send([{ text }]);
    await connection.send([{ text: 'commit' }]);
  } catch (error) {
    await connection.send([{ text: 'rollback' }]).catch((lost: unknown) => connection.end(lost));
    throw error;
  }
}

/** An error with PostgreSQL's message instead of Drizzle's, which quotes the statement. */
function describeServerError(error: unknown): unknown {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  if (!isServerError(root) || findFailure(error)) return error;
  const rights = root.code === '42501' ? ' Migrations need a login that owns the database and may create roles: DATABASE_MIGRATION_URL.' : '';
  return new Error(`The database cannot be migrated: ${root.message}.${rights}`, { cause: error });
}

/** Not parsed with `URL`, which does not accept several hosts. */
export const loginOf = (url: string) => decodeURIComponent(/^\w+:\/\/([^:@/?#]*)(?=[^/?#]*@)/.exec(url)?.[1] ?? '');

/** Runs `work` under the lock that excludes other migrations of this database; with `shared`, other shared users of the lock may run at the same time. */
export const withMigrationLock = <Result>(ownerUrl: string, work: (connection: Connection) => Promise<Result>, shared = false): Promise<Result> =>
  withConnection(ownerUrl, async (connection) => {
    await texts(connection, `select pg_advisory_lock${shared ? '_shared' : ''}(${MIGRATION_LOCK})::text`);
    return work(connection).catch((error: unknown) => {
      throw describeServerError(error);
    });
  });

/** Passes the statements of the missing migrations to `apply`, each migration with the statement that records it. */
export function missingMigrations(connection: Connection, migrationsFolder: string, apply: (statements: string[]) => Promise<void>): Promise<void> {
  const db = drizzle(async (text, params) => {
    const [rows] = await connection.send([{ text, prepared: { params, rows: 'objects' } }]);
    return { rows };
  });
  return runMigrations(db, apply, { migrationsFolder });
}

/** The file of the access rules in a folder of migrations: one repeatable migration. */
export const ACCESS_FILE = 'access.sql';

/** The statements that apply the access rules and record their checksum; none if the same rules were applied last. */
export async function missingAccess(connection: Connection, migrationsFolder: string): Promise<string[]> {
  const file = join(migrationsFolder, ACCESS_FILE);
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const checksum = createHash('sha256').update(text).digest('hex');
  const [applied] = await recorded(connection, 'drizzle.access_rules', 'select checksum from drizzle.access_rules');
  if (applied === checksum) return [];
  const record = `create table if not exists drizzle.access_rules (checksum text not null, applied_at timestamptz not null);
    delete from drizzle.access_rules; insert into drizzle.access_rules values ('${checksum}', now())`;
  return [text, record];
}

/** Migrates a database to this version in one transaction, and lets the runtime login use it. */
export const applyMigrations = (ownerUrl: string, appUrl: string, migrationsFolder = productMigrations): Promise<void> =>
  withMigrationLock(ownerUrl, async (connection) => {
    await assertKnownMigrations(connection, migrationsFolder);
    const access = await missingAccess(connection, migrationsFolder);
    await missingMigrations(connection, migrationsFolder, (statements) => inTransaction(connection, [...statements, ...access]));
    await prepareLogin(connection, loginOf(appUrl));
  });

/** Must follow `drizzle-kit push`, which manages only tables. */
export const applyAccess = (ownerUrl: string, appUrl: string): Promise<void> =>
  withMigrationLock(ownerUrl, async (connection) => {
    await inTransaction(connection, [accessSql()]);
    await prepareLogin(connection, loginOf(appUrl));
  });

/** The first lines in which two descriptions of a catalog differ. Lines may be repeated. */
export function difference(expected: string, found: string): string {
  const only = (mark: string, these: string, those: string) => {
    const matched = those.split('\n');
    const unmatched = these.split('\n').filter((line) => {
      const at = matched.indexOf(line);
      if (at >= 0) matched.splice(at, 1);
      return at < 0;
    });
    return unmatched.map((line) => `${mark} ${line}`);
  };
  return [...only('-', expected, found), ...only('+', found, expected)].slice(0, 10).join('\n');
}

/** Throws unless the database has exactly the tables, rules and rights of this version, and they apply to the login. */
export const assertSchema = (appUrl: string): Promise<void> =>
  withConnection(appUrl, async (connection) => {
    const found = await describeCatalog(connection);
    if (found !== committedCatalog())
      throw new Error(`The database does not match this version. Run "pnpm db migrate".\n${difference(committedCatalog(), found)}`);
    for (const role of ['todo_user', 'todo_identity', 'todo_watcher']) {
      await connection.send([{ text: `begin; set local role ${role}` }]);
      const [bound] = await texts(connection, `select where current_user = '${role}' and row_security_active('public.tasks')`);
      await connection.send([{ text: 'rollback' }]);
      if (!bound)
        throw new Error(
          `This login cannot set the role ${role}, or row security does not apply to it there. Run "pnpm db migrate" with this login in DATABASE_URL.`,
        );
    }
    const access = await publicAccess(connection);
    if (access?.ends) throw new Error('Every login of this server may connect to the database. Run "pnpm db migrate".');
  });

/** Advice for the operator when every login of the server may connect and migrating cannot revoke that. */
export const adviceOnAccess = (appUrl: string): Promise<string | undefined> =>
  withConnection(appUrl, async (connection) => (await publicAccess(connection))?.advice);

/** Migrates, and restores missing access rules: a bare `drizzle-kit push` drops every policy. Throws unless the schema matches this version then. */
export async function migrate(ownerUrl: string, appUrl: string): Promise<void> {
  await applyMigrations(ownerUrl, appUrl);
  await assertSchema(appUrl).catch(() => applyAccess(ownerUrl, appUrl));
  await assertSchema(appUrl);
}
