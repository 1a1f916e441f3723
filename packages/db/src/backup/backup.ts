import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from '../connection/connection.ts';
import { texts } from '../log/owners.ts';
import { describeCatalog } from '../migrate/catalog.ts';
import { appliedMigrations, withMigrationLock } from '../migrate/migrate.ts';
import { backupTables, copyHeads, copyTable, NEWLINE, quoted, READER_SETTINGS, type Table, Tally } from './contents.ts';
import type { Encryption } from './crypt.ts';
import { BackupError } from './failure.ts';
import { type Backup, FORMAT_VERSION, HEADER, type Header, MANIFEST, type Manifest, PIECE_BYTES, PIECE_MAX_BYTES, pieceName } from './format.ts';
import { type Entry, writeEntries } from './writing.ts';

export const productVersion = (): string => JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')).version;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const json = (name: string, note: object): Entry => ({ name, bytes: Buffer.from(JSON.stringify(note)) });

/** Reads what the backup will contain, and goes on as todo_backup. */
async function openSnapshot(connection: Connection): Promise<Header> {
  const migrations = await appliedMigrations(connection);
  if (migrations.length === 0)
    throw new BackupError('NOT_MIGRATED', 'A backup needs a database that was created by migrations, not by push. Run "pnpm db migrate" on an empty database.');
  const tables = await backupTables(connection);
  if (tables.length === 0) throw new BackupError('NOT_MIGRATED', 'This version of the database does not support backups. Run "pnpm db migrate" first.');
  const catalog = sha256(await describeCatalog(connection));
  await connection.send([{ text: `set local role todo_backup; ${READER_SETTINGS}` }]);
  const [[takenAt = '', postgres = ''] = []] = await texts(connection, `select now(), current_setting('server_version')`);
  const counted: Header['tables'] = [];
  for (const table of tables) {
    const [[rows] = []] = await texts(connection, `select count(*) from public.${quoted(table.name)}`);
    counted.push({ ...table, rows: Number(rows) });
  }
  return { format: FORMAT_VERSION, product: productVersion(), takenAt, postgres, migrations, catalog, tables: counted };
}

async function* gathered(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let buffered: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    if (piece.at(-1) !== NEWLINE || piece.length > PIECE_MAX_BYTES) throw new Error('A piece of a table is too large or ends within a row.');
    if (size > 0 && size + piece.length > PIECE_BYTES) {
      yield Buffer.concat(buffered, size);
      [buffered, size] = [[], 0];
    }
    buffered.push(piece);
    size += piece.length;
  }
  if (size > 0) yield Buffer.concat(buffered, size);
}

/** Reads the tables as entries of a backup, and returns their manifest. `report` gets the number of rows so far. */
async function* readTables(connection: Connection, tables: readonly Table[], report: (rows: number) => void): AsyncGenerator<Entry, Manifest> {
  const sums: Manifest['tables'] = {};
  let before = 0;
  for (const table of tables) {
    const total = new Tally();
    let number = 0;
    for await (const bytes of gathered(copyTable(connection, table))) {
      total.add(bytes);
      number += 1;
      yield { name: pieceName(table.name, number), bytes };
      report(before + total.rows);
    }
    sums[table.name] = total.sum();
    before += total.rows;
  }
  const heads = new Tally();
  for await (const bytes of copyHeads(connection)) heads.add(bytes);
  return { tables: sums, heads: heads.sum() };
}

/** Writes a snapshot of the database, without live credentials, to a file that is never incomplete. Does not block writers. Throws BackupError and DatabaseFailure. */
export const backup = (ownerUrl: string, path: string, encryption?: Encryption, report: (share: number) => void = () => {}): Promise<Backup> =>
  withMigrationLock(ownerUrl, 'snapshot', async (connection) => {
    const header = await openSnapshot(connection);
    const all = header.tables.reduce((sum, { rows }) => sum + rows, 0) || 1;
    const result: { manifest?: Manifest } = {};
    const entries = async function* () {
      yield json(HEADER, header);
      const manifest = yield* readTables(connection, header.tables, (rows) => report(rows / all));
      yield json(MANIFEST, manifest);
      result.manifest = manifest;
    };
    const bytes = await writeEntries(path, entries(), encryption);
    if (!result.manifest) throw new Error('A backup was written without its manifest.');
    return { header, manifest: result.manifest, bytes };
  });

/** The manifest of the tables' current rows: equal to that of a backup exactly if the rows are equal. */
export async function checksumTables(connection: Connection, tables: readonly Table[], report: (rows: number) => void = () => {}): Promise<Manifest> {
  const entries = readTables(connection, tables, report);
  for (;;) {
    const { done, value } = await entries.next();
    if (done) return value;
  }
}
