import { bigint, pgTable, uuid } from 'drizzle-orm/pg-core';
import { bytes, timestampMs } from './columns.ts';

/** One row per deleted account, with the end of its log. Contains no personal data. */
export const accountReceipts = pgTable('account_receipts', {
  id: uuid('id').primaryKey(),
  deletedAt: timestampMs('deleted_at').notNull(),
  lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
  lastHash: bytes('last_hash'),
}).enableRLS();
