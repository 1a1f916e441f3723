import { z } from 'zod';
import { entities } from '../entities.ts';
import { costOfPage, LABEL_MAX_CODE_POINTS, LABELS_MAX_PER_TASK, SEARCH_COST, SEARCH_MAX_CODE_POINTS } from '../limits.ts';
import { id, paged } from '../schemas.ts';
import { date, names, text, timestamp } from '../values.ts';

const { priority } = entities.task.fields;

const labels = names(LABELS_MAX_PER_TASK, LABEL_MAX_CODE_POINTS).schema.min(1, 'must name a label').optional();
const day = date().schema.optional();
const time = timestamp().schema.optional();

/** A task is listed if it meets all filters that are given. Dates are the caller's calendar dates. */
const filters = {
  /** Only tasks of this list; null for the inbox. */
  listId: id.nullable().optional(),
  /** Only the subtasks of this task, without theirs; null for tasks that are nobody's subtask. */
  parentId: id.nullable().optional(),
  /** true for completed tasks only, false for open ones only. */
  completed: z.boolean().optional(),
  /** Only tasks completed at or after `from`, and earlier than `before`. */
  completedIn: z.strictObject({ from: time, before: time }).optional(),
  /** Only tasks due on one of these days, the first and the last included; null for tasks without a due date. */
  due: z.strictObject({ from: day, to: day }).nullable().optional(),
  /** Only open tasks that were due before this day. Stands for `due` and `completed`. */
  overdueOn: day,
  /** Hides tasks that start after this day. */
  startsBy: day,
  /** Only tasks of one of these priorities. */
  priority: z.array(priority.stored).min(1).max(priority.stored.options.length).optional(),
  /** Only tasks with all of the labels in `all`, one of those in `any`, and none of those in `none`, regardless of case. */
  labels: z.strictObject({ all: labels, any: labels, none: labels }).optional(),
  /** Only tasks with every word of this text in title or description, regardless of case. */
  search: text(SEARCH_MAX_CODE_POINTS).schema.optional(),
};

export const listInput = z
  .strictObject({
    ...filters,
    /**
     * Tasks without the date by which they are sorted come last in ascending order, and first in descending order. Positions are compared among the tasks of one
     * list and parent: name both.
     */
    sort: z.enum(['position', 'created', 'updated', 'title', 'due', 'priority', 'completed']).default('created'),
    order: z.enum(['asc', 'desc']).default('desc'),
    ...paged,
  })
  .superRefine(({ overdueOn, due, completed }, { addIssue }) => {
    if (overdueOn === undefined) return;
    for (const [path, value] of Object.entries({ due, completed }))
      if (value !== undefined) addIssue({ code: 'custom', path: [path], message: 'cannot be combined with overdueOn' });
  });

type ListInput = z.output<typeof listInput>;

/** Whether a page can be read in order from an index. Otherwise the database may read all tasks. */
function isOrdered({ listId, parentId, sort, completed, completedIn, due, overdueOn, startsBy, priority, labels, search }: ListInput): boolean {
  if (startsBy || priority || labels || search) return false;
  if (parentId || (parentId === null && listId !== undefined))
    return sort === 'position' && completed === undefined && !completedIn && due === undefined && !overdueOn;
  if (listId !== undefined || parentId !== undefined || sort === 'position') return false;
  const isOfDueDates = overdueOn !== undefined || (Boolean(due) && completed === false);
  if (sort === 'due') return isOfDueDates && !completedIn;
  if (sort === 'completed') return (completed === true || completedIn !== undefined) && due === undefined && overdueOn === undefined;
  return sort !== 'priority' && due === undefined && overdueOn === undefined && completedIn === undefined;
}

export const costOfList = (input: ListInput): number => costOfPage(input.limit) + (isOrdered(input) ? 0 : SEARCH_COST);
