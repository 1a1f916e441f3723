import type { Input, procedures, Task } from '@todo/contract';

type ListInput = NonNullable<Input<(typeof procedures.tasks)['list']>>;

export const priorities = ['none', 'low', 'medium', 'high'] as const;

/** A label regardless of case. */
export const keyOf = (label: string) => label.toLowerCase();

/** The filters in plain TypeScript. */
export function matches(task: Task, { listId, parentId, completed, completedIn, due, overdueOn, startsBy, priority, labels, search = '' }: ListInput): boolean {
  const has = (label: string) => task.labels.some((own) => keyOf(own) === keyOf(label));
  const { dueDate, startDate, completedAt: at } = task;
  const rules = [
    listId === undefined || task.listId === listId,
    parentId === undefined || task.parentId === parentId,
    completed === undefined || completed === (at !== null),
    !completedIn || (at !== null && at >= (completedIn.from ?? '') && at < (completedIn.before ?? '~')),
    due === undefined || (due === null ? dueDate === null : dueDate !== null && dueDate >= (due.from ?? '') && dueDate <= (due.to ?? '~')),
    overdueOn === undefined || (at === null && dueDate !== null && dueDate < overdueOn),
    startsBy === undefined || startDate === null || startDate <= startsBy,
    !priority || priority.includes(task.priority),
    !labels?.all || labels.all.every(has),
    !labels?.any || labels.any.some(has),
    !labels?.none?.some(has),
    task.title.toLowerCase().includes(search.toLowerCase()),
  ];
  return rules.every(Boolean);
}

/** The value to sort by. Null sorts after all others. */
export const sortValue = (task: Task, sort: ListInput['sort']): string => {
  const { position, createdAt, updatedAt, title, dueDate, priority, completedAt } = task;
  const values = {
    position,
    created: createdAt,
    updated: updatedAt,
    title,
    due: dueDate ?? '~',
    priority: String(priorities.indexOf(priority)),
    completed: completedAt ?? '~',
  };
  return values[sort ?? 'created'];
};
