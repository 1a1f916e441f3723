import { type Everything, isArchived, isOpen } from './rows.ts';

export interface Counts {
  inbox: number;
  today: number;
  late: number;
  lists: Map<string, number>;
  /** By name as first written, in alphabetical order. */
  labels: { name: string; open: number }[];
}

/** The numbers of open tasks beside the views. */
export function countsOf({ tasks, lists, today }: Omit<Everything, 'collapsed'>): Counts {
  const counts: Counts = { inbox: 0, today: 0, late: 0, lists: new Map(), labels: [] };
  const labels = new Map<string, { name: string; open: number }>();
  for (const task of tasks.values()) {
    for (const name of task.labels) {
      const label = labels.get(name.toLowerCase()) ?? { name, open: 0 };
      if (isOpen(task)) label.open += 1;
      labels.set(name.toLowerCase(), label);
    }
    if (!isOpen(task)) continue;
    if (task.listId === null) counts.inbox += 1;
    else counts.lists.set(task.listId, (counts.lists.get(task.listId) ?? 0) + 1);
    if (task.dueDate === null || task.dueDate > today || isArchived({ lists }, task)) continue;
    counts.today += 1;
    if (task.dueDate < today) counts.late += 1;
  }
  counts.labels = [...labels.values()].sort((a, b) => a.name.localeCompare(b.name));
  return counts;
}
