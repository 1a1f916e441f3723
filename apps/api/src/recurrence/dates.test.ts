import { readRecurrence } from '@todo/contract';
import { RRuleTemporal } from 'rrule-temporal';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../testing/model/random.ts';
import { dateOf, dayOf, daysAfter } from './dates.ts';

const ruleOf = (text: string) => {
  const read = readRecurrence(text);
  if ('wrong' in read) throw new Error(`${text}: ${read.wrong}`);
  return read.rule;
};

/** The first `count` dates after `start`, from which INTERVAL counts. */
function ours(text: string, start: string, count: number): string[] {
  const dates: string[] = [];
  for (const day of daysAfter(ruleOf(text), dayOf(start), dayOf(start))) if (dates.push(dateOf(day)) >= count) break;
  return dates;
}

/** The same by rrule-temporal, of at most 1,000 periods; undefined if it gives up. */
function theirs(text: string, start: string, count: number): string[] | undefined {
  const rule = new RRuleTemporal({ rruleString: `DTSTART:${start.replaceAll('-', '')}T000000Z\nRRULE:${text}`, maxIterations: 1_000, cache: false });
  const dates: string[] = [];
  try {
    for (let at = start; dates.length < count; ) {
      const next = rule.next(new Date(`${at}T00:00:00Z`))?.toString() ?? '+';
      if (next.startsWith('+')) break;
      at = next.slice(0, 10);
      dates.push(at);
    }
  } catch {
    return undefined;
  }
  return dates;
}

