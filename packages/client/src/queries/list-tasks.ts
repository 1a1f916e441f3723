import type { Input, procedures, Task } from '@todo/contract';
import { inOrder } from './order.ts';
import { createSearch } from './search.ts';

/** The input of tasks.list without its pages: what tasks to list, and in which order, by default the newest first. */
export type TaskFilter = Omit<NonNullable<Input<(typeof procedures.tasks)['list']>>, 'limit' | 'cursor'>;

type Rule = (task: Task) => boolean;
interface Range {
  from?: string | undefined;
  to?: string | undefined;
}

const isDueIn = ({ dueDate }: Task, due: Range | null): boolean => {
  if (due === null || dueDate === null) return due === dueDate;
  return (due.from === undefined || dueDate >= due.from) && (due.to === undefined || dueDate <= due.to);
};

/** Times are compared as numbers: those of a filter may have any offset. */
function isFinishedIn({ completedAt }: Task, { from, before }: NonNullable<TaskFilter['completedIn']>): boolean {
  if (completedAt === null) return false;
  const at = Date.parse(completedAt);
  return (from === undefined || at >= Date.parse(from)) && (before === undefined || at < Date.parse(before));
}

function hasLabels({ all, any, none }: NonNullable<TaskFilter['labels']>): Rule {
  const key = (label: string) => label.trim().toLowerCase();
  const [allOf, anyOf, noneOf] = [all?.map(key), any?.map(key), none?.map(key)];
  return ({ labels }) => {
    const own = new Set(labels.map(key));
    const has = (label: string) => own.has(label);
    return (allOf?.every(has) ?? true) && (anyOf?.some(has) ?? true) && !noneOf?.some(has);
  };
}

/** What each filter that is given demands. */
function rulesOf({ listId, parentId, completed, completedIn, due, overdueOn, startsBy, priority, labels, search }: TaskFilter): Rule[] {
  const rules: (Rule | false | undefined)[] = [
    listId !== undefined && ((task) => task.listId === listId),
    parentId !== undefined && ((task) => task.parentId === parentId),
    completed !== undefined && (({ completedAt }) => (completedAt !== null) === completed),
    completedIn && ((task) => isFinishedIn(task, completedIn)),
    due !== undefined && ((task) => isDueIn(task, due)),
    overdueOn !== undefined && (({ completedAt, dueDate }) => completedAt === null && dueDate !== null && dueDate < overdueOn),
    startsBy !== undefined && (({ startDate }) => startDate === null || startDate <= startsBy),
    priority && ((task) => priority.includes(task.priority)),
    labels && hasLabels(labels),
    search !== undefined && createSearch(search),
  ];
  return rules.filter((rule): rule is Rule => typeof rule === 'function');
}

/**
 * The tasks that meet a filter, in its order: what tasks.list returns for it on all pages together. Two orders can
 * differ: tasks that were created or changed in the same millisecond are in the order of their ids here, and titles in that of Unicode, where a server with a database of its
 * own may use that of a language.
 */
export function listTasks(tasks: Iterable<Task>, filter: TaskFilter = {}): Task[] {
  const rules = rulesOf(filter);
  const found = [...tasks].filter((task) => rules.every((rule) => rule(task)));
  return inOrder(found, filter.sort ?? 'created', filter.order ?? 'desc');
}
