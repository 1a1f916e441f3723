import { type EntityName, entities, entityNames } from '@todo/contract';
import type { Connection } from '../connection/connection.ts';
import { eachEntity, fieldsOf } from '../entities.ts';
import { texts } from '../log/owners.ts';
import { withMigrationLock } from '../migrate/migrate.ts';
import { operatorEvent } from '../operator-events.ts';
import type { Table } from './contents.ts';
import type { Key } from './crypt.ts';
import { BackupError, damaged } from './failure.ts';
import { readBackup, type TableRows, verifyBackup } from './verify.ts';

/** An entity of the backup, and the columns that its owner writes and both have. The database sets the others. */
interface Part {
  name: EntityName;
  table: string;
  columns: string[];
}

/** A backup of a version without an entity lacks its table. */
const partsOf = (header: { tables: readonly Table[] }): Part[] =>
  entityNames.flatMap((name) => {
    const { table } = entities[name];
    const known = header.tables.find((each) => each.name === table)?.columns;
    return known ? [{ name, table, columns: fieldsOf(name).flatMap(({ column }) => (known.includes(column) ? [column] : [])) }] : [];
  });

async function ownerCalled(connection: Connection, name: string): Promise<string> {
  const [[id] = []] = await texts(connection, 'select id from "user" where id::text = $1 or email = lower($1)', [name]);
  if (id) return id;
  throw new BackupError('UNKNOWN_OWNER', `No account has the id or address ${name}. Only a full restore brings back a deleted account.`);
}

/** The fields of each line of COPY, which escapes tabs within a field. */
function* rowsIn(piece: Uint8Array): Generator<string[]> {
  for (const line of Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString().split('\n')) if (line) yield line.split('\t');
}

function positionsOf(wanted: string[], { name, columns }: Table): number[] {
  const positions = wanted.map((column) => columns.indexOf(column));
  if (positions.includes(-1)) throw damaged(`it lacks columns of the table ${name}`);
  return positions;
}

async function contains(owner: string, { table, rows }: TableRows): Promise<boolean> {
  const [id = 0] = positionsOf(['id'], table);
  let known = false;
  for await (const piece of rows) for (const row of rowsIn(piece)) known ||= row[id] === owner;
  return known;
}

/** The owner's rows of a table, as lines for COPY. */
async function* ownRows(owner: string, columns: string[], { table, rows }: TableRows): AsyncGenerator<Buffer> {
  const [whose = 0, ...fields] = positionsOf(['user_id', 'id', ...columns], table);
  for await (const piece of rows) {
    const lines: string[] = [];
    for (const row of rowsIn(piece)) if (row[whose] === owner) lines.push(`${fields.map((field) => row[field]).join('\t')}\n`);
    if (lines.length > 0) yield Buffer.from(lines.join(''));
  }
}

/** Copies the owner's rows to temporary tables. Throws UNKNOWN_OWNER when the backup does not contain the account. */
async function copyRows(connection: Connection, owner: string, parts: Part[], tables: AsyncIterable<TableRows>): Promise<void> {
  for (const { table, columns } of parts)
    await connection.send([{ text: `create temp table backup_${table} on commit drop as select id, ${columns.join(', ')} from ${table} with no data` }]);
  let known = false;
  for await (const each of tables) {
    if (each.table.name === 'user') known = await contains(owner, each);
    const part = parts.find(({ table }) => table === each.table.name);
    if (part && known)
      await connection.copyIn(`copy pg_temp.backup_${part.table} (id, ${part.columns.join(', ')}) from stdin`, ownRows(owner, part.columns, each));
  }
  if (!known) throw new BackupError('UNKNOWN_OWNER', `The backup does not contain the account ${owner}, which signed up later. Nothing was changed.`);
}

/** One statement that does not touch unchanged rows or those created since. */
function restoreStatement({ table, columns }: Part): string {
  const each = (form: (column: string) => string) => columns.map(form).join(', ');
  return `
    insert into ${table} as present (user_id, id, ${each((column) => column)})
    select $1::uuid, id, ${each((column) => column)} from pg_temp.backup_${table} order by id
    on conflict (user_id, id) do update set (${each((column) => column)}) = row(${each((column) => `excluded.${column}`)})
    where (${each((column) => `present.${column}`)}) is distinct from (${each((column) => `excluded.${column}`)})
    returning 1`;
}

/**
 * Restores an owner's lists and tasks in one transaction, with new events, and a security event that says so. A field that the backup does not contain stays as it is. Throws BackupError and
 * DatabaseFailure.
 */
export async function restoreOwner(ownerUrl: string, path: string, name: string, key?: Key, report: (share: number) => void = () => {}) {
  const { header, bytes } = await verifyBackup(path, key, (share) => report(share / 2));
  const parts = partsOf(header);
  return withMigrationLock(ownerUrl, 'use', async (connection) => {
    const owner = await ownerCalled(connection, name);
    await connection.send([{ text: `set local app.user_id = '${owner}'; set local app.action = 'restored'; set local datestyle = 'ISO'` }]);
    await texts(connection, 'select pg_advisory_xact_lock(hashtextextended($1, 0))', [owner]);
    const tables = readBackup(path, key, (read) => report(0.5 + read / bytes / 2));
    await copyRows(connection, owner, parts, tables);
    await texts(connection, operatorEvent('account_restored', 'select $1::uuid as id'), [owner]);
    const inBackup = eachEntity(() => 0);
    let changed = 0;
    for (const part of parts) {
      const [[count] = []] = await texts(connection, `select count(*) from pg_temp.backup_${part.table}`);
      inBackup[part.name] = Number(count);
      changed += (await texts(connection, restoreStatement(part), [owner])).length;
    }
    return { owner, takenAt: header.takenAt, inBackup, changed };
  });
}
