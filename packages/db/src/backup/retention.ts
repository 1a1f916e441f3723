import { backupsAmong, type Found } from './folder.ts';

/** For how many days, weeks and months to keep the newest backup. Periods without a backup do not count. */
export interface Keep {
  d: number;
  w: number;
  m: number;
}

const DAY_MS = 86_400_000;
/** Weeks start on Monday; 1970-01-01 was a Thursday. */
const week = (time: Date) => Math.floor((time.getTime() / DAY_MS + 3) / 7);

const periods: Record<keyof Keep, (time: Date) => unknown> = {
  d: (time) => Math.floor(time.getTime() / DAY_MS),
  w: week,
  m: (time) => time.getUTCFullYear() * 12 + time.getUTCMonth(),
};

export function readKeep(text: string): Keep {
  const keep: Keep = { d: 0, w: 0, m: 0 };
  for (const part of text.split(',')) {
    const [, count, unit] = /^([1-9]\d{0,3})([dwm])$/.exec(part.trim()) ?? [];
    if (unit !== 'd' && unit !== 'w' && unit !== 'm') throw new Error(`"${text}" is not a retention rule. Write it like 7d,4w,12m.`);
    keep[unit] = Number(count);
  }
  return keep;
}

const newestOfEach = (found: readonly Found[], periodOf: (time: Date) => unknown, count: number) =>
  [...Map.groupBy(found, ({ takenAt }) => periodOf(takenAt)).values()].slice(0, count).map(([newest]) => newest?.name);

/** The names of the backups to delete: never the newest backup, and never other files. Days are in UTC. */
export function expiredBackups(names: readonly string[], keep: Keep): string[] {
  const found = backupsAmong(names);
  const units = ['d', 'w', 'm'] as const;
  const kept = new Set([found[0]?.name, ...units.flatMap((unit) => newestOfEach(found, periods[unit], keep[unit]))]);
  return found.map(({ name }) => name).filter((name) => !kept.has(name));
}
