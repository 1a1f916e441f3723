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

export const id = z.uuid('must be a UUID').toLowerCase();
/** PostgreSQL takes some control characters for white space, so none of them counts as visible. */
const isVisible = (text: string) => /[^\s\p{Cc}]/u.test(text);
export const title = text(TITLE_MAX_CODE_POINTS).refine(isVisible, 'must not be blank');
const description = text(DESCRIPTION_MAX_CODE_POINTS);
const expectedVersion = z.int().min(1).max(2_147_483_647).optional();

/** Names a call, so that repeating it changes nothing. */
export const mutationId = id.optional();

const newTask = z.strictObject({ id: id.optional(), title, description: description.default('') });

export const createTaskInput = newTask.extend({ mutationId });

const isUnique = (ids: (string | undefined)[]) => new Set(ids.filter(Boolean)).size === ids.filter(Boolean).length;
const unique = 'must not repeat an id';

export const createManyInput = z.strictObject({
  tasks: z
    .array(newTask)
    .min(1)
    .max(100)
    .refine((tasks) => isUnique(tasks.map((task) => task.id)), unique),
  mutationId,
});

/** In milliseconds and UTC, as the table keeps it, so that it compares with what is there. */
const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text).toISOString())
  .refine((text) => /^[1-9]\d{3}-/.test(text), 'must be a time between the years 1000 and 9999');

export const importTasksInput = z
  .strictObject({
    tasks: z
      .array(z.strictObject({ id, title, description: description.default(''), completedAt: moment.nullable().default(null) }))
      .min(1)
      .max(500)
      .refine((tasks) => isUnique(tasks.map((task) => task.id)), unique),
    dryRun: z.boolean().default(false),
    mutationId,
  })
  .refine(({ dryRun, mutationId }) => !(dryRun && mutationId), { path: ['mutationId'], message: 'has no meaning for a dry run' });

export const changeManyInput = z.strictObject({ ids: z.array(id).min(1).max(500).refine(isUnique, unique), mutationId });

export const getTaskInput = z.strictObject({ id });

export const listTasksInput = z.strictObject({
  completed: z.boolean().optional(),
  search: text(200).optional(),
  sort: z.enum(['created', 'updated', 'title']).default('created'),
  order: z.enum(['asc', 'desc']).default('desc'),
  limit: z.int().min(1).max(200).default(50),
  cursor: z.string().max(4096).optional(),
});

export const editTaskInput = z.strictObject({ id, title: title.optional(), description: description.optional(), expectedVersion, mutationId });

export const changeTaskInput = z.strictObject({ id, expectedVersion, mutationId });

export type CreateTaskInput = z.output<typeof createTaskInput>;
export type CreateManyInput = z.output<typeof createManyInput>;
export type ImportTasksInput = z.output<typeof importTasksInput>;
export type ChangeManyInput = z.output<typeof changeManyInput>;
export type GetTaskInput = z.output<typeof getTaskInput>;
export type ListTasksInput = z.output<typeof listTasksInput>;
export type EditTaskInput = z.output<typeof editTaskInput>;
export type ChangeTaskInput = z.output<typeof changeTaskInput>;
