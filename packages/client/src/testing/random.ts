import { randomUUID } from 'node:crypto';
import { type ImportTask, importTask, TASK_MAX_LEVELS } from '@todo/contract';
import fc from 'fast-check';

/** A file has one kind of line end, so a task that was exported and imported has one too. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '=1+1',
      "'=1+1",
      '-',
      '+',
      '@home',
      "'",
      'a\nb',
      ' "a", b; c\\n\\,',
      '\ufeff',
      '\t',
      'Date: x',
      'e\u0301',
      'BEGIN:VTODO\nEND:VTODO',
      'sep=;',
      'a\\',
    ),
  )
  .map((value) => value.normalize('NFC').replaceAll('\r', '').replaceAll('\0', ''))
  .filter((value) => value.isWellFormed());
const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined });
const date = fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
const day = date.map((value) => value.toISOString().slice(0, 10));

/** Positions tie now and then. */
const position = optional(fc.constantFrom('Zz', 'a0', 'a0V', 'a1', 'b00'));

const candidate = fc.record({
  title: text,
  description: text,
  priority: fc.constantFrom('none' as const, 'low' as const, 'medium' as const, 'high' as const),
  labels: fc.array(text, { maxLength: 5 }),
  startDate: optional(day),
  dueDate: optional(day),
  dueTime: optional(fc.constantFrom('00:00', '09:30', '23:59')),
  timeZone: optional(fc.constantFrom('Europe/Lisbon', 'America/New_York', 'Asia/Kathmandu', 'UTC')),
  recurrence: optional(
    fc.constantFrom('FREQ=DAILY', 'FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1', 'FREQ=WEEKLY;BYDAY=MO,TH;COUNT=3', 'FREQ=DAILY;UNTIL=20301231'),
  ),
  repeatFrom: fc.constantFrom('due' as const, 'completion' as const),
  reminders: fc.uniqueArray(fc.integer({ min: 0, max: 525_600 }), { maxLength: 5 }),
  completedAt: optional(date.map((value) => value.toISOString())),
});

/** Tasks as the contract takes them. What requires another field and lacks it is left out. */
export const task = candidate
  .map(({ dueTime, timeZone, recurrence, reminders, ...rest }): ImportTask => {
    const due = rest.dueDate === undefined ? {} : { dueTime, recurrence, reminders, timeZone: dueTime === undefined ? undefined : timeZone };
    return { id: randomUUID(), ...rest, ...due };
  })
  .map((given) => importTask.safeParse(given).data)
  .filter((parsed) => parsed !== undefined);

const list = fc.record({
  id: fc.uuid(),
  name: fc.constantFrom('Home', 'Work', '=1+1', 'Caf\u00e9'),
  color: fc.option(fc.constantFrom('#1e90ff', '#000000')),
  position,
  archivedAt: fc.option(date.map((value) => value.toISOString())),
});

interface Placed extends ImportTask {
  listId: string | null;
  parentId: string | null;
}

/** Lists, and tasks in them and below each other, each after its parent. */
export const content = fc
  .record({
    lists: fc.uniqueArray(list, { maxLength: 3, selector: ({ id }) => id }),
    drawn: fc.array(fc.record({ given: task, position, place: fc.nat(), parent: fc.option(fc.nat()) }), { maxLength: 12 }),
  })
  .map(({ lists, drawn }) => {
    const tasks: Placed[] = [];
    const levels = new Map<string, number>();
    for (const { given, position, place, parent } of drawn) {
      const above = parent === null ? undefined : tasks[parent % (tasks.length + 1)];
      const level = (above ? (levels.get(above.id) ?? 0) : 0) + 1;
      const inParent = above && level <= TASK_MAX_LEVELS ? { listId: above.listId, parentId: above.id } : undefined;
      tasks.push({ ...given, position, ...(inParent ?? { listId: lists[place % (lists.length + 1)]?.id ?? null, parentId: null }) });
      levels.set(given.id, inParent ? level : 1);
    }
    return { lists, tasks };
  });
