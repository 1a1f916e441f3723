import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/pg-proxy';
import { migrate as runMigrations } from 'drizzle-orm/pg-proxy/migrator';
import { Connection } from '../connection/connection.ts';
import { findFailure, isServerError } from '../connection/failure.ts';
import { parseUrl } from '../connection/url.ts';
import { texts } from '../log/owners.ts';
import { accessSql } from './access.ts';
import { STATEMENT_TIMEOUT_MS, underLock, type Waiting } from './lock.ts';
import { prepareLogin } from './login.ts';
import { isNewer, missingAccess, productMigrations, recordedVersion, recordVersion, versionOf } from './version.ts';

/** Long, because migrations may rebuild large tables. */
const options = { connectTimeout: 10_000, answerTimeout: STATEMENT_TIMEOUT_MS };

/** With `writable`, on a host that accepts writes. */
export async function withConnection<Result>(url: string, work: (connection: Connection) => Promise<Result>, writable = false): Promise<Result> {
  const connection = await Connection.open(url, { ...options, writable });
  try {
    return await work(connection);
  } finally {
    connection.end(new Error('done'));
  }
}

export async function appliedMigrations(connection: Connection): Promise<string[]> {
  const [[known] = []] = await texts(connection, `select to_regclass('drizzle.__drizzle_migrations')`);
  return known ? (await texts(connection, 'select hash from drizzle.__drizzle_migrations order by id')).flat() : [];
}

async function assertKnownMigrations(connection: Connection, migrationsFolder: string): Promise<void> {
  const files = new Set(readMigrationFiles({ migrationsFolder }).map(({ hash }) => hash));
  const foreign = (await appliedMigrations(connection)).findIndex((hash) => !files.has(hash));
  if (foreign >= 0)
    throw new Error(`This version does not have migration number ${foreign} of the database: the migration was edited, or the database is newer.`);
}

/** An error with PostgreSQL's message instead of Drizzle's, which quotes the statement. */
function describeServerError(error: unknown): unknown {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  if (!isServerError(root) || findFailure(error)) return error;
  const rights = root.code === '42501' ? ' Migrations need a login that owns the database and may create roles: DATABASE_MIGRATION_URL.' : '';
  return new Error(`The database cannot be migrated: ${root.message}.${rights}`, { cause: error });
}

/** Runs `work` in a transaction as `underLock` does, on a connection of its own. */
export const withMigrationLock = <Result>(
  ownerUrl: string,
  kind: Parameters<typeof underLock>[1],
  work: (connection: Connection) => Promise<Result>,
  waiting?: Waiting,
): Promise<Result> =>
  withConnection(
    ownerUrl,
    (connection) =>
      underLock(connection, kind, () => work(connection), waiting).catch((error: unknown) => {
        throw describeServerError(error);
      }),
    kind === 'change',
  );

/** Passes the statements of the missing migrations to `apply`, each migration with the statement that records it. */
export function missingMigrations(connection: Connection, migrationsFolder: string, apply: (statements: string[]) => Promise<void>): Promise<void> {
  const db = drizzle(async (text, params) => {
    const [rows] = await connection.send([{ text, prepared: { params, rows: 'objects' } }]);
    return { rows };
  });
  return runMigrations(db, apply, { migrationsFolder });
}

export async function sendEach(connection: Connection, statements: readonly string[]): Promise<void> {
  for (const text of statements) await connection.send([{ text }]);
}

/** Migrates a database to this version in one transaction, and lets the runtime login use it. Leaves a database alone that a newer version has migrated. */
export const applyMigrations = (ownerUrl: string, appUrl: string, migrationsFolder = productMigrations, waiting?: Waiting): Promise<void> =>
  withMigrationLock(
    ownerUrl,
    'change',
    async (connection) => {
      const recorded = await recordedVersion(connection);
      if (isNewer(recorded, versionOf(migrationsFolder))) return;
      await assertKnownMigrations(connection, migrationsFolder);
      const access = missingAccess(recorded, migrationsFolder);
      await missingMigrations(connection, migrationsFolder, (statements) => sendEach(connection, [...statements, ...access]));
      await prepareLogin(connection, parseUrl(appUrl).user);
    },
    waiting,
  );

/** Must follow `drizzle-kit push`, which manages only tables. Leaves a database alone that a newer version has migrated. */
export const applyAccess = (ownerUrl: string, appUrl: string, waiting?: Waiting): Promise<void> =>
  withMigrationLock(
    ownerUrl,
    'change',
    async (connection) => {
      if (isNewer(await recordedVersion(connection), versionOf())) return;
      await sendEach(connection, [accessSql(), recordVersion()]);
      await prepareLogin(connection, parseUrl(appUrl).user);
    },
    waiting,
  );
