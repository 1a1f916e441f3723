import { sql } from 'drizzle-orm';
import { check, integer, pgTable, uuid } from 'drizzle-orm/pg-core';
import { TASKS_MAX_PER_OWNER } from '../limits.ts';
import { user } from './user.ts';

/** One row per owner, kept by trigger, so that counting and the quota cost the same at any number of tasks. */
export const taskCounters = pgTable(
  'task_counters',
  {
    userId: uuid('user_id')
      .primaryKey()
      .references(() => user.id, { onDelete: 'cascade' }),
    open: integer('open').notNull(),
    completed: integer('completed').notNull(),
  },
  () => [
    check('task_counters_not_negative', sql`open >= 0 and completed >= 0`),
    check('task_counters_quota', sql`open + completed <= ${sql.raw(`${TASKS_MAX_PER_OWNER}`)}`),
  ],
).enableRLS();
