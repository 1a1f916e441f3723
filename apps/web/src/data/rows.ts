import type { List, Task } from '@todo/client';
import { texts } from '../texts.ts';
import { dateOf, dayHeading } from './dates.ts';
import type { View } from './navigation.ts';

/** A task as a view shows it. */
export interface Row {
  id: string;
  task: Task;
  /** 0 at the top. */
  level: number;
  /** Subtasks, and how many of them are done. */
  parts: number;
  partsDone: number;
  isCollapsed: boolean;
  /** The list that it is in, if the view shows tasks of several. */
  list: List | undefined;
}

export interface Group {
  id: string;
  title: string | null;
  isLate?: boolean;
  rows: Row[];
}

export interface Everything {
  tasks: ReadonlyMap<string, Task>;
  lists: ReadonlyMap<string, List>;
  today: string;
  collapsed: ReadonlySet<string>;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const byPosition = (a: { position: string; id: string }, b: { position: string; id: string }) => compare(a.position, b.position) || compare(a.id, b.id);
const priorities = { high: 0, medium: 1, low: 2, none: 3 };
const LAST = '~';
const byDue = (a: Task, b: Task) =>
  compare(a.dueDate ?? LAST, b.dueDate ?? LAST) ||
  compare(a.dueTime ?? LAST, b.dueTime ?? LAST) ||
  priorities[a.priority] - priorities[b.priority] ||
  byPosition(a, b);
const byCompletion = (a: Task, b: Task) => compare(b.completedAt ?? '', a.completedAt ?? '');

export const orderedLists = (lists: ReadonlyMap<string, List>): List[] => [...lists.values()].sort(byPosition);

interface Family {
  children: Map<string, Task[]>;
}
const families = new WeakMap<ReadonlyMap<string, Task>, Family>();

function familyOf(tasks: ReadonlyMap<string, Task>): Family {
  const known = families.get(tasks);
  if (known) return known;
  const children = new Map<string, Task[]>();
  for (const task of tasks.values()) {
    if (task.parentId === null) continue;
    const siblings = children.get(task.parentId);
    if (siblings) siblings.push(task);
    else children.set(task.parentId, [task]);
  }
  for (const siblings of children.values()) siblings.sort(byPosition);
  const family = { children };
  families.set(tasks, family);
  return family;
}

/** All subtasks of a task, in their order. */
export const childrenOf = (tasks: ReadonlyMap<string, Task>, id: string): Task[] => familyOf(tasks).children.get(id) ?? [];

/** Rows stay the same objects while they show the same, so that a list renders only those that changed. */
const rowOfTask = new WeakMap<Task, Row>();

function rowOf(task: Task, level: number, { tasks, lists, collapsed }: Everything, isPlaced: boolean): Row {
  const children = childrenOf(tasks, task.id);
  const partsDone = children.filter(({ completedAt }) => completedAt).length;
  const list = isPlaced || task.listId === null ? undefined : lists.get(task.listId);
  const row: Row = { id: task.id, task, level, parts: children.length, partsDone, isCollapsed: collapsed.has(task.id), list };
  const before = rowOfTask.get(task);
  const isSame = before && level === before.level && row.parts === before.parts && partsDone === before.partsDone && row.isCollapsed === before.isCollapsed;
  if (isSame && before.list === list) return before;
  rowOfTask.set(task, row);
  return row;
}

export const isOpen = (task: Task) => task.completedAt === null;

/** The open tasks of a list or of the inbox, each followed by its subtasks. */
function tree(all: Everything, listId: string | null): Row[] {
  const { tasks, collapsed } = all;
  const parentIsShown = ({ parentId }: Task) => {
    const parent = parentId === null ? undefined : tasks.get(parentId);
    return parent !== undefined && isOpen(parent);
  };
  const rows: Row[] = [];
  const add = (task: Task, level: number) => {
    rows.push(rowOf(task, level, all, true));
    if (!collapsed.has(task.id)) for (const child of childrenOf(tasks, task.id)) if (isOpen(child)) add(child, level + 1);
  };
  const roots = [...tasks.values()].filter((task) => isOpen(task) && task.listId === listId && !parentIsShown(task));
  for (const task of roots.sort(byPosition)) add(task, 0);
  return rows;
}

function grouped(tasks: Task[], dayOf: (task: Task) => string, all: Everything): Group[] {
  const groups = Map.groupBy(tasks, dayOf);
  return [...groups].map(([day, members]) => ({ id: day, title: dayHeading(day, all.today), rows: members.map((task) => rowOf(task, 0, all, false)) }));
}

/** The completed tasks of a list or of the inbox, the latest first. */
export function completedIn(listId: string | null, all: Everything): Row[] {
  const done = [...all.tasks.values()].filter((task) => !isOpen(task) && task.listId === listId);
  return done.sort(byCompletion).map((task) => rowOf(task, 0, all, true));
}

const single = (rows: Row[]): Group[] => (rows.length ? [{ id: 'all', title: null, rows }] : []);

export const isArchived = ({ lists }: Pick<Everything, 'lists'>, { listId }: Task): boolean => listId !== null && Boolean(lists.get(listId)?.archivedAt);

/** What a view shows. */
export function groupsOf(view: View, all: Everything): Group[] {
  const { tasks, today } = all;
  const flat = (found: Task[]) => found.map((task) => rowOf(task, 0, all, false));
  const open = () => [...tasks.values()].filter((task) => isOpen(task) && !isArchived(all, task));
  switch (view.kind) {
    case 'inbox':
      return single(tree(all, null));
    case 'list':
      return single(tree(all, view.name));
    case 'today': {
      const due = open()
        .filter(({ dueDate }) => dueDate !== null && dueDate <= today)
        .sort(byDue);
      const late = due.filter(({ dueDate }) => dueDate !== today);
      const now = due.filter(({ dueDate }) => dueDate === today);
      return [
        { id: 'late', title: texts.views.overdue, isLate: true, rows: flat(late) },
        { id: 'now', title: texts.dates.today, rows: flat(now) },
      ].filter(({ rows }) => rows.length > 0);
    }
    case 'upcoming':
      return grouped(
        open()
          .filter(({ dueDate }) => dueDate !== null && dueDate > today)
          .sort(byDue),
        ({ dueDate }) => dueDate ?? '',
        all,
      );
    case 'label': {
      const wanted = view.name.toLowerCase();
      return single(
        flat(
          open()
            .filter(({ labels }) => labels.some((label) => label.toLowerCase() === wanted))
            .sort(byDue),
        ),
      );
    }
    case 'search': {
      const words = view.name.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length === 0) return [];
      const found = [...tasks.values()].filter(({ title, description }) => {
        const text = `${title} ${description}`.toLowerCase();
        return words.every((word) => text.includes(word));
      });
      const [now, done] = [found.filter(isOpen).sort(byDue), found.filter((task) => !isOpen(task)).sort(byCompletion)];
      return [
        { id: 'open', title: texts.views.open, rows: flat(now) },
        { id: 'done', title: texts.views.completed, rows: flat(done) },
      ].filter(({ rows }) => rows.length > 0);
    }
    case 'completed':
      return grouped([...tasks.values()].filter((task) => !isOpen(task)).sort(byCompletion), ({ completedAt }) => dateOf(new Date(completedAt ?? 0)), all);
    default:
      return [];
  }
}
