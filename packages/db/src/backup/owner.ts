import type { Connection } from '../connection/connection.ts';
import { fieldsOf } from '../entities.ts';
import { texts } from '../log/owners.ts';
import { withMigrationLock } from '../migrate/migrate.ts';
import type { Table } from './contents.ts';
import type { Key } from './crypt.ts';
import { BackupError, damaged } from './failure.ts';
import { readBackup, verifyBackup } from './verify.ts';

/** The declared columns of a task; the database sets the others. */
const written = fieldsOf('task').map(({ column }) => column);

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

/** The owner's tasks in a backup, as lines for COPY. Throws UNKNOWN_OWNER when the backup does not contain the account. */
async function* tasksOf(owner: string, columns: string[], tables: ReturnType<typeof readBackup>): AsyncGenerator<Buffer> {
  let known = false;
  for await (const { table, rows } of tables) {
    if (table.name === 'user') {
      const [id = 0] = positionsOf(['id'], table);
      for await (const piece of rows) for (const row of rowsIn(piece)) known ||= row[id] === owner;
    }
    if (table.name !== 'tasks' || !known) continue;
    const [whose = 0, ...fields] = positionsOf(['user_id', 'id', ...columns], table);
    for await (const piece of rows) {
      const lines: string[] = [];
      for (const row of rowsIn(piece)) if (row[whose] === owner) lines.push(`${fields.map((field) => row[field]).join('\t')}\n`);
      if (lines.length > 0) yield Buffer.from(lines.join(''));
    }
  }
  if (!known) throw new BackupError('UNKNOWN_OWNER', `The backup does not contain the account ${owner}, which signed up later. Nothing was changed.`);
}

/** One statement that does not touch unchanged tasks or tasks created since. */
function restoreStatement(columns: string[]): string {
  const each = (form: (column: string) => string) => columns.map(form).join(', ');
  return `
    insert into tasks as task (user_id, id, ${each((column) => column)})
    select $1::uuid, id, ${each((column) => column)} from pg_temp.backup_tasks order by id
    on conflict (user_id, id) do update set (${each((column) => column)}) = row(${each((column) => `excluded.${column}`)})
    where (${each((column) => `task.${column}`)}) is distinct from (${each((column) => `excluded.${column}`)})
    returning 1`;
}

/** Restores an owner's tasks in one transaction, with new events. A field that the backup does not contain stays as it is. Throws BackupError and DatabaseFailure. */
export async function restoreOwner(ownerUrl: string, path: string, name: string, key?: Key, report: (share: number) => void = () => {}) {
  const { header, bytes } = await verifyBackup(path, key, (share) => report(share / 2));
  const known = header.tables.find(({ name: table }) => table === 'tasks')?.columns ?? [];
  const columns = written.filter((column) => known.includes(column));
  return withMigrationLock(ownerUrl, 'use', async (connection) => {
    const owner = await ownerCalled(connection, name);
    await connection.send([{ text: `set local app.user_id = '${owner}'; set local app.action = 'restored'; set local datestyle = 'ISO'` }]);
    await texts(connection, 'select pg_advisory_xact_lock(hashtextextended($1, 0))', [owner]);
    await connection.send([{ text: `create temp table backup_tasks on commit drop as select id, ${columns.join(', ')} from tasks with no data` }]);
    const rows = tasksOf(
      owner,
      columns,
      readBackup(path, key, (read) => report(0.5 + read / bytes / 2)),
    );
    await connection.copyIn(`copy pg_temp.backup_tasks (id, ${columns.join(', ')}) from stdin`, rows);
    const [[inBackup] = []] = await texts(connection, 'select count(*) from pg_temp.backup_tasks');
    const changed = await texts(connection, restoreStatement(columns), [owner]);
    return { owner, takenAt: header.takenAt, inBackup: Number(inBackup), changed: changed.length };
  });
}
