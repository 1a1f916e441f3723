import { randomUUID } from 'node:crypto';
import { entities, type List, type Task, type TaskExport } from '@todo/contract';
import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { readTaskFile, tasksToCsv, tasksToICalendar } from '../../import.ts';
import { task } from '../../testing/random.ts';

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
