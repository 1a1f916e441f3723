import { randomUUID } from 'node:crypto';
import { entities, type ImportTask, importTask, type List, type Task, type TaskExport } from '@todo/contract';
import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { readTaskFile, tasksToCsv, tasksToICalendar } from '../../import.ts';

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
const task = candidate
  .map(({ dueTime, timeZone, recurrence, reminders, ...rest }): ImportTask => {
    const due = rest.dueDate === undefined ? {} : { dueTime, recurrence, reminders, timeZone: dueTime === undefined ? undefined : timeZone };
    return { id: randomUUID(), ...rest, ...due };
  })
  .map((given) => importTask.safeParse(given).data)
  .filter((parsed) => parsed !== undefined);

const documentOf = (tasks: object[], lists: object[] = []): TaskExport => {
  const now = '2026-11-29T09:30:00.000Z';
  const stored = tasks.map((each): Task => JSON.parse(JSON.stringify({ ...each, createdAt: now, updatedAt: now, version: 1 })));
  return {
    format: 'todo-export',
    version: 3,
    exportedAt: now,
    upto: 1,
    wholeFrom: 1,
    lists: lists.map((each): List => JSON.parse(JSON.stringify({ ...each, createdAt: now, updatedAt: now, version: 1 }))),
    tasks: stored,
    history: [],
  };
};

const names = ['id', ...Object.keys(entities.task.fields)];
const declared = (tasks: object[]) =>
  tasks
    .map((each) => Object.fromEntries(Object.entries(each).filter(([name]) => names.includes(name))))
    .sort((a, b) => String(a.id).localeCompare(String(b.id)));

const formats: [string, (document: TaskExport) => string, string][] = [
  ['CSV', tasksToCsv, 'todo-csv'],
  ['iCalendar', tasksToICalendar, 'icalendar'],
  ['JSON', (document) => JSON.stringify(document), 'todo'],
];

describe.each(formats)('an export as %s', (_, write, kind) => {
  it('is read as the tasks that it was made of', () => {
    fc.assert(
      fc.property(fc.array(task, { minLength: 1, maxLength: 8 }), (tasks) => {
        const file = readTaskFile(new TextEncoder().encode(write(documentOf(tasks))), { timeZone: 'Asia/Tokyo' });
        expect({ ...file, tasks: declared(file.tasks) }).toEqual({ kind, lists: [], tasks: declared(tasks), problems: [], notes: [], ignored: [] });
      }),
      { numRuns: 200 },
    );
  });

  it('holds the lists that have tasks, and which task is below which', () => {
    const lists = ['Home', '=Work', 'Inbox'].map((name) => ({ id: randomUUID(), name, color: null, archivedAt: null }));
    const [top, below] = [randomUUID(), randomUUID()];
    const tasks = [
      ...lists.map(({ id, name }) => ({ id: randomUUID(), title: `In ${name}`, listId: id, parentId: null })),
      { id: below, title: 'Below', listId: lists[0]?.id, parentId: top },
      { id: top, title: 'Top', listId: lists[0]?.id, parentId: null },
    ];
    const file = readTaskFile(write(documentOf(tasks, lists)));
    expect(new Map(file.lists.map((list) => [list.id, list]))).toEqual(new Map(lists.map((list) => [list.id, expect.objectContaining(list)])));
    const places = (all: object[]) =>
      new Set(
        all.map((each) =>
          JSON.stringify(
            Object.entries(each)
              .filter(([name]) => /^(id|title|listId|parentId)$/.test(name))
              .sort(),
          ),
        ),
      );
    expect(places(file.tasks)).toEqual(places(tasks));
    expect(file.tasks.findIndex(({ id }) => id === top)).toBeLessThan(file.tasks.findIndex(({ id }) => id === below));
    expect([file.problems, file.notes]).toEqual([[], []]);
  });
});

it('no cell of a CSV export begins like a formula', () => {
  fc.assert(
    fc.property(fc.array(task, { minLength: 1, maxLength: 8 }), (tasks) => {
      const rows = Papa.parse<string[]>(tasksToCsv(documentOf(tasks)), { newline: '\r\n' }).data;
      expect(rows.flat().filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
    }),
  );
});
