import { z } from 'zod';
import { utc } from './fields.ts';
import { event } from './procedures/history.ts';
import { task } from './procedures/tasks.ts';
import { seq } from './schemas.ts';

/** Everything of one person at one log position, as GET /export answers it: a file to keep. */
export const exportDocument = z.strictObject({
  format: z.literal('todo-export'),
  version: z.literal(2),
  exportedAt: utc,
  /** The position of the last change that is included; 0 for none. */
  upto: seq,
  /** From this position on the history is complete; what was trimmed before shows only how tasks were then. */
  wholeFrom: seq,
  /** As they were after the change `upto`. */
  tasks: z.array(task),
  /** Newest first, removed tasks too. */
  history: z.array(event),
});

export type TaskExport = z.output<typeof exportDocument>;
