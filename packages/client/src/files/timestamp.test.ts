import { expect, it } from 'vitest';
import { toTimestamp } from './timestamp.ts';

it.each([
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ['2000-02-29T23:59:59Z', '2000-02-29T23:59:59.000Z'],
  ['2026-01-01T12:00Z', '2026-01-01T12:00:00.000Z'],
  ['2026-01-01T12:00:00.5+02:00', '2026-01-01T10:00:00.500Z'],
  ['2026-01-01T12:00:00.1239999-05:30', '2026-01-01T17:30:00.123Z'],
  ['2026-01-01T00:00:00+15:59', '2025-12-31T08:01:00.000Z'],
  ['2026-01-01T00:00:00-15:59', '2026-01-01T15:59:00.000Z'],
  [`2026-01-01T00:00:00.${'9'.repeat(300)}Z`, '2026-01-01T00:00:00.999Z'],
  ['1000-01-01', '1000-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
])('reads %s', (text, timestamp) => {
  expect(toTimestamp(text)).toBe(timestamp);
});

it('knows how many days each month has', () => {
  const days = Array.from({ length: 99 }, (_, i) => String(i + 1).padStart(2, '0'));
  const counts = (year: number) =>
    days.slice(0, 13).map((month) => days.filter((day) => toTimestamp(`${year}-${month}-${day}`) === `${year}-${month}-${day}T00:00:00.000Z`).length);
  const taken = (year: number) => days.slice(0, 13).map((month) => days.filter((day) => toTimestamp(`${year}-${month}-${day}`) !== undefined).length);
  for (const [year, february] of [
    [2023, 28],
    [2024, 29],
    [1900, 28],
    [2000, 29],
  ] as const) {
    expect(counts(year)).toEqual([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0]);
    expect(taken(year)).toEqual(counts(year));
  }
});

it.each([
  '',
  'yesterday',
  '2024-02-30',
  '2023-02-29T10:00:00Z',
  '2024-00-01',
  '2024-01-00',
  '2026-1-3',
  '03/04/2026',
  '20260403',
  '1764288000',
  '2026-04-03 10:00:00Z',
  '2026-04-03T10:00:00',
  '2026-04-03T24:00:00Z',
  '2026-04-03T23:60:00Z',
  '2026-12-31T23:59:60Z',
  '2026-04-03T10:00:00+16:00',
  '2026-04-03T10:00:00+02',
  '2026-04-03T10:00:00+0200',
  '2026-04-03T10:00:00,5Z',
  '0999-12-31',
  '1000-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
  '2026-04-03\n',
])('takes %j for no time', (text) => {
  expect(toTimestamp(text)).toBeUndefined();
});
