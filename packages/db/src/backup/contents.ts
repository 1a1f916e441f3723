import { createHash } from 'node:crypto';
import type { Connection } from '../connection/connection.ts';
import { texts } from '../log/owners.ts';
import type { Sum } from './format.ts';

export interface Table {
  name: string;
  columns: string[];
}

/**
 * A backup contains what todo_backup itself may read, not what everybody may, such as tables of extensions. It omits the generated columns of older versions,
 * which COPY cannot write. Tables without foreign keys come first: enough as long as no foreign key refers to a table that has one itself.
 */
const readTables = `
  select table_.relname, string_agg(column_.attname, ',' order by column_.attnum)
  from pg_catalog.pg_class table_ join pg_catalog.pg_attribute column_ on column_.attrelid = table_.oid and column_.attnum > 0 and not column_.attisdropped and column_.attgenerated = ''
  join pg_catalog.pg_roles reader on reader.rolname = 'todo_backup' and exists (
    select from pg_catalog.aclexplode(table_.relacl || column_.attacl) acl where acl.grantee = reader.oid and acl.privilege_type = 'SELECT')
  where table_.relnamespace = 'public'::regnamespace and table_.relkind in ('r', 'p')
  group by table_.oid, table_.relname
  order by (select count(*) from pg_catalog.pg_constraint rule where rule.conrelid = table_.oid and rule.contype = 'f'), table_.relname`;

/** None if the database is of a version without todo_backup. */
export const backupTables = async (connection: Connection): Promise<Table[]> =>
  (await texts(connection, readTables)).map(([name = '', columns = '']) => ({ name, columns: columns.split(',') }));

/** Every column of the database as `table.column`. Rights are not considered: they may be of another version than the tables. */
export const presentColumns = async (connection: Connection): Promise<Set<string>> =>
  new Set(
    (
      await texts(
        connection,
        `select table_.relname || '.' || column_.attname from pg_catalog.pg_class table_ join pg_catalog.pg_attribute column_ on column_.attrelid = table_.oid
         where table_.relnamespace = 'public'::regnamespace and table_.relkind in ('r', 'p') and column_.attnum > 0 and not column_.attisdropped`,
      )
    ).flat(),
  );

/** Settings that make every server write the same text. No owner has this id, but the planner evaluates the policies, which read the setting. */
export const READER_SETTINGS = `set local datestyle = 'ISO'; set local timezone = 'UTC'; set local bytea_output = 'hex';
  set local app.user_id = '00000000-0000-0000-0000-000000000000'`;

export const quoted = (name: string) => `"${name}"`;
export const columnList = ({ columns }: Table) => columns.map(quoted).join(', ');

/** The columns of the primary key: its order makes equal tables give equal bytes. */
const keyOf = async (connection: Connection, { name }: Table) =>
  (
    await texts(
      connection,
      `select string_agg(quote_ident(column_.attname), ', ' order by ordinal) from pg_catalog.pg_index index_
       cross join unnest(index_.indkey::int2[]) with ordinality key (num, ordinal)
       join pg_catalog.pg_attribute column_ on column_.attrelid = index_.indrelid and column_.attnum = key.num
       where index_.indisprimary and index_.indrelid = to_regclass('public.' || quote_ident($1))`,
      [name],
    )
  ).join();

export async function* copyTable(connection: Connection, table: Table): AsyncGenerator<Buffer> {
  const key = await keyOf(connection, table);
  yield* connection.copyOut(`copy (select ${columnList(table)} from public.${quoted(table.name)} order by ${key}) to stdout`);
}

/** The end of each owner's log, in the format of the version that made the backup. */
export async function* copyHeads(connection: Connection): AsyncGenerator<Buffer> {
  const [[isFormer] = []] = await texts(connection, `select to_regclass('public.task_counters')`);
  const heads = isFormer
    ? `select counter.user_id, counter.last_seq, event.hash from public.task_counters counter
       left join public.task_events event on event.user_id = counter.user_id and event.seq = counter.last_seq`
    : 'select user_id, last_seq, last_hash from public.owners';
  yield* connection.copyOut(`copy (${heads} order by user_id) to stdout`);
}

export const NEWLINE = 10;

function countRows(piece: Uint8Array): number {
  let rows = 0;
  for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) rows += 1;
  return rows;
}

/** Counts and hashes a table's rows, piece by piece. */
export class Tally {
  rows = 0;
  #bytes = 0;
  readonly #hash = createHash('sha256');

  add(piece: Uint8Array): void {
    this.rows += countRows(piece);
    this.#bytes += piece.length;
    this.#hash.update(piece);
  }

  sum(): Sum {
    return { rows: this.rows, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
