import { describe, expect, it } from 'vitest';
import { procedures } from './index.ts';

const id = '0196b8f0-5c1a-7f3e-8a4b-1c2d3e4f5a6b';
const rule = (recurrence: string, fields: object = {}) => {
  const read = procedures.tasks.create.input.safeParse({ title: 'A', dueDate: '2026-11-30', repeatFrom: 'completion', recurrence, ...fields });
  return read.data ? read.data.recurrence : read.error?.issues.map(({ path, message }) => `${path.join()}: ${message}`);
};
const saved = (recurrence: string, dueDate: string) => rule(recurrence, { dueDate, repeatFrom: 'due' });
const edited = (fields: object) => {
  const read = procedures.tasks.edit.input.safeParse({ id, ...fields });
  return read.data ?? read.error?.issues.map(({ path, message }) => `${path.join()}: ${message}`);
};

describe('a rule', () => {
  it.each([
    ['freq=daily', 'FREQ=DAILY'],
    ['INTERVAL=1;FREQ=DAILY', 'FREQ=DAILY'],
    ['WKST=SU;BYDAY=FR,MO,TU;INTERVAL=02;FREQ=WEEKLY', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,FR;WKST=SU'],
    ['FREQ=WEEKLY;WKST=MO;BYDAY=MO,MO', 'FREQ=WEEKLY;BYDAY=MO'],
    ['FREQ=MONTHLY;BYDAY=-1FR,+2MO,SU', 'FREQ=MONTHLY;BYDAY=SU,2MO,-1FR'],
    ['FREQ=MONTHLY;BYSETPOS=-1;BYMONTHDAY=30,28,29', 'FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1'],
    ['FREQ=MONTHLY;BYMONTHDAY=-1,15,-3', 'FREQ=MONTHLY;BYMONTHDAY=15,-3,-1'],
    ['FREQ=YEARLY;BYDAY=53TH,-53WE', 'FREQ=YEARLY;BYDAY=53TH,-53WE'],
    ['FREQ=YEARLY;BYYEARDAY=-1,100', 'FREQ=YEARLY;BYYEARDAY=100,-1'],
    ['FREQ=DAILY;UNTIL=20280229', 'FREQ=DAILY;UNTIL=20280229'],
    ['FREQ=DAILY;BYMONTH=12,1;BYDAY=SA;COUNT=9999;INTERVAL=999', 'FREQ=DAILY;INTERVAL=999;BYMONTH=1,12;BYDAY=SA;COUNT=9999'],
  ])('%s is saved as %s', (given, expected) => {
    expect(rule(given)).toBe(expected);
    expect(rule(expected)).toBe(expected);
  });

  it.each([
    ['', 'must be a recurrence rule'],
    ['every other Monday', 'must be a recurrence rule'],
    ['RRULE:FREQ=DAILY', 'must be a recurrence rule'],
    ['FREQ=DAILY;', 'must be a recurrence rule'],
    ['FREQ=DAILY;BYHOUR=9', 'must be a recurrence rule'],
    ['FREQ=YEARLY;BYWEEKNO=20', 'must be a recurrence rule'],
    ['FREQ=DAILY;RSCALE=CHINESE', 'must be a recurrence rule'],
    ['INTERVAL=2', 'FREQ must be'],
    ['FREQ=HOURLY', 'FREQ must be'],
    ['FREQ=DAILY;FREQ=DAILY', 'FREQ must not be repeated'],
    ['FREQ=DAILY;INTERVAL=', 'INTERVAL must have one value'],
    ['FREQ=DAILY=', 'FREQ must have one value'],
    ['FREQ=DAILY;INTERVAL=0', 'INTERVAL must be 1 to 999'],
    ['FREQ=DAILY;INTERVAL=1000', 'INTERVAL must be 1 to 999'],
    ['FREQ=DAILY;INTERVAL=-1', 'INTERVAL must be 1 to 999'],
    ['FREQ=DAILY;INTERVAL=1.5', 'INTERVAL must be 1 to 999'],
    ['FREQ=DAILY;COUNT=10000', 'COUNT must be 1 to 9999'],
    ['FREQ=DAILY;COUNT=2;UNTIL=20270101', 'COUNT cannot be combined with UNTIL'],
    ['FREQ=DAILY;UNTIL=20270101T090000Z', 'UNTIL must be a date'],
    ['FREQ=DAILY;UNTIL=20270229', 'UNTIL must be a date'],
    ['FREQ=WEEKLY;BYDAY=XX', 'BYDAY must name days'],
    ['FREQ=WEEKLY;BYDAY=MO,', 'BYDAY must name days'],
    ['FREQ=WEEKLY;BYDAY=1MO', 'BYDAY may have numbers'],
    ['FREQ=DAILY;BYDAY=-1FR', 'BYDAY may have numbers'],
    ['FREQ=MONTHLY;BYDAY=6MO', 'the number in BYDAY must be'],
    ['FREQ=MONTHLY;BYDAY=0MO', 'the number in BYDAY must be'],
    ['FREQ=YEARLY;BYMONTH=1;BYDAY=6MO', 'the number in BYDAY must be'],
    ['FREQ=WEEKLY;BYDAY=MO;WKST=1MO', 'WKST must name days'],
    ['FREQ=WEEKLY;BYMONTHDAY=1', 'BYMONTHDAY cannot be combined with FREQ=WEEKLY'],
    ['FREQ=MONTHLY;BYYEARDAY=1', 'BYYEARDAY cannot be combined with FREQ=MONTHLY'],
    ['FREQ=DAILY;BYMONTH=1;BYSETPOS=1', 'BYSETPOS cannot be combined with FREQ=DAILY'],
    ['FREQ=MONTHLY;BYSETPOS=1', 'BYSETPOS needs another part'],
    ['FREQ=WEEKLY;BYDAY=MO;BYSETPOS=8', 'BYSETPOS must be'],
    ['FREQ=MONTHLY;BYMONTHDAY=32', 'BYMONTHDAY must be'],
    ['FREQ=MONTHLY;BYMONTHDAY=0', 'BYMONTHDAY must be'],
    ['FREQ=YEARLY;BYMONTH=13', 'BYMONTH must be'],
    ['FREQ=DAILY;BYMONTH='.padEnd(501, '1,'), 'Too big'],
  ])('%s is refused: %s', (given, message) => {
    expect(rule(given)).toEqual([expect.stringMatching(new RegExp(`^recurrence: ${message}`))]);
  });
});

describe('a rule without days', () => {
  it.each([
    ['FREQ=DAILY;INTERVAL=3', '2026-11-30', 'FREQ=DAILY;INTERVAL=3'],
    ['FREQ=WEEKLY', '2026-11-30', 'FREQ=WEEKLY;BYDAY=MO'],
    ['FREQ=WEEKLY;BYMONTH=1', '2026-11-29', 'FREQ=WEEKLY;BYMONTH=1;BYDAY=SU'],
    ['FREQ=MONTHLY;INTERVAL=2', '2026-11-28', 'FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=28'],
    ['FREQ=MONTHLY;COUNT=3', '2026-11-30', 'FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1;COUNT=3'],
    ['FREQ=MONTHLY', '2026-12-31', 'FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1'],
    ['FREQ=YEARLY', '2026-11-05', 'FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=5'],
    ['FREQ=YEARLY', '2028-02-29', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1'],
    ['FREQ=YEARLY;BYMONTH=4', '2026-01-31', 'FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=28,29,30,31;BYSETPOS=-1'],
    ['FREQ=YEARLY;BYMONTH=3,6', '2026-01-31', 'FREQ=YEARLY;BYMONTH=3,6;BYMONTHDAY=31'],
    ['FREQ=YEARLY;BYMONTH=3,6;BYSETPOS=1', '2026-01-31', 'FREQ=YEARLY;BYMONTH=3,6;BYMONTHDAY=31;BYSETPOS=1'],
  ])('%s due on %s is saved as %s', (given, dueDate, expected) => {
    expect(saved(given, dueDate)).toBe(expected);
    expect(edited({ recurrence: given, dueDate, repeatFrom: 'due' })).toMatchObject({ recurrence: expected });
    expect(edited({ recurrence: given, dueDate })).toMatchObject({ recurrence: given });
  });

  it('is refused by an edit without a due date, and stays as it is from completion', () => {
    const needs = ['recurrence: needs BYDAY or BYMONTHDAY, or a dueDate in the same call to take them from'];
    expect(edited({ recurrence: 'FREQ=MONTHLY' })).toEqual(needs);
    expect(edited({ recurrence: 'FREQ=DAILY' })).toEqual({ id, recurrence: 'FREQ=DAILY' });
    expect(edited({ recurrence: 'FREQ=MONTHLY', repeatFrom: 'completion' })).toMatchObject({ recurrence: 'FREQ=MONTHLY' });
    expect(rule('FREQ=MONTHLY')).toBe('FREQ=MONTHLY');
    expect(edited({ dueDate: '2026-11-30' })).toEqual({ id, dueDate: '2026-11-30' });
  });
});
