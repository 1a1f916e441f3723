import { LISTS_MAX_PER_OWNER, TASKS_MAX_PER_OWNER } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, pgTable, uuid } from 'drizzle-orm/pg-core';
import { bytes, timestampMs } from './columns.ts';

/** One row per account, maintained by triggers: where the owner's log begins and ends, its size, and the counts of tasks and lists. */
export const owners = pgTable(
  'owners',
  {
    userId: uuid('user_id').primaryKey(),
    open: integer('open').notNull().default(0),
    completed: integer('completed').notNull().default(0),
    /** Bytes of the texts of all tasks. */
    taskBytes: bigint('task_bytes', { mode: 'number' }).notNull().default(0),
    lists: integer('lists').notNull().default(0),
    lastSeq: bigint('last_seq', { mode: 'number' }).notNull().default(0),
    /** Hash of the newest event, or the start of the chain. */
    lastHash: bytes('last_hash').notNull().default(sql`'\\x'`),
    /** The log was trimmed up to this position; the hash of the event there, and a digest of the owner's entities at that position. */
    droppedSeq: bigint('dropped_seq', { mode: 'number' }).notNull().default(0),
    droppedHash: bytes('dropped_hash').notNull().default(sql`'\\x'`),
    droppedState: bytes('dropped_state'),
    /** Size of the log. The megabytes are stored too, because an index on a value that every change sets would make every change slower. */
    logBytes: bigint('log_bytes', { mode: 'number' }).notNull().default(0),
    logMb: integer('log_mb').notNull().default(0),
    /** Time of the oldest event; null if the log is empty. */
    logSince: timestampMs('log_since'),
    /** Events up to this position were converted from an older format; the hash of the last event in that format. */
    convertedSeq: bigint('converted_seq', { mode: 'number' }).notNull().default(0),
    convertedHash: bytes('converted_hash').notNull().default(sql`'\\x'`),
  },
  (owner) => [
    check('owners_task_quota', sql`open + completed <= ${sql.raw(`${TASKS_MAX_PER_OWNER}`)}`),
    check('owners_list_quota', sql`lists <= ${sql.raw(`${LISTS_MAX_PER_OWNER}`)}`),
    index('owners_log_mb_idx').on(owner.logMb).where(sql`log_mb > 0`),
    index('owners_log_since_idx').on(owner.logSince),
  ],
).enableRLS();

/** One row per deleted account, with the end of its log. Contains no personal data. */
export const accountReceipts = pgTable('account_receipts', {
  id: uuid('id').primaryKey(),
  deletedAt: timestampMs('deleted_at').notNull(),
  lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
  lastHash: bytes('last_hash'),
}).enableRLS();
