import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { backup } from './backup.ts';
import type { Encryption } from './crypt.ts';
import { fileFailure } from './failure.ts';
import { backupName, clearPartials, openFolder, writeNote } from './folder.ts';
import type { Backup } from './format.ts';
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

export interface Kept extends Backup {
  path: string;
  deleted: string[];
}

const seconds = (since: number) => Math.round(performance.now() - since) / 1000;

/** Runs `work` and writes its outcome, success or failure, to a status file for other programs. */
export async function recordOutcome<Result>(folder: string, name: string, work: () => Promise<Result>, describe: (result: Result) => object): Promise<Result> {
  const [time, since] = [new Date().toISOString(), performance.now()];
  const leave = (outcome: object) => writeNote(folder, name, { time, seconds: seconds(since), ...outcome });
  try {
    const result = await work();
    leave({ outcome: 'ok', ...describe(result) });
    return result;
  } catch (error) {
    leave({ outcome: 'failed', error: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}

function discard(folder: string, keep: Keep | undefined): string[] {
  const names = keep ? expiredBackups(readdirSync(folder), keep) : [];
  for (const name of names) rmSync(join(folder, name));
  return names;
}

/** Takes a backup, deletes expired ones, and writes `last-backup.json` to the folder. Throws BackupError and DatabaseFailure. */
export async function takeBackup(ownerUrl: string, options: TakeOptions): Promise<Kept> {
  const { encryption, report = () => {} } = options;
  const path = resolve(options.file ?? join(options.folder, backupName(new Date(), encryption !== undefined)));
  const folder = dirname(path);
  try {
    openFolder(folder);
    clearPartials(folder, basename(path));
  } catch (error) {
    throw fileFailure(folder, error);
  }
  const take = async () => {
    const taken = await backup(ownerUrl, path, encryption, report);
    return { ...taken, path, deleted: discard(folder, options.keep) };
  };
  const rowsOf = ({ manifest }: Backup) => Object.values(manifest.tables).reduce((sum, { rows }) => sum + rows, 0);
  return recordOutcome(folder, 'last-backup.json', take, (kept) => ({
    file: basename(kept.path),
    bytes: kept.bytes,
    rows: rowsOf(kept),
    takenAt: kept.header.takenAt,
  }));
}
