import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { Connection } from '../connection/connection.ts';
import { texts } from '../log/owners.ts';

export const productMigrations = join(import.meta.dirname, '..', '..', 'migrations');

/** The access rules in a folder of migrations: one repeatable migration. */
export const ACCESS_FILE = 'access.sql';

export interface Version {
  /** Rises with every change of the schema. */
  number: number;
  /** The lowest number of a version that can serve a database with this schema. */
  oldest: number;
}

interface Recorded extends Version {
  checksum: string;
  /** The description of the catalog as the version that migrated last declares it. */
  catalog: string;
}

const versionFile = (migrations: string) => join(migrations, 'version.json');

const readVersionFile = (migrations: string): Version & { checksum: string } => JSON.parse(readFileSync(versionFile(migrations), 'utf8'));

/** The file that describes the catalog of a database with these migrations. */
export const catalogFile = (migrations = productMigrations) => join(migrations, '..', 'schema.sql');
export const committedCatalog = (migrations = productMigrations) => readFileSync(catalogFile(migrations), 'utf8');

/** Of everything that makes a schema: the migrations, the access rules and the description of the catalog. */
function checksumOf(migrations: string): string {
  const hashes = readMigrationFiles({ migrationsFolder: migrations }).map(({ hash }) => hash);
  const parts = [...hashes, readFileSync(join(migrations, ACCESS_FILE), 'utf8'), committedCatalog(migrations)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

export const versionOf = (migrations = productMigrations): Version => readVersionFile(migrations);

/** Whether the schema has changed since its number was set. */
export const isVersionStale = (migrations = productMigrations) => readVersionFile(migrations).checksum !== checksumOf(migrations);

/** Gives a changed schema the next number. */
export function raiseVersion(migrations = productMigrations): void {
  const { number, oldest, checksum } = readVersionFile(migrations);
  const now = checksumOf(migrations);
  if (now !== checksum) writeFileSync(versionFile(migrations), `${JSON.stringify({ number: number + 1, oldest, checksum: now }, null, 2)}\n`);
}

/** What the last migration recorded. Every login that can connect can read it. */
export async function recordedVersion(connection: Connection): Promise<Recorded | undefined> {
  // Not by to_regclass: it fails for a login that may not use the schema, as in databases of older versions.
  const [known] = await texts(connection, `select from pg_catalog.pg_class where relnamespace = to_regnamespace('drizzle') and relname = 'schema_version'`);
  if (!known) return undefined;
  const [row] = await texts(connection, 'select number, oldest, checksum, catalog from drizzle.schema_version');
  if (!row) return undefined;
  const [number, oldest, checksum = '', catalog = ''] = row;
  return { number: Number(number), oldest: Number(oldest), checksum, catalog };
}

/** Whether a newer version has migrated the database, and this one can serve it nevertheless. Throws if it cannot. */
export function isNewer(recorded: Version | undefined, { number }: Version): boolean {
  if (!recorded || recorded.number <= number) return false;
  if (recorded.oldest <= number) return true;
  throw new Error(
    `The database is newer than this version: its schema ${recorded.number} can be served by versions with schema ${recorded.oldest} or later, and this version has schema ${number}. Start a newer version.`,
  );
}

/** Throws if a newer version has migrated the database. */
export async function assertNotNewer(connection: Connection): Promise<void> {
  if (isNewer(await recordedVersion(connection), versionOf()))
    throw new Error('A newer version has migrated the database: only that version can change its schema.');
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The statements that apply the access rules and record the version; none if the same schema was recorded last, and for old migrations without a file of rules. */
export function missingAccess(recorded: Recorded | undefined, migrations: string): string[] {
  const file = join(migrations, ACCESS_FILE);
  if (!existsSync(file) || recorded?.checksum === checksumOf(migrations)) return [];
  return [readFileSync(file, 'utf8'), recordVersion(migrations)];
}

export function recordVersion(migrations = productMigrations): string {
  const { number, oldest } = versionOf(migrations);
  const values = `${number}, ${oldest}, '${checksumOf(migrations)}', ${literal(committedCatalog(migrations))}, now()`;
  return `delete from drizzle.schema_version; insert into drizzle.schema_version (number, oldest, checksum, catalog, applied_at) values (${values})`;
}
