import { task } from '@todo/contract';
import { nextOccurrence } from '../../recurrence/next.ts';
import type { Content } from './entities.ts';

/** Recurring tasks in the model. `nextOccurrence` is compared with another implementation in a test of its own. */

const recurring = task.pick({ recurrence: true, repeatFrom: true, dueDate: true, startDate: true }).strip();

/** The content after a completion on a date. */
export function completed(content: Content, now: string, on = ''): Content {
  if (content.completedAt !== null) return content;
  const moved = content.recurrence === null ? null : nextOccurrence(recurring.parse(content), on);
  return moved ? { ...content, ...moved } : { ...content, completedAt: now };
}

/** The content after a date was skipped; undefined if there is no next one. */
export function skipped(content: Content, on = ''): Content | undefined {
  const moved = content.completedAt === null && content.recurrence !== null ? nextOccurrence(recurring.parse(content), on, 'due') : null;
  return moved ? { ...content, ...moved } : undefined;
}
