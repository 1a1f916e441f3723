import { RRuleTemporal } from 'rrule-temporal';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dateIn } from '../recurrence/today.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { createRandom } from '../testing/model/random.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

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
    const day = date.toString().slice(0, 10);
    dates.push(day);
    return dates.length < most && day < '2029';
  });
  return dates.filter((date) => date.replaceAll('-', '') <= until);
}

it('gives forty tasks in three time zones the dates of an unrelated implementation for a year', async () => {
  const random = createRandom(2027);
  const person = await api.signUp();
  const { tasks } = person.client.jwt;
  const given = all.map(({ rule, repeatFrom }, i) => {
    const [zone = '', time = ''] = [zones[i % 3], times[(i + Math.floor(i / 3)) % 3]];
    const anchor = { zone, time };
    const isPlain = !rule.includes('BY');
    const dueDate = isPlain ? `2026-11-${28 + random.below(3)}` : (datesOf(rule.replace(/;COUNT=\d+/, ''), '2026-11-28', anchor, 1)[0] ?? '');
    return { ...anchor, title: rule, dueDate, repeatFrom };
  });
  const made = await tasks.createMany.mutate({
    tasks: given.map(({ title, zone, time, ...rest }) => ({ ...rest, title, recurrence: title, timeZone: zone, dueTime: time })),
  });
  const lives = given.map((anchor, i) => {
    const task = made.tasks[i];
    if (!task?.recurrence) throw new Error(anchor.title);
    const dates = datesOf(task.recurrence, anchor.dueDate, anchor);
    return { ...anchor, dates, left: Number(/COUNT=(\d+)/.exec(anchor.title)?.[1] ?? 1_000), task, moves: 0 };
  });
  expect(lives).toHaveLength(40);

  async function complete(life: (typeof lives)[number], on: string) {
    const { task, dates, repeatFrom } = life;
    const { id, dueDate, recurrence } = task;
    if (!dueDate || !recurrence) throw new Error(task.title);
    const anew = () => datesOf(recurrence.replace(/;COUNT=\d+/, ''), on, life, 3).find((date) => date > on && date !== dueDate);
    life.left -= 1;
    life.moves += 1;
    const next = repeatFrom === 'due' ? dates.find((date) => date > dueDate && date >= on) : life.left > 0 ? anew() : undefined;
    life.task = await tasks.complete.mutate({ id, on });
    expect([recurrence, dueDate, on, life.task.dueDate, life.task.completedAt === null]).toEqual([
      recurrence,
      dueDate,
      on,
      next ?? dueDate,
      next !== undefined,
    ]);
  }

  for (let at = Date.UTC(2026, 10, 28, 12); at < Date.UTC(2027, 10, 30); at += 1_800_000 * (1 + random.below(96))) {
    const now = new Date(at);
    const isDue = ({ task: { dueDate, completedAt }, zone }: (typeof lives)[number]) =>
      completedAt === null && dueDate !== null && dueDate <= dateIn(zone, now);
    const chosen = lives.filter((life) => isDue(life) && random.below(3) > 0);
    await Promise.all(chosen.map((life) => complete(life, dateIn(life.zone, now))));
  }

  expect(lives.reduce((sum, { moves }) => sum + moves, 0)).toBeGreaterThan(800);
  expect(lives.filter(({ task }) => task.completedAt !== null)).toHaveLength(6);
  expect(await tasks.counts.query()).toMatchObject({ open: 34, completed: 6 });
  expect(await api.database.verifyLog(person.userId)).not.toHaveProperty('fault');
});
