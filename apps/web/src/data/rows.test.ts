import type { List, Task } from '@todo/client';
import { expect, it } from 'vitest';
import { countsOf } from './counts.ts';
import type { View } from './navigation.ts';
import { completedIn, type Everything, groupsOf } from './rows.ts';

const TODAY = '2026-03-10';

function taskOf(id: string, fields: Partial<Task> = {}): Task {
  const at = '2026-03-01T08:00:00.000Z';
  const dates = { startDate: null, dueDate: null, dueTime: null, timeZone: null, recurrence: null, repeatFrom: 'due' as const, reminders: [] };
  const place = { listId: null, parentId: null, position: id, completedAt: null };
  return { id, title: id, description: '', priority: 'none', labels: [], ...dates, ...place, createdAt: at, updatedAt: at, version: 1, ...fields };
}

function listOf(id: string, fields: Partial<List> = {}): List {
  const at = '2026-03-01T08:00:00.000Z';
  return { id, name: id, color: null, position: id, archivedAt: null, createdAt: at, updatedAt: at, version: 1, ...fields };
}

const byId = <Row extends { id: string }>(rows: Row[]) => new Map(rows.map((row) => [row.id, row]));
const everything = (tasks: Task[], lists: List[] = [], collapsed: string[] = []): Everything => ({
  tasks: byId(tasks),
  lists: byId(lists),
  today: TODAY,
  collapsed: new Set(collapsed),
});

/** Headings and titles of a view, with a dash for each level. */
const shown = (view: View, all: Everything) =>
  groupsOf(view, all).flatMap(({ title, rows }) => [...(title ? [`# ${title}`] : []), ...rows.map(({ level, task }) => `${'- '.repeat(level)}${task.title}`)]);

it('a list shows its open tasks in their order, each followed by its subtasks', () => {
  const tasks = [taskOf('b'), taskOf('a'), taskOf('a2', { parentId: 'a' }), taskOf('a1', { parentId: 'a' }), taskOf('a11', { parentId: 'a1' })];
  const elsewhere = taskOf('x', { listId: 'home' });
  const all = everything([...tasks, elsewhere], [listOf('home')]);
  expect(shown({ kind: 'inbox' }, all)).toEqual(['a', '- a1', '- - a11', '- a2', 'b']);
  expect(shown({ kind: 'list', name: 'home' }, all)).toEqual(['x']);
  expect(shown({ kind: 'inbox' }, { ...all, collapsed: new Set(['a1']) })).toEqual(['a', '- a1', '- a2', 'b']);
});

it('an open subtask of a completed task is at the top, and completed tasks are apart', () => {
  const done = { completedAt: '2026-03-09T10:00:00.000Z' };
  const all = everything([taskOf('a', done), taskOf('a1', { parentId: 'a' }), taskOf('b'), taskOf('b1', { parentId: 'b', ...done })]);
  expect(shown({ kind: 'inbox' }, all)).toEqual(['a1', 'b']);
  expect(groupsOf({ kind: 'inbox' }, all)[0]?.rows[1]).toMatchObject({ parts: 1, partsDone: 1 });
  expect(completedIn(null, all).map(({ id }) => id)).toEqual(['a', 'b1']);
});

it('today shows what is late before what is due today, by time; upcoming shows the days after; neither shows archived lists', () => {
  const due = (id: string, dueDate: string, more: Partial<Task> = {}) => taskOf(id, { dueDate, ...more });
  const tasks = [
    due('late', '2026-03-08'),
    due('noon', TODAY, { dueTime: '12:00' }),
    due('morning', TODAY, { dueTime: '08:00' }),
    due('urgent', TODAY, { priority: 'high' }),
    due('some time', TODAY),
    due('soon', '2026-03-11'),
    due('later', '2026-03-14'),
    due('hidden', TODAY, { listId: 'old' }),
  ];
  const all = everything(tasks, [listOf('old', { archivedAt: '2026-03-01T08:00:00.000Z' })]);
  expect(shown({ kind: 'today' }, all)).toEqual(['# Overdue', 'late', '# Today', 'morning', 'noon', 'urgent', 'some time']);
  expect(shown({ kind: 'upcoming' }, all).filter((line) => !line.startsWith('#'))).toEqual(['soon', 'later']);
  expect(shown({ kind: 'upcoming' }, all)[0]).toMatch(/^# Tomorrow · /);
  expect(countsOf(all)).toMatchObject({ inbox: 7, today: 5, late: 1 });
});

it('labels are found whatever their case, and every word of a search must occur in title or description', () => {
  const tasks = [
    taskOf('a', { labels: ['Work'] }),
    taskOf('b', { labels: ['work', 'calls'], description: 'Ask the plumber' }),
    taskOf('plumber', { completedAt: '2026-03-09T10:00:00.000Z' }),
  ];
  const all = everything(tasks);
  expect(shown({ kind: 'label', name: 'WORK' }, all)).toEqual(['a', 'b']);
  expect(shown({ kind: 'search', name: 'plumber' }, all)).toEqual(['# Open', 'b', '# Completed', 'plumber']);
  expect(shown({ kind: 'search', name: 'plumber ask' }, all)).toEqual(['# Open', 'b']);
  expect(countsOf(all).labels).toEqual([
    { name: 'calls', open: 1 },
    { name: 'Work', open: 2 },
  ]);
});

it('a row stays the same object while it shows the same, so that only what changed is shown again', () => {
  const [a, b, b1] = [taskOf('a'), taskOf('b'), taskOf('b1', { parentId: 'b' })];
  const before = groupsOf({ kind: 'inbox' }, everything([a, b]))[0]?.rows ?? [];
  const after = groupsOf({ kind: 'inbox' }, everything([a, b, b1]))[0]?.rows ?? [];
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});
