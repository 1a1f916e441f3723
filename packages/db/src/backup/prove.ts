import type { Connection } from '../connection/connection.ts';
import { textBytes } from '../entities.ts';
import { ownersOf, texts } from '../log/owners.ts';
import { inspectLog } from '../log/verify.ts';
import { checksumTables } from './backup.ts';
import { BackupError } from './failure.ts';
import { type Backup, differences } from './format.ts';

const different = (what: string) => new BackupError('DIFFERENT', `The restored data differs from the backup: ${what}. Nothing was changed.`);

const counted = `count(*) filter (where completed_at is null) as open, count(completed_at) as completed, sum(${textBytes('task', 'task')}) as bytes`;

const readMiscounted = `
  select count(*) from public.owners owner_
  full join (select user_id, ${counted} from public.tasks task group by user_id) counted
    on counted.user_id = owner_.user_id
  full join (select user_id, count(*) as lists from public.lists group by user_id) listed on listed.user_id = owner_.user_id
  where (owner_.open, owner_.completed, owner_.task_bytes, owner_.lists)
    is distinct from (coalesce(counted.open, 0), coalesce(counted.completed, 0), coalesce(counted.bytes, 0), coalesce(listed.lists, 0))`;

/** The labels of tasks that are not rows of task_labels, or the other way round. */
const readMislabelled = `
  select count(*) from (select user_id, id, unnest(labels) as name from public.tasks) label
  full join public.task_labels stored on stored.user_id = label.user_id and stored.task_id = label.id and stored.name = label.name
  where label.id is null or stored.task_id is null`;

/** Called when the restored data is unsound, for example because it was unsound in the backup; throws to reject it. */
export type OnUnsound = (what: string) => void;

export const rejectUnsound: OnUnsound = (what) => {
  throw different(`${what}. If the database was already like this when it was backed up, restore it with --accept-unsound`);
};

/** Reports wrong counts and unsound logs to `onUnsound`. Runs in the open transaction, on tables of this version. */
export async function verifyOwners(connection: Connection, onUnsound: OnUnsound, report: (share: number) => void): Promise<void> {
  const [[miscounted] = []] = await texts(connection, readMiscounted);
  if (miscounted !== '0') onUnsound('the counts of tasks or lists are wrong');
  const [[mislabelled] = []] = await texts(connection, readMislabelled);
  if (mislabelled !== '0') onUnsound('the labels of tasks are wrong');
  let logs = 0;
  for await (const { owner, after } of ownersOf(connection)) {
    await connection.send([{ text: `set local app.user_id = '${owner}'` }]);
    const { fault } = await inspectLog(connection, owner);
    if (fault) onUnsound(`the log of ${owner} is broken at event ${fault.seq}`);
    logs += 1;
    report(logs / (logs + after));
  }
}

/** Throws unless the tables contain the rows of the backup. Runs in the open transaction. */
export async function verifyRows(connection: Connection, { header, manifest }: Backup, report: (share: number) => void): Promise<void> {
  const all = header.tables.reduce((sum, { rows }) => sum + rows, 0) || 1;
  const found = await checksumTables(connection, header.tables, (rows) => report(rows / all));
  const differing = differences(manifest, found);
  if (differing.length > 0) throw different(differing.join(', '));
}
