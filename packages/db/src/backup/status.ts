import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { backupsAmong } from './folder.ts';

const note = z.object({ time: z.coerce.date(), seconds: z.number(), outcome: z.string() });

const files = { backup: 'last-backup.json', drill: 'last-drill.json' } as const;

export interface BackupStatus {
  /** When the newest complete backup was taken. */
  newest: Date | undefined;
  /** The last backup and the last drill, if the folder has their status files. */
  last: { kind: keyof typeof files; time: Date; seconds: number; isOk: boolean }[];
}

async function readNote(folder: string, kind: keyof typeof files): Promise<BackupStatus['last']> {
  try {
    const { time, seconds, outcome } = note.parse(JSON.parse(await readFile(join(folder, files[kind]), 'utf8')));
    return [{ kind, time, seconds, isOk: outcome === 'ok' }];
  } catch {
    return [];
  }
}

/** What a folder of backups says of them. A folder that cannot be read has none. */
export async function backupStatus(folder: string): Promise<BackupStatus> {
  const [names, backup, drill] = await Promise.all([readdir(folder).catch(() => []), readNote(folder, 'backup'), readNote(folder, 'drill')]);
  return { newest: backupsAmong(names)[0]?.takenAt, last: [...backup, ...drill] };
}
