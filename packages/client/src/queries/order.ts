import type { Task } from '@todo/contract';
import type { TaskFilter } from './list-tasks.ts';

type SortName = NonNullable<TaskFilter['sort']>;
type Compare<Value> = (a: Value, b: Value) => number;

const ascending: Compare<string> = (a, b) => (a === b ? 0 : a < b ? -1 : 1);

/** The root order of Unicode, as of the embedded database. */
const { compare: byLetters } = new Intl.Collator('en');

const priorities: readonly Task['priority'][] = ['none', 'low', 'medium', 'high'];

/** What tasks are sorted by, before their ids. */
const sorts: Record<SortName, { sortedBy(task: Task): string | null; compare: Compare<string> }> = {
  position: { sortedBy: ({ position }) => position, compare: ascending },
  created: { sortedBy: ({ createdAt }) => createdAt, compare: ascending },
  updated: { sortedBy: ({ updatedAt }) => updatedAt, compare: ascending },
  title: { sortedBy: ({ title }) => title, compare: (a, b) => byLetters(a, b) || ascending(a, b) },
  due: { sortedBy: ({ dueDate }) => dueDate, compare: ascending },
  priority: { sortedBy: ({ priority }) => String(priorities.indexOf(priority)), compare: ascending },
  completed: { sortedBy: ({ completedAt }) => completedAt, compare: ascending },
};

/** Null comes after every value. */
const withNull =
  (compare: Compare<string>): Compare<string | null> =>
  (a, b) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return compare(a, b);
  };

/** The order of lists, and of tasks in one list and parent. */
export const byPlace: Compare<{ position: string; id: string }> = (a, b) => ascending(a.position, b.position) || ascending(a.id, b.id);

export function inOrder(tasks: Task[], sort: SortName, order: 'asc' | 'desc'): Task[] {
  const { sortedBy, compare } = sorts[sort];
  const byValue = withNull(compare);
  const sign = order === 'asc' ? 1 : -1;
  return tasks.sort((a, b) => sign * (byValue(sortedBy(a), sortedBy(b)) || ascending(a.id, b.id)));
}