const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/** A random rule and the date it begins with. Month ends, leap days and the ends of years are frequent. */
function randomRule(random: Random): { text: string; start: string } {
  const { below, one, some } = random;
  const inTenths = (tenths: number) => below(10) < tenths;
  const days = () => some(weekdays, 4).join();
  const nthDays = (nths: number[]) =>
    some(weekdays, 3)
      .map((day) => `${one(nths)}${day}`)
      .join();
  const mixedDays = () => `${days()},${nthDays([1, 2, 4, 5, -1, -2, -5])}`;
  const monthDays = () => some([1, 2, 10, 13, 15, 28, 29, 30, 31, -1, -2, -3, -31], 3).join();
  const months = () => some([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 4).join();
  const shapes = {
    DAILY: [() => '', () => `;BYDAY=${days()}`, () => `;BYMONTH=${months()}`, () => `;BYMONTHDAY=${monthDays()}`, () => `;BYMONTH=${months()};BYDAY=${days()}`],
    WEEKLY: [() => `;BYDAY=${days()}`, () => `;BYDAY=${days()};BYMONTH=${months()}`],
    MONTHLY: [
      () => `;BYMONTHDAY=${monthDays()}`,
      () => `;BYMONTHDAY=${[28, 29, 30, 31].slice(0, 2 + below(3)).join()};BYSETPOS=-1`,
      () => `;BYDAY=${days()}`,
      () => `;BYDAY=${mixedDays()}`,
      () => `;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=${one([1, -1, 3, -2])}`,
      () => `;BYMONTHDAY=${monthDays()};BYDAY=${days()}`,
      () => `;BYMONTHDAY=${monthDays()};BYMONTH=${months()}`,
    ],
    YEARLY: [
      () => `;BYMONTH=${months()};BYMONTHDAY=${monthDays()}`,
      () => `;BYMONTH=2;BYMONTHDAY=${one(['29', '28,29;BYSETPOS=-1', '-1'])}`,
      () => `;BYMONTH=${months()};BYDAY=${mixedDays()}`,
      // Without BYMONTH rrule-temporal drops plain days beside numbered ones, and counts a 53rd day into the next year.
      () => `;BYDAY=${one([days, () => nthDays([1, 2, 20, 52, -1, -2, -52])])()}`,
      () => `;BYYEARDAY=${some([1, 59, 60, 100, 365, 366, -1, -366, -307], 3).join()}`,
      () => `;BYMONTHDAY=${monthDays()};BYDAY=${days()};BYSETPOS=${one([1, -1, 2])}`,
    ],
  };
  const freq = one(['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const);
  const interval = inTenths(6) ? `;INTERVAL=${one([2, 3, 4, 6, 7, 11, 12, 13])}` : '';
  const weekStart = inTenths(3) ? `;WKST=${one(weekdays)}` : '';
  const start = inTenths(3)
    ? one(['2023-12-31', '2024-02-29', '2026-11-29', '2027-01-31', '2096-02-29', '2099-12-31'])
    : dateOf(dayOf('1995-01-01') + below(40_000));
  return { text: `FREQ=${freq}${interval}${one(shapes[freq])()}${weekStart}`, start };
}

describe('the dates of a rule', () => {
  it.each([1, 2, 3, 4])('are those of an unrelated implementation: seed %i, 750 random rules', (seed) => {
    const random = createRandom(seed);
    let compared = 0;
    for (let i = 0; i < 750; i += 1) {
      const { text, start } = randomRule(random);
      const expected = theirs(text, start, 8);
      const dates = ours(text, start, 8);
      if (!expected) continue;
      // Ours end after 13 years without a date, or with the year 9999.
      expect({ text, start, dates }).toEqual({ text, start, dates: expected.slice(0, dates.length) });
      if (expected[0] && expected[0].slice(0, 4) < `${Number(start.slice(0, 4)) + 12}`) expect({ text, start, dates }).not.toMatchObject({ dates: [] });
      compared += dates.length;
    }
    expect(compared).toBeGreaterThan(4_000);
  });

  it.each([
    ['FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=28,29;BYSETPOS=-1', '2026-11-29', ['2027-02-28', '2027-05-29', '2027-08-29', '2027-11-29', '2028-02-29']],
    ['FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1', '2027-12-31', ['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30']],
    ['FREQ=MONTHLY;BYMONTHDAY=-1', '2026-12-31', ['2027-01-31', '2027-02-28', '2027-03-31', '2027-04-30']],
    ['FREQ=MONTHLY;BYMONTHDAY=31', '2026-08-31', ['2026-10-31', '2026-12-31', '2027-01-31', '2027-03-31']],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', '2096-02-29', ['2104-02-29', '2108-02-29']],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1', '2028-02-29', ['2029-02-28', '2030-02-28', '2031-02-28', '2032-02-29']],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=13;BYDAY=FR', '2026-02-13', ['2032-02-13']],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=13;BYDAY=FR', '2048-03-01', ['2054-02-13']],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU', '2026-11-30', ['2026-12-06', '2026-12-14', '2026-12-20']],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU', '2026-11-30', ['2026-12-13', '2026-12-14', '2026-12-27']],
    ['FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1', '2026-11-29', ['2026-12-04', '2026-12-11']],
    ['FREQ=YEARLY;BYDAY=53FR', '2026-11-29', ['2027-12-31', '2032-12-31']],
    ['FREQ=YEARLY;BYDAY=SU,1TH;BYMONTH=11;BYSETPOS=1', '2026-11-29', ['2027-11-04', '2028-11-02']],
    ['FREQ=DAILY', '9999-12-30', ['9999-12-31']],
    ['FREQ=DAILY', '9999-12-31', []],
    ['FREQ=YEARLY;INTERVAL=999;BYMONTH=1;BYMONTHDAY=1', '8000-01-01', ['8999-01-01', '9998-01-01']],
    ['FREQ=WEEKLY;BYDAY=MO', '1000-01-01', ['1000-01-06', '1000-01-13']],
  ] as [string, string, string[]][])('%s from %s', (text, start, expected) => {
    expect(ours(text, start, Math.max(expected.length, 1))).toEqual(expected);
  });

  it.each([
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO',
    'FREQ=MONTHLY;INTERVAL=12;BYMONTH=2;BYMONTHDAY=31',
    'FREQ=DAILY;INTERVAL=7;BYDAY=SA',
    'FREQ=DAILY;INTERVAL=999;BYMONTH=2;BYMONTHDAY=30,31',
    'FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2',
    'FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=1MO',
    'FREQ=YEARLY;BYDAY=1MO,2TU;BYSETPOS=300',
  ])('%s has none, which is known after 5,000 days', (text) => {
    expect(ours(text, '2026-11-29', 1)).toEqual([]);
  });

  it('are found without walking through those before', () => {
    const days = daysAfter(ruleOf('FREQ=DAILY;INTERVAL=7'), dayOf('1000-01-01'), dayOf('9990-01-01'));
    expect((Number(days.next().value) - dayOf('1000-01-01')) % 7).toBe(0);
    expect([...daysAfter(ruleOf('FREQ=DAILY'), dayOf('1000-01-01'), dayOf('1000-01-01'))]).toHaveLength(4_999);
  });
});
