import { checksumTables } from '@todo/db/backup/backup';
import { backupTables, READER_SETTINGS } from '@todo/db/backup/contents';
import type { Encryption, Key } from '@todo/db/backup/crypt';
import { BackupError } from '@todo/db/backup/failure';
import { type Backup, differences } from '@todo/db/backup/format';
import { restore } from '@todo/db/backup/restore';
import { recordOutcome, takeBackup } from '@todo/db/backup/take';
import { startScratch } from '@todo/db/embedded/scratch';
import { describeCatalog } from '@todo/db/migrate/catalog';
import { withConnection } from '@todo/db/migrate/migrate';
import { startProduct } from '../product.ts';
import { printSteps, type Step, thenStop } from '../steps.ts';
import { assertCanary, ensureCanary } from './canary.ts';

export interface DrillOptions {
  live: { ownerUrl: string; appUrl: string };
  /** The installation's auth secret: it decrypts the restored signing keys. */
  secret: string;
  folder: string;
  canaryFile: string;
  binDir?: string | undefined;
  encryption?: Encryption | undefined;
  key?: Key | undefined;
  print?: (line: string) => void;
}

/** Throws unless the restored database has the backup's rows and the live database's tables, rules and rights. */
async function compare(live: string, scratch: string, { manifest }: Backup): Promise<void> {
  const [rules, restored] = [await withConnection(live, describeCatalog), await withConnection(scratch, describeCatalog)];
  if (rules !== restored) throw new BackupError('DIFFERENT', 'The tables, rules or rights of the restored database differ from the live one.');
  const found = await withConnection(scratch, async (connection) => {
    const tables = await backupTables(connection);
    await connection.send([{ text: `begin; set local role todo_backup; ${READER_SETTINGS}` }]);
    return checksumTables(connection, tables);
  });
  const differing = differences(manifest, found);
  if (differing.length > 0) throw new BackupError('DIFFERENT', `The rows of the restored database differ from the backup: ${differing.join(', ')}.`);
}

async function runSteps(options: DrillOptions, scratch: { ownerUrl: string; appUrl: string }, step: Step) {
  const { live, secret, folder, encryption, key } = options;
  const { result: canary } = await step('canary account in the live database', () => ensureCanary(live, secret, options.canaryFile));
  const { result: kept } = await step('backup', () => takeBackup(live.ownerUrl, { folder, encryption }));
  const ordered = Date.now();
  const restored = await step('restore, verified before and after', () => restore(scratch.ownerUrl, scratch.appUrl, kept.path, { key }));
  await step('tables, rules and rights are those of the live database', () => compare(live.ownerUrl, scratch.ownerUrl, kept));
  const used = await step('the API starts, the canary signs in and finds its tasks', async () => {
    await using product = await startProduct(scratch.appUrl, secret);
    await assertCanary(product, canary);
  });
  return {
    file: kept.path,
    bytes: kept.bytes,
    rows: kept.rows,
    /** How old the backup's snapshot was when the restore began: later changes would be lost. */
    rpoSeconds: (ordered - Date.parse(kept.header.takenAt)) / 1000,
    /** From the start of the restore until a user has signed in and read their tasks. */
    rtoSeconds: Number((restored.seconds + used.seconds).toFixed(3)),
  };
}

/** Backs up the live database, restores the backup to a temporary server, and uses it. Writes `last-drill.json` to the folder of the backups. */
export function drill(options: DrillOptions) {
  const step = printSteps(options.print ?? (() => {}));
  const work = async () => {
    const scratch = await startScratch(options.binDir, false);
    return thenStop(scratch.stop, () => runSteps(options, scratch, step));
  };
  return recordOutcome(options.folder, 'last-drill.json', work, (drilled) => drilled);
}
