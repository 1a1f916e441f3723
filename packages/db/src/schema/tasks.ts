import { DESCRIPTION_MAX_CODE_POINTS, type Task, TITLE_MAX_CODE_POINTS } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { check, date, foreignKey, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { integers, texts, timestampMs, timestampUs } from './columns.ts';
import { lists } from './lists.ts';
import { userId } from './sign-in.ts';

/**
 * What a task's position counts in: its parent, its list, or for the inbox its owner. PostgreSQL finds it by index under row-level security, which it does not for
 * coalesce.
 */
export const placeOf = (row?: string) => {
  const [parent, list, owner] = ['parent_id', 'list_id', 'user_id'].map((column) => (row ? `${row}.${column}` : column));
  return `case when ${parent} is not null then ${parent} when ${list} is not null then ${list} else ${owner} end`;
};

/** The fields that packages/contract declares. */
const fields = () => ({
  title: text('title').notNull(),
  description: text('description').notNull().default(''),
  priority: text('priority').$type<Task['priority']>().notNull().default('none'),
  labels: texts('labels').notNull().default(sql`'{}'`),
  startDate: date('start_date', { mode: 'string' }),
  dueDate: date('due_date', { mode: 'string' }),
  dueTime: text('due_time'),
  timeZone: text('time_zone'),
  recurrence: text('recurrence'),
  repeatFrom: text('repeat_from').$type<Task['repeatFrom']>().notNull().default('due'),
  reminders: integers('reminders').notNull().default(sql`'{}'`),
  listId: uuid('list_id'),
  parentId: uuid('parent_id'),
  position: text('position').notNull().default('a0'),
  completedAt: timestampMs('completed_at'),
});

export const tasks = pgTable(
  'tasks',
  {
    userId: userId(),
    id: uuid('id').notNull(),
    ...fields(),
    createdAt: timestampUs('created_at').notNull(),
    updatedAt: timestampMs('updated_at').notNull(),
    version: integer('version').notNull(),
    search: text('search').notNull(),
  },
  (task) => [
    primaryKey({ name: 'tasks_pkey', columns: [task.userId, task.id] }),
    check('tasks_title_length', sql`char_length(title) between 1 and ${sql.raw(`${TITLE_MAX_CODE_POINTS}`)}`),
    check('tasks_title_not_blank', sql`title ~ '\\S'`),
    check('tasks_description_length', sql`char_length(description) <= ${sql.raw(`${DESCRIPTION_MAX_CODE_POINTS}`)}`),
    check('tasks_version_positive', sql`version >= 1`),
    foreignKey({ name: 'tasks_list_fk', columns: [task.userId, task.listId], foreignColumns: [lists.userId, lists.id] }),
    index('tasks_newest_idx').on(task.userId, task.createdAt, task.id),
    index('tasks_open_newest_idx').on(task.userId, task.createdAt, task.id).where(sql`completed_at is null`),
    index('tasks_completed_newest_idx').on(task.userId, task.createdAt, task.id).where(sql`completed_at is not null`),
    index('tasks_due_idx').on(task.userId, task.dueDate, task.id).where(sql`due_date is not null and completed_at is null`),
    index('tasks_completed_at_idx').on(task.userId, task.completedAt, task.id).where(sql`completed_at is not null`),
    index('tasks_updated_idx').on(task.userId, task.updatedAt, task.id),
    index('tasks_title_idx').on(task.userId, task.title, task.id),
    index('tasks_list_idx').on(task.userId, task.listId).where(sql`list_id is not null`),
    foreignKey({ name: 'tasks_parent_fk', columns: [task.userId, task.parentId], foreignColumns: [task.userId, task.id] }),
    index('tasks_parent_idx').on(task.userId, task.parentId).where(sql`parent_id is not null`),
    // drizzle-kit takes every part of an index that has an expression for an expression.
    index('tasks_place_idx').on(sql`user_id`, sql.raw(`(${placeOf()})`), sql`position collate "C"`, sql`id`),
  ],
).enableRLS();

/** The columns that an insert may set. Drizzle lists every column of a table, so inserts use this one; the database sets the others. */
export const newTasks = pgTable('tasks', { userId: uuid('user_id').notNull(), id: uuid('id').notNull(), ...fields() });
