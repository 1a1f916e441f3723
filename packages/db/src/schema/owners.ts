import { TASKS_MAX_PER_OWNER } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { bigint, check, integer, pgTable, uuid } from 'drizzle-orm/pg-core';
import { bytes } from './columns.ts';

/** One row per account, made with it: where the owner's log ends and begins, and how many tasks there are. Triggers keep it. */
export const owners = pgTable(
  'owners',
  {
    userId: uuid('user_id').primaryKey(),
    open: integer('open').notNull().default(0),
    completed: integer('completed').notNull().default(0),
    lastSeq: bigint('last_seq', { mode: 'number' }).notNull().default(0),
    /** Hash of the newest event, or what the chain starts from. */
    lastHash: bytes('last_hash').notNull().default(sql`'\\x'`),
    /** Events up to this number were dropped; the hash of that event, and a digest of everything the owner had then. */
    droppedSeq: bigint('dropped_seq', { mode: 'number' }).notNull().default(0),
    droppedHash: bytes('dropped_hash').notNull().default(sql`'\\x'`),
    droppedState: bytes('dropped_state'),
    /** Events up to this number were converted from an older form; the head of the log in that form. */
    convertedSeq: bigint('converted_seq', { mode: 'number' }).notNull().default(0),
    convertedHash: bytes('converted_hash').notNull().default(sql`'\\x'`),
  },
  () => [check('owners_task_quota', sql`open + completed <= ${sql.raw(`${TASKS_MAX_PER_OWNER}`)}`)],
).enableRLS();
