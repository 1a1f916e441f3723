import { DESCRIPTION_MAX_CODE_POINTS, TITLE_MAX_CODE_POINTS } from '@todo/db';
import { z } from 'zod';

/** PostgreSQL stores neither NUL nor half a surrogate pair. */
const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0');
const hasAtMost = (codePoints: number) => (text: string) => text.length <= codePoints || [...text].length <= codePoints;

const text = (maxCodePoints: number) =>
  z
    .string()
    .refine(hasAtMost(maxCodePoints), `must have at most ${maxCodePoints} characters`)
    .refine(isStorable, 'must be well-formed text without NUL characters');

const id = z.uuid('must be a UUID').toLowerCase();
/** PostgreSQL takes some control characters for white space, so none of them counts as visible. */
const isVisible = (text: string) => /[^\s\p{Cc}]/u.test(text);
export const title = text(TITLE_MAX_CODE_POINTS).refine(isVisible, 'must not be blank');
const description = text(DESCRIPTION_MAX_CODE_POINTS);
const expectedVersion = z.int().min(1).max(2_147_483_647).optional();

export const createTaskInput = z.strictObject({ id: id.optional(), title, description: description.default('') });

export const getTaskInput = z.strictObject({ id });

export const listTasksInput = z.strictObject({
  completed: z.boolean().optional(),
  search: text(200).optional(),
  sort: z.enum(['created', 'updated', 'title']).default('created'),
  order: z.enum(['asc', 'desc']).default('desc'),
  limit: z.int().min(1).max(200).default(50),
  cursor: z.string().max(4096).optional(),
});

export const editTaskInput = z.strictObject({ id, title: title.optional(), description: description.optional(), expectedVersion });

export const changeTaskInput = z.strictObject({ id, expectedVersion });

export type CreateTaskInput = z.output<typeof createTaskInput>;
export type GetTaskInput = z.output<typeof getTaskInput>;
export type ListTasksInput = z.output<typeof listTasksInput>;
export type EditTaskInput = z.output<typeof editTaskInput>;
export type ChangeTaskInput = z.output<typeof changeTaskInput>;
