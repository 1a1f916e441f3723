import { TASKS_MAX_PER_OWNER } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { bigint, check, integer, pgTable, uuid } from 'drizzle-orm/pg-core';
import { bytes } from './columns.ts';

/** One row per owner, kept by trigger, so that counting, the quota and the next number of the log cost the same at any number of tasks. */
export const taskCounters = pgTable(
  'task_counters',
  {
    userId: uuid('user_id').primaryKey(),
    open: integer('open').notNull(),
    completed: integer('completed').notNull(),
    lastSeq: bigint('last_seq', { mode: 'number' }).notNull().default(0),
    /** Up to this number the log has been trimmed to the tasks as they were then: 0, or the event after which it is whole. */
    droppedSeq: bigint('dropped_seq', { mode: 'number' }).notNull().default(0),
    droppedHash: bytes('dropped_hash'),
    keptHash: bytes('kept_hash'),
  },
  () => [check('task_counters_quota', sql`open + completed <= ${sql.raw(`${TASKS_MAX_PER_OWNER}`)}`)],
).enableRLS();
