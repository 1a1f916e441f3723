import { describe, expect, it } from 'vitest';
import { nextOccurrence } from './next.ts';

const task = (recurrence: string, dueDate: string, repeatFrom: 'due' | 'completion' = 'due') => ({ recurrence, dueDate, repeatFrom, startDate: null });
const move = (recurrence: string, dueDate: string, on: string, repeatFrom: 'due' | 'completion' = 'due') => {
  const moved = nextOccurrence(task(recurrence, dueDate, repeatFrom), on);
  return moved && [moved.dueDate, moved.recurrence];
};

describe('the next date from the due date', () => {
  it.each([
    ['FREQ=DAILY', '2026-11-29', '2026-11-29', '2026-11-30', 'FREQ=DAILY'],
    ['FREQ=DAILY', '2026-11-29', '2026-11-20', '2026-11-30', 'FREQ=DAILY'],
    ['FREQ=DAILY', '2026-11-29', '2026-12-24', '2026-12-24', 'FREQ=DAILY'],
    ['FREQ=DAILY;INTERVAL=3', '2026-11-29', '2026-12-24', '2026-12-26', 'FREQ=DAILY;INTERVAL=3'],
    ['FREQ=WEEKLY;BYDAY=MO', '2026-11-30', '2026-12-02', '2026-12-07', 'FREQ=WEEKLY;BYDAY=MO'],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU', '2026-12-06', '2026-12-06', '2026-12-14', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU'],
    // Moved by hand to a Wednesday, it goes on with Mondays.
    ['FREQ=WEEKLY;BYDAY=MO', '2026-12-02', '2026-12-02', '2026-12-07', 'FREQ=WEEKLY;BYDAY=MO'],
    ['FREQ=MONTHLY', '2027-01-31', '2027-01-31', '2027-02-28', 'FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1'],
    ['FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1', '2027-02-28', '2027-03-02', '2027-03-31', 'FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1'],
    ['FREQ=DAILY;UNTIL=20261201', '2026-11-30', '2026-11-30', '2026-12-01', 'FREQ=DAILY;UNTIL=20261201'],
    ['FREQ=DAILY;COUNT=5', '2026-11-29', '2026-11-29', '2026-11-30', 'FREQ=DAILY;COUNT=4'],
    ['FREQ=DAILY;COUNT=5', '2026-11-29', '2026-12-02', '2026-12-02', 'FREQ=DAILY;COUNT=2'],
    ['FREQ=DAILY;COUNT=2', '2026-11-29', '2026-11-29', '2026-11-30', 'FREQ=DAILY;COUNT=1'],
    ['FREQ=WEEKLY;BYDAY=MO,TH;COUNT=9', '2026-11-29', '2026-12-08', '2026-12-10', 'FREQ=WEEKLY;BYDAY=MO,TH;COUNT=5'],
  ])('of %s due on %s, completed on %s, is %s', (recurrence, dueDate, on, next, left) => {
    expect(move(recurrence, dueDate, on)).toEqual([next, left]);
  });

  it.each([
    ['FREQ=DAILY;COUNT=1', '2026-11-29', '2026-11-29'],
    ['FREQ=DAILY;COUNT=3', '2026-11-29', '2026-12-02'],
    ['FREQ=DAILY;UNTIL=20261129', '2026-11-29', '2026-11-29'],
    ['FREQ=WEEKLY;BYDAY=MO;UNTIL=20261206', '2026-11-30', '2026-11-30'],
    ['FREQ=DAILY', '9999-12-31', '2026-11-29'],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', '2026-11-29', '2026-11-29'],
    ['FREQ=DAILY;COUNT=9999', '1000-01-01', '9999-12-31'],
    ['twice a day', '2026-11-29', '2026-11-29'],
  ])('is none for %s due on %s, completed on %s', (recurrence, dueDate, on) => {
    expect(move(recurrence, dueDate, on)).toBeNull();
  });
});

describe('the next date from the completion', () => {
  it.each([
    ['FREQ=DAILY;INTERVAL=3', '2026-11-20', '2026-11-29', '2026-12-02', 'FREQ=DAILY;INTERVAL=3'],
    ['FREQ=DAILY;INTERVAL=3', '2026-12-10', '2026-11-29', '2026-12-02', 'FREQ=DAILY;INTERVAL=3'],
    ['FREQ=WEEKLY', '2026-11-30', '2026-12-02', '2026-12-09', 'FREQ=WEEKLY'],
    // The date it has already is passed over.
    ['FREQ=WEEKLY', '2026-12-09', '2026-12-02', '2026-12-16', 'FREQ=WEEKLY'],
    ['FREQ=MONTHLY', '2026-11-30', '2027-01-31', '2027-02-28', 'FREQ=MONTHLY'],
    ['FREQ=YEARLY', '2026-11-30', '2028-02-29', '2029-02-28', 'FREQ=YEARLY'],
    ['FREQ=WEEKLY;BYDAY=MO', '2026-11-30', '2026-12-02', '2026-12-07', 'FREQ=WEEKLY;BYDAY=MO'],
    ['FREQ=MONTHLY;BYMONTHDAY=15', '2026-10-15', '2026-11-29', '2026-12-15', 'FREQ=MONTHLY;BYMONTHDAY=15'],
    ['FREQ=DAILY;COUNT=5', '2026-11-29', '2026-12-24', '2026-12-25', 'FREQ=DAILY;COUNT=4'],
  ])('of %s due on %s, completed on %s, is %s', (recurrence, dueDate, on, next, left) => {
    expect(move(recurrence, dueDate, on, 'completion')).toEqual([next, left]);
  });

  it.each(['FREQ=DAILY;COUNT=1', 'FREQ=DAILY;UNTIL=20261129'])('is none for %s', (recurrence) => {
    expect(move(recurrence, '2026-11-29', '2026-11-29', 'completion')).toBeNull();
  });

  it('is counted from the due date when a date is skipped, and the rule stays without days', () => {
    const skipped = nextOccurrence(task('FREQ=MONTHLY;COUNT=5', '2026-10-30', 'completion'), '2026-12-24', 'due');
    expect(skipped).toEqual({ dueDate: '2026-12-30', startDate: null, recurrence: 'FREQ=MONTHLY;COUNT=3' });
  });
});

it('moves the start date by as many days as the due date, and drops one that no year has', () => {
  const start = (startDate: string, dueDate: string) => nextOccurrence({ ...task('FREQ=MONTHLY;BYMONTHDAY=31', dueDate), startDate }, dueDate)?.startDate;
  expect(start('2026-12-24', '2026-12-31')).toBe('2027-01-24');
  expect(start('2027-02-03', '2027-01-31')).toBe('2027-04-03');
  expect(start('9999-12-30', '2026-12-31')).toBeNull();
});
