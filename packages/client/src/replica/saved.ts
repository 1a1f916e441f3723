import { type List, list, type Task, task } from '@todo/contract';

/** The state from which a new replica can start. */
export interface SavedReplica {
  userId: string;
  cursor: string;
  lists: List[];
  tasks: Task[];
}

const isEach = (values: unknown, schema: { safeParse(value: unknown): { success: boolean } }) =>
  Array.isArray(values) && values.every((one) => schema.safeParse(one).success);

/** Saved data may have any form. What was saved before lists or a field existed lacks them, and no later change would add them. */
export const isSaved = (saved: SavedReplica | null | undefined): saved is SavedReplica =>
  typeof saved?.cursor === 'string' && isEach(saved.lists, list) && isEach(saved.tasks, task);
