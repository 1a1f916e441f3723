import { procedures } from '@todo/contract';
import { RRuleTemporal } from 'rrule-temporal';
import { expect, it } from 'vitest';
import { createRandom } from '../testing/model/writers.ts';
import { nextOccurrence } from './next.ts';
import { dateIn } from './today.ts';

const zones = ['America/Los_Angeles', 'Europe/Lisbon', 'Pacific/Auckland'];
/** Each has a change of the clocks in that year. Times that a change leaves out are no due times here. */
const times = ['00:30', '09:30', '23:45'];

const fromDue = [
  'FREQ=DAILY',
  'FREQ=DAILY;INTERVAL=3',
  'FREQ=DAILY;INTERVAL=10;COUNT=12',
  'FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR',
  'FREQ=DAILY;BYMONTH=1,2,12',
  'FREQ=WEEKLY',
  'FREQ=WEEKLY;INTERVAL=2',
  'FREQ=WEEKLY;BYDAY=MO,WE,FR',
  'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU',
  'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU',
  'FREQ=WEEKLY;INTERVAL=3;BYDAY=TU,SA;COUNT=20',
  'FREQ=WEEKLY;BYDAY=SA;UNTIL=20270630',
  'FREQ=MONTHLY',
  'FREQ=MONTHLY;INTERVAL=3',
  'FREQ=MONTHLY;BYMONTHDAY=-1',
  'FREQ=MONTHLY;BYMONTHDAY=31',
  'FREQ=MONTHLY;BYMONTHDAY=1,15',
  'FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR',
  'FREQ=MONTHLY;BYDAY=2TU',
  'FREQ=MONTHLY;BYDAY=-1FR;COUNT=6',
  'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
  'FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,3MO',
  'FREQ=YEARLY',
  'FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=-1',
  'FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU',
  'FREQ=YEARLY;BYYEARDAY=1,100,-1',
  'FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=5;UNTIL=20270705',
];
const fromCompletion = [
  'FREQ=DAILY',
  'FREQ=DAILY;INTERVAL=4',
  'FREQ=DAILY;INTERVAL=9;COUNT=8',
  'FREQ=WEEKLY',
  'FREQ=WEEKLY;INTERVAL=2',
  'FREQ=WEEKLY;BYDAY=SA,SU',
];
const more = ['FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=28,29,30;BYSETPOS=-1', 'FREQ=WEEKLY;BYDAY=TH', 'FREQ=DAILY;INTERVAL=2', 'FREQ=MONTHLY;BYDAY=1SA,3SA'];
const last = ['FREQ=MONTHLY;BYMONTHDAY=15', 'FREQ=MONTHLY;BYDAY=1MO', 'FREQ=MONTHLY;BYMONTHDAY=-1'];

const all = [
  ...[...fromDue, ...more].map((rule) => ({ rule, repeatFrom: 'due' as const })),
  ...[...fromCompletion, ...last].map((rule) => ({ rule, repeatFrom: 'completion' as const })),
];

/** The first dates of a rule in its time zone from `start` on, by rrule-temporal, which is given the local time. */
function datesOf(rule: string, start: string, { time, zone }: { time: string; zone: string }, most = 500): string[] {
  const begin = `DTSTART;TZID=${zone}:${start.replaceAll('-', '')}T${time.replace(':', '')}00`;
  const until = /;UNTIL=(\d{8})/.exec(rule)?.[1] ?? '29990101';
  const dates: string[] = [];
  new RRuleTemporal({ rruleString: `${begin}\nRRULE:${rule.replace(/;UNTIL=\d+/, '')}`, maxIterations: 20_000 }).all((date) => {
    dates.push(date.toString().slice(0, 10));
    return dates.length < most;
  });
  return dates.filter((date) => date.replaceAll('-', '') <= until);
}

it('gives forty tasks in three time zones the dates of an unrelated implementation for a year', () => {
  const random = createRandom(2027);
  const tasks = all.map(({ rule, repeatFrom }, i) => {
    const [zone = '', time = ''] = [zones[i % 3], times[(i + Math.floor(i / 3)) % 3]];
    const anchor = { zone, time };
    const isPlain = !rule.includes('BY');
    const dueDate = isPlain ? `2026-11-${28 + random.below(3)}` : (datesOf(rule.replace(/;COUNT=\d+/, ''), '2026-11-28', anchor, 1)[0] ?? '');
    const { recurrence } = procedures.tasks.create.input.parse({ title: rule, dueDate, recurrence: rule, repeatFrom });
    if (!recurrence) throw new Error(rule);
    const dates = datesOf(recurrence, dueDate, anchor);
    return {
      ...anchor,
      dates,
      left: Number(/COUNT=(\d+)/.exec(rule)?.[1] ?? 1_000),
      now: { recurrence, dueDate, repeatFrom, startDate: null },
      moves: 0,
      isOpen: true,
    };
  });
  expect(tasks).toHaveLength(40);

  for (let at = Date.UTC(2026, 10, 28, 12); at < Date.UTC(2027, 10, 30); at += 1_800_000 * (1 + random.below(24)))
    for (const task of tasks.filter(({ isOpen }) => isOpen)) {
      const on = dateIn(task.zone, new Date(at));
      const { dueDate, recurrence, repeatFrom } = task.now;
      if (dueDate > on || random.below(3) === 0) continue;
      task.left -= 1;
      const anew = () => datesOf(recurrence.replace(/;COUNT=\d+/, ''), on, task, 3).find((date) => date > on && date !== dueDate);
      const expected = repeatFrom === 'due' ? task.dates.find((date) => date > dueDate && date >= on) : task.left > 0 ? anew() : undefined;
      const moved = nextOccurrence(task.now, on);
      expect([recurrence, dueDate, on, moved?.dueDate]).toEqual([recurrence, dueDate, on, expected]);
      task.moves += 1;
      if (moved?.dueDate && moved.recurrence) task.now = { ...task.now, dueDate: moved.dueDate, recurrence: moved.recurrence };
      else task.isOpen = false;
    }

  const moves = tasks.reduce((sum, task) => sum + task.moves, 0);
  expect(moves).toBeGreaterThan(1_500);
  expect(tasks.filter(({ isOpen }) => !isOpen)).toHaveLength(6);
});
