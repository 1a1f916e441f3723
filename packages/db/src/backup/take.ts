import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { backup, type Taken } from './backup.ts';
import type { Encryption } from './crypt.ts';
import { fileFailure } from './failure.ts';
import { backupName, clearPartials, openFolder, writeNote } from './folder.ts';
import { expiredBackups, type Keep } from './retention.ts';

export interface TakeOptions {
  /** Where backups are kept; each gets a name of its own there. */
  folder: string;
  /** One file instead, with a name of the operator's. */
  file?: string | undefined;
  encryption?: Encryption | undefined;
  /** What is kept of older ones in the folder; all, when nothing is said. */
  keep?: Keep | undefined;
  report?: (share: number) => void;
}

export interface Kept extends Taken {
  path: string;
  /** Names of the older ones that were deleted. */
  deleted: string[];
}

const seconds = (since: number) => Math.round(performance.now() - since) / 1000;

/** Runs `work` and leaves a note about it for other programs, also when it has failed. */
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

/** Takes a backup into its folder, clears away what may go, and leaves `last-backup.json` there. Throws BackupError and DatabaseFailure. */
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
  const rowsOf = ({ manifest }: Taken) => Object.values(manifest.tables).reduce((sum, { rows }) => sum + rows, 0);
  return recordOutcome(folder, 'last-backup.json', take, (kept) => ({
    file: basename(kept.path),
    bytes: kept.bytes,
    rows: rowsOf(kept),
    takenAt: kept.header.takenAt,
  }));
}
