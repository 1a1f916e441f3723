import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bytes, moment } from './columns.ts';

/** What a change of a task can be called. */
const taskActions = ['created', 'edited', 'completed', 'reopened', 'removed', 'restored'] as const;

/** The owner's log: one row per change, with the whole task after it. Its number is gapless and in the order of commits. */
export const taskEvents = pgTable(
  'task_events',
  {
    userId: uuid('user_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    taskId: uuid('task_id').notNull(),
    action: text('action', { enum: taskActions }).notNull(),
    at: moment('at').notNull(),
    mutationId: uuid('mutation_id'),
    requestId: uuid('request_id'),
    title: text('title'),
    description: text('description'),
    completedAt: moment('completed_at'),
    createdAt: moment('created_at'),
    updatedAt: moment('updated_at'),
    version: integer('version'),
    hash: bytes('hash').notNull(),
  },
  (event) => [
    primaryKey({ name: 'task_events_pkey', columns: [event.userId, event.seq] }),
    check('task_events_action', sql`action in (${sql.raw(taskActions.map((action) => `'${action}'`).join(', '))})`),
    index('task_events_task_idx').on(event.userId, event.taskId, event.seq),
    index('task_events_removed_idx').on(event.userId, event.seq).where(sql`action = 'removed'`),
  ],
).enableRLS();
