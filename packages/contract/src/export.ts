import { z } from 'zod';
import { event } from './procedures/history.ts';
import { list } from './procedures/lists.ts';
import { task } from './procedures/tasks.ts';
import { seq } from './schemas.ts';
import { utc } from './values.ts';

/** All data of one user at one log position, as GET /export returns it. */
export const exportDocument = z.strictObject({
  format: z.literal('todo-export'),
  version: z.literal(3),
  exportedAt: utc,
  /** The position of the last change that is included; 0 for none. */
  upto: seq,
  /** The history is complete from this position on. Everything before was trimmed to the state of the lists and tasks at that time. */
  wholeFrom: seq,
  /** As they were at `upto`. */
  lists: z.array(list),
  tasks: z.array(task),
  /** Newest first, including removed lists and tasks. */
  history: z.array(event),
});

export type TaskExport = z.output<typeof exportDocument>;
