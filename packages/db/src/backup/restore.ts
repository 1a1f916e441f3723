import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { Connection } from '../connection/connection.ts';
import { parseUrl } from '../connection/url.ts';
import { texts } from '../log/owners.ts';
import { assertSchema } from '../migrate/assert-schema.ts';
import { list } from '../migrate/catalog.ts';
import { contentOf, dropEverything } from '../migrate/content.ts';
import type { Waiting } from '../migrate/lock.ts';
import { prepareLogin } from '../migrate/login.ts';
import { missingMigrations, sendEach, withMigrationLock } from '../migrate/migrate.ts';
import { missingAccess, productMigrations, recordedVersion } from '../migrate/version.ts';
import { backupTables, columnList, presentColumns, quoted, READER_SETTINGS, type Table } from './contents.ts';
import type { Key } from './crypt.ts';
import { BackupError, damaged } from './failure.ts';
import type { Backup, Header } from './format.ts';
import { type OnUnsound, rejectUnsound, verifyOwners, verifyRows } from './prove.ts';
import { readBackup, verifyBackup } from './verify.ts';

export interface RestoreOptions extends Waiting {
  key?: Key | undefined;
  /** The name of the database, to confirm that its content may be deleted; not needed for an empty database. */
  replace?: string | undefined;
  onUnsound?: OnUnsound | undefined;
  report?: (share: number) => void;
  migrationsFolder?: string;
}

/** The progress when the file is verified, when its rows are loaded, and when the loaded rows are verified. */
const [VERIFIED, LOADED, SUMMED] = [0.1, 0.6, 0.7];

function assertNotNewer(header: Header, known: string[]): void {
  if (header.migrations.some((hash, i) => known[i] !== hash)) {
    throw new BackupError(
      'NEWER_VERSION',
      `The backup was made by a newer version of the product (${header.product}). Restore it with that version. Nothing was changed.`,
    );
  }
}

async function emptyDatabase(connection: Connection, replace: string | undefined): Promise<void> {
  const [[name = ''] = []] = await texts(connection, 'select current_database()');
  if (replace !== undefined && replace !== name) {
    throw new BackupError('WRONG_NAME', `The database is called "${name}", not "${replace}". Nothing was changed.`);
  }
  const [first, ...more] = await contentOf(connection);
  if (first === undefined) return;
  if (replace === undefined) {
    const what = more.length > 0 ? `${first} and ${more.length} more` : first;
    throw new BackupError(
      'NOT_EMPTY',
      `The database "${name}" is not empty: it has ${what}. To delete its content and restore the backup, add --replace "${name}". Nothing was changed.`,
    );
  }
  await dropEverything(connection);
}

async function applyMissingAccess(connection: Connection, migrationsFolder: string): Promise<void> {
  await sendEach(connection, missingAccess(await recordedVersion(connection), migrationsFolder));
}

const columnsOf = (tables: readonly Table[]) => tables.flatMap(({ name, columns }) => columns.map((column) => `${name}.${column}`));

/** Runs the missing migrations in the open transaction; with `last`, up to that one. */
const migrateTo = (connection: Connection, migrationsFolder: string, last?: string) =>
  missingMigrations(connection, migrationsFolder, async (statements) => {
    const end = last === undefined ? -1 : statements.findIndex((text) => text.startsWith('INSERT INTO "drizzle"') && text.includes(`'${last}'`));
    await sendEach(connection, end < 0 ? statements : statements.slice(0, end + 1));
  });

const changeEach = (connection: Connection, tables: string[], change: string) =>
  connection.send([{ text: tables.map((name) => `alter table public.${quoted(name)} ${change}`).join('; ') }]);

