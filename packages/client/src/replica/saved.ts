import { type Task, task } from '@todo/contract';

/** The state from which a new replica can start. */
export interface SavedReplica {
  userId: string;
  cursor: string;
  tasks: Task[];
}

/** Saved data may have any form. A task saved before a field existed lacks that field, and no later change would add it. */
export const isSaved = (saved: SavedReplica | null | undefined): saved is SavedReplica =>
  typeof saved?.cursor === 'string' && Array.isArray(saved.tasks) && saved.tasks.every((one) => task.safeParse(one).success);
