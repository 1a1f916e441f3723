import { checksumTables } from '@todo/db/backup/backup';
import { backupTables, READER_SETTINGS } from '@todo/db/backup/contents';
import type { Encryption, Key } from '@todo/db/backup/crypt';
import { BackupError } from '@todo/db/backup/failure';
import { differences } from '@todo/db/backup/prove';
import { restore } from '@todo/db/backup/restore';
import { type Kept, recordOutcome, takeBackup } from '@todo/db/backup/take';
import { startScratch } from '@todo/db/embedded/scratch';
import { describeCatalog } from '@todo/db/migrate/catalog';
import { withConnection } from '@todo/db/migrate/migrate';
import { startProduct } from '../product.ts';
import { assertCanary, ensureCanary } from './canary.ts';

export interface DrillOptions {
  live: { ownerUrl: string; appUrl: string };
  /** Of the installation, without which restored people cannot be told from others. */
  secret: string;
  folder: string;
  /** Where the canary's password is kept. */
  canaryFile: string;
  binDir?: string | undefined;
  encryption?: Encryption | undefined;
  key?: Key | undefined;
  print?: (line: string) => void;
}

export interface Drilled {
  file: string;
  bytes: number;
  rows: number;
  /** How much of the newest work would have been lost. */
  rpoSeconds: number;
  /** From the order to restore to somebody who has signed in and read their tasks. */
  rtoSeconds: number;
}

/** Tells what a step has done; answers with how long it took, in ms. */
type Step = <Result>(what: string, work: () => Promise<Result>) => Promise<{ result: Result; ms: number }>;

const seconds = (ms: number) => Math.round(ms) / 1000;

/** Throws unless a database holds what the backup does, under the rules of the live one. */
async function compare(live: string, scratch: string, { manifest }: Kept): Promise<void> {
  const [rules, restored] = [await withConnection(live, describeCatalog), await withConnection(scratch, describeCatalog)];
  if (rules !== restored) throw new BackupError('DIFFERENT', 'The restored database has other tables, rules or rights than the live one.');
  const found = await withConnection(scratch, async (connection) => {
    const tables = await backupTables(connection);
    await connection.send([{ text: `begin; set local role todo_backup; ${READER_SETTINGS}` }]);
    return checksumTables(connection, tables);
  });
  const differing = differences(manifest, found);
  if (differing.length > 0) throw new BackupError('DIFFERENT', `The restored database holds other rows: ${differing.join(', ')}.`);
}

async function runSteps(options: DrillOptions, scratch: { ownerUrl: string; appUrl: string }, step: Step): Promise<Drilled> {
  const { live, secret, folder, encryption, key } = options;
  const { result: canary } = await step('a canary lives in the database', () => ensureCanary(live, secret, options.canaryFile));
  const { result: kept } = await step('backup', () => takeBackup(live.ownerUrl, { folder, encryption }));
  const ordered = Date.now();
  const restored = await step('restore: verified before, proven after', () => restore(scratch.ownerUrl, scratch.appUrl, kept.path, { key }));
  await step('every table, rule and right as in the live database', () => compare(live.ownerUrl, scratch.ownerUrl, kept));
  const used = await step('the API starts on it, the canary signs in and finds its tasks', async () => {
    await using product = await startProduct(scratch.appUrl, secret);
    await assertCanary(product, canary);
  });
  const rows = Object.values(kept.manifest.tables).reduce((sum, table) => sum + table.rows, 0);
  const rpoSeconds = seconds(ordered - Date.parse(kept.header.takenAt));
  return { file: kept.path, bytes: kept.bytes, rows, rpoSeconds, rtoSeconds: seconds(restored.ms + used.ms) };
}

/**
 * Backs up the live database, restores that into a server of its own, and proves the result by using it. Leaves `last-drill.json` beside the backups.
 * Throws when anything is not as it was.
 */
export function drill(options: DrillOptions): Promise<Drilled> {
  const { print = () => {} } = options;
  const step: Step = async (what, work) => {
    const start = performance.now();
    const result = await work();
    const ms = performance.now() - start;
    print(`${(ms / 1000).toFixed(1).padStart(6)} s  ${what}`);
    return { result, ms };
  };
  const work = async () => {
    const scratch = await startScratch(options.binDir, false);
    const interrupted = () => scratch.stop().finally(() => process.exit(1));
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    try {
      return await runSteps(options, scratch, step);
    } finally {
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      await scratch.stop();
    }
  };
  return recordOutcome(options.folder, 'last-drill.json', work, (drilled) => drilled);
}
