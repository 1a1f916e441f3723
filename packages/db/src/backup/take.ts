import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { backup } from './backup.ts';
import type { Encryption } from './crypt.ts';
import { fileFailure } from './failure.ts';
import { backupName, clearPartials, writeNote } from './folder.ts';
import { expiredBackups, type Keep } from './retention.ts';

export interface TakeOptions {
  folder: string;
  /** Writes to this file instead. */
  file?: string | undefined;
  encryption?: Encryption | undefined;
  /** Which older backups in the folder to keep; by default all. */
  keep?: Keep | undefined;
  report?: (share: number) => void;
}

const seconds = (since: number) => Math.round(performance.now() - since) / 1000;

/** Runs `work` and writes its outcome, success or failure, to a status file for other programs. */
export async function recordOutcome<Result>(folder: string, name: string, work: () => Promise<Result>, describe: (result: Result) => object): Promise<Result> {
  const [time, since] = [new Date().toISOString(), performance.now()];
  const leave = (outcome: object) => writeNote(folder, name, { time, seconds: seconds(since), ...outcome });
  const result = await work().catch((error: unknown) => {
    try {
      leave({ outcome: 'failed', error: error instanceof Error ? error.message : String(error) });
    } catch {} // often for the same reason
    throw error;
  });
  try {
    leave({ outcome: 'ok', ...describe(result) });
  } catch (error) {
    throw fileFailure(join(folder, name), error);
  }
  return result;
}

function discard(folder: string, keep: Keep | undefined): string[] {
  const names = keep ? expiredBackups(readdirSync(folder), keep) : [];
  for (const name of names) rmSync(join(folder, name));
  return names;
}

/** Takes a backup, deletes expired ones, and writes `last-backup.json` to the folder. Throws BackupError and DatabaseFailure. */
export async function takeBackup(ownerUrl: string, options: TakeOptions) {
  const { encryption, report = () => {} } = options;
  const path = resolve(options.file ?? join(options.folder, backupName(new Date(), encryption !== undefined)));
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    clearPartials(folder, basename(path));
  } catch (error) {
    throw fileFailure(folder, error);
  }
  const take = async () => {
    const taken = await backup(ownerUrl, path, encryption, report);
    const rows = Object.values(taken.manifest.tables).reduce((sum, table) => sum + table.rows, 0);
    return { ...taken, path, rows, deleted: discard(folder, options.keep) };
  };
  const describe = ({ bytes, rows, header }: Awaited<ReturnType<typeof take>>) => ({ file: basename(path), bytes, rows, takenAt: header.takenAt });
  return recordOutcome(folder, 'last-backup.json', take, describe);
}
