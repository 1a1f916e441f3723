import { sql } from 'drizzle-orm';
import { bigint, index, jsonb, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { bytes, timestampMs } from './columns.ts';

/** Applied calls, by the idempotency key (`mutationId`) that the client sent. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    userId: uuid('user_id').notNull(),
    id: uuid('id').notNull(),
    /** Calls with one group id can be undone together. */
    groupId: uuid('group_id'),
    /** Digest of the procedure and its input as sent; null for a call that an older version applied. */
    digest: bytes('digest'),
    /** The end of the owner's log after the call. */
    seq: bigint('seq', { mode: 'number' }).notNull(),
    /** The parts of the response that the log does not contain. */
    answer: jsonb('answer'),
    at: timestampMs('at').notNull(),
  },
  (key) => [
    primaryKey({ name: 'idempotency_keys_pkey', columns: [key.userId, key.id] }),
    index('idempotency_keys_group_idx').on(key.userId, key.groupId).where(sql`group_id is not null`),
    index('idempotency_keys_at_idx').on(key.at),
  ],
).enableRLS();
