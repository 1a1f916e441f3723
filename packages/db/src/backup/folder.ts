import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../embedded/cluster.ts';

/** A finished backup in a folder; the time comes from its name. */
export interface Found {
  name: string;
  takenAt: Date;
}

const OURS = /^todo-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.backup(\.age)?$/;

export const backupName = (takenAt: Date, encrypted: boolean) =>
  `todo-${takenAt.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '')}.backup${encrypted ? '.age' : ''}`;

/** The backups among file names, newest first. Other files are omitted. */
export const backupsAmong = (names: readonly string[]): Found[] =>
  names
    .flatMap((name) => {
      const [, ...digits] = OURS.exec(name) ?? [];
      const [year, month, day, hour, minute, second] = digits.map(Number);
      if (year === undefined || month === undefined) return [];
      return [{ name, takenAt: new Date(Date.UTC(year, month - 1, day, hour, minute, second)) }];
    })
    .filter(({ name, takenAt }) => name.startsWith(backupName(takenAt, false)))
    .sort((a, b) => (a.name < b.name ? 1 : -1));

export const listBackups = (folder: string): Found[] => (existsSync(folder) ? backupsAmong(readdirSync(folder)) : []);

/** Removes partial backups of killed processes: those of scheduled names and of `file`. This process has none yet, so a file with its id is old too. */
export function clearPartials(folder: string, file: string): void {
  for (const name of readdirSync(folder)) {
    const [, whole = '', digits = ''] = /^(.+)\.partial-(\d+)$/.exec(name) ?? [];
    const pid = Number(digits);
    if ((whole === file || OURS.test(whole)) && (pid === process.pid || !isAlive(pid))) rmSync(join(folder, name), { force: true });
  }
}

/** Replaces a status file for other programs, such as `last-backup.json`, atomically. */
export function writeNote(folder: string, name: string, note: object): void {
  const file = join(folder, name);
  writeFileSync(`${file}.new`, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