/** Drops the indexes without a constraint and the foreign keys while `work` loads rows, and creates them afterwards, which is several times as fast. */
async function withoutIndexes(connection: Connection, tables: string[], work: () => Promise<void>): Promise<void> {
  const found = await texts(
    connection,
    `select format('drop index %s', index_.indexrelid::regclass), pg_get_indexdef(index_.indexrelid) from pg_catalog.pg_index index_
     join pg_catalog.pg_class table_ on table_.oid = index_.indrelid and table_.relnamespace = 'public'::regnamespace and table_.relname in (${list(tables)})
     where not exists (select from pg_catalog.pg_constraint rule where rule.conindid = index_.indexrelid and rule.contype <> 'f')
     union all
     select format('alter table %s drop constraint %I', rule.conrelid::regclass, rule.conname),
       format('alter table %s add constraint %I %s', rule.conrelid::regclass, rule.conname, pg_get_constraintdef(rule.oid))
     from pg_catalog.pg_constraint rule
     join pg_catalog.pg_class table_ on table_.oid = rule.conrelid and table_.relnamespace = 'public'::regnamespace and table_.relname in (${list(tables)})
     where rule.contype = 'f' order by 1 desc`,
  );
  await connection.send([{ text: found.map(([drop]) => drop).join('; ') }]);
  await work();
  await connection.send([{ text: found.map(([, create]) => create).join('; ') }]);
}

/** Lets the owner of the tables see their rows while `work` runs, which FORCE ROW LEVEL SECURITY hides. */
async function withoutForcedSecurity(connection: Connection, work: () => Promise<void>): Promise<void> {
  const forced = (
    await texts(connection, `select relname from pg_catalog.pg_class where relnamespace = 'public'::regnamespace and relforcerowsecurity`)
  ).flat();
  await changeEach(connection, forced, 'no force row level security');
  await work();
  await changeEach(connection, forced, 'force row level security');
}

/** Loads the rows into empty tables, without the triggers, which would set new times and log them. */
async function load(connection: Connection, { tables }: Header, backup: ReturnType<typeof readBackup>): Promise<void> {
  const found = await presentColumns(connection);
  const held = columnsOf(tables);
  // Rights may be older than the tables, so a backup may hold more than they name, but not less.
  const expected = columnsOf(await backupTables(connection));
  if (!held.every((column) => found.has(column)) || !expected.every((column) => held.includes(column)))
    throw damaged('its tables are not those of its version');
  const names = tables.map(({ name }) => name);
  await changeEach(connection, names, 'disable trigger user');
  await withoutIndexes(connection, names, async () => {
    for await (const { table, rows } of backup) await connection.copyIn(`copy public.${quoted(table.name)} (${columnList(table)}) from stdin`, rows);
  });
  await changeEach(connection, names, 'enable trigger user');
}

/**
 * Restores a backup. First verifies the whole file. Then, in one transaction, loads the rows into the schema of their version, verifies them, and migrates to this
 * version. Finally checks the database with the runtime login. Throws BackupError and DatabaseFailure.
 */
export async function restore(ownerUrl: string, appUrl: string, path: string, options: RestoreOptions = {}): Promise<Backup> {
  const { key, replace, onUnsound = rejectUnsound, report = () => {}, migrationsFolder = productMigrations } = options;
  const verified = await verifyBackup(path, key, (share) => report(share * VERIFIED));
  const { header } = verified;
  const known = readMigrationFiles({ migrationsFolder }).map(({ hash }) => hash);
  assertNotNewer(header, known);
  const work = async (connection: Connection) => {
    await connection.send([{ text: READER_SETTINGS }]);
    await emptyDatabase(connection, replace);
    await migrateTo(connection, migrationsFolder, header.migrations.at(-1));
    if (header.migrations.length === known.length) await applyMissingAccess(connection, migrationsFolder);
    await withoutForcedSecurity(connection, async () => {
      const rows = readBackup(path, key, (read) => report(VERIFIED + (read / verified.bytes) * (LOADED - VERIFIED)));
      await load(connection, header, rows);
      await verifyRows(connection, verified, (share) => report(LOADED + share * (SUMMED - LOADED)));
    });
    if (onUnsound !== rejectUnsound) await connection.send([{ text: `set local app.accept_unsound = 'on'` }]);
    await migrateTo(connection, migrationsFolder);
    await applyMissingAccess(connection, migrationsFolder);
    // A migration that converts a log verifies it first.
    await withoutForcedSecurity(connection, () => verifyOwners(connection, onUnsound, (share) => report(SUMMED + share * (1 - SUMMED))));
    await prepareLogin(connection, parseUrl(appUrl).user);
  };
  await withMigrationLock(ownerUrl, 'change', work, options);
  await assertSchema(appUrl);
  return verified;
}
