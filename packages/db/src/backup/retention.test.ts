import { describe, expect, it } from 'vitest';
import { backupName, backupsAmong } from './folder.ts';
import { expiredBackups, readKeep } from './retention.ts';

const HOUR_MS = 3_600_000;
const now = Date.UTC(2026, 10, 23, 15, 30);
const below = (end: number) => Math.floor(Math.random() * end);
const daily = (count: number) => Array.from({ length: count }, (_, i) => backupName(new Date(now - i * 24 * HOUR_MS), false));
const kept = (names: string[], keep: string) => {
  const gone = expiredBackups(names, readKeep(keep));
  return names.filter((name) => !gone.includes(name));
};

describe('how much is kept', () => {
  it('is said in days, weeks and months', () => {
    expect(readKeep('7d,4w,12m')).toEqual({ d: 7, w: 4, m: 12 });
    expect(readKeep('30d')).toEqual({ d: 30, w: 0, m: 0 });
  });

  it.each(['', '7', '7h', '0d', '-1d', '7d;4w', 'd', '7d,,4w', 'all'])('cannot be "%s"', (text) => {
    expect(() => readKeep(text)).toThrow('7d,4w,12m');
  });
});

it('of two years of daily backups, the last seven days, four weeks and twelve months are kept', () => {
  const names = kept(daily(730), '7d,4w,12m');
  expect(names.slice(0, 7)).toEqual(daily(7));
  expect(names.map((name) => name.slice(5, 13))).toEqual(
    ['20261123', '20261122', '20261121', '20261120', '20261119', '20261118', '20261117', '20261115', '20261108', '20261031', '20260930', '20260831'].concat([
      '20260731',
      '20260630',
      '20260531',
      '20260430',
      '20260331',
      '20260228',
      '20260131',
      '20251231',
    ]),
  );
});

it('of several on a day the last one stays', () => {
  const names = ['todo-20261123T010000Z.backup', 'todo-20261123T230000Z.backup.age', 'todo-20261122T120000Z.backup'];
  expect(kept(names, '1d')).toEqual(['todo-20261123T230000Z.backup.age']);
});

it('what is not a backup of ours by its name is never deleted', () => {
  const foreign = [
    'last-backup.json',
    'todo-20200101T000000Z.backup.partial-7',
    'todo-20200101T000000Z.backup.bak',
    'todo-20201301T000000Z.backup',
    'todo-20200101T000000.backup',
    'other-20200101T000000Z.backup',
    'todo-20200101T000000Z.dump',
    'before-the-move.backup',
    '../todo-20200101T000000Z.backup',
  ];
  expect(expiredBackups([...foreign, ...daily(3)], readKeep('1d'))).toEqual(daily(3).slice(1));
});

it('whatever there is and whatever is kept: the newest stays, as many as were asked for stay, and to ask again deletes nothing', () => {
  for (let round = 0; round < 500; round += 1) {
    const times = Array.from({ length: below(80) }, () => new Date(now - below(800 * 24) * HOUR_MS));
    const names = [...new Set(times.map((time) => backupName(time, below(2) === 0)))];
    const keep = { d: below(10), w: below(6), m: below(14) };
    const gone = expiredBackups(names, keep);
    const left = names.filter((name) => !gone.includes(name));
    expect(gone.every((name) => names.includes(name))).toBe(true);
    expect(backupsAmong(left)[0]).toEqual(backupsAmong(names)[0]);
    const days = (list: string[]) => new Set(list.map((name) => name.slice(5, 13)));
    const months = (list: string[]) => new Set(list.map((name) => name.slice(5, 11)));
    expect(days(left).size).toBeGreaterThanOrEqual(Math.min(keep.d, days(names).size));
    expect(months(left).size).toBeGreaterThanOrEqual(Math.min(keep.m, months(names).size));
    expect(left.length).toBeLessThanOrEqual(Math.max(1, keep.d + keep.w + keep.m));
    expect(expiredBackups(left, keep)).toEqual([]);
  }
});
