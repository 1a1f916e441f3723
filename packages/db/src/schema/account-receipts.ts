import { bigint, pgTable, uuid } from 'drizzle-orm/pg-core';
import { bytes, timestampMs } from './columns.ts';

/** What stays of a deleted account: that there was one, and how far its log had come. Nothing in it is personal. */
export const accountReceipts = pgTable('account_receipts', {
  id: uuid('id').primaryKey(),
  deletedAt: timestampMs('deleted_at').notNull(),
  lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
  lastHash: bytes('last_hash'),
}).enableRLS();
