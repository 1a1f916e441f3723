import { eventActions, eventKinds } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, primaryKey, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { bytes, timestampMs } from './columns.ts';

/** The owner's log: one row per change of one entity, with what changed. `seq` is gapless and in the order of commits. */
export const events = pgTable(
  'events',
  {
    userId: uuid('user_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    entity: text('entity').notNull(),
    entityId: uuid('entity_id').notNull(),
    /** What the row did. */
    kind: text('kind', { enum: eventKinds }).notNull(),
    /** What the call that changed it is called. */
    action: text('action', { enum: eventActions }).notNull(),
    /** The entity's `updated_at` after the change and before it. */
    at: timestampMs('at').notNull(),
    was: timestampMs('was'),
    version: integer('version').notNull(),
    format: smallint('format').notNull(),
    mutationId: uuid('mutation_id'),
    requestId: uuid('request_id'),
    /** Of an update `{ column: [old, new] }`, otherwise the whole row. Null, or a missing key, is the column's default. */
    fields: jsonb('fields').notNull(),
    hash: bytes('hash').notNull(),
  },
  (event) => [
    primaryKey({ name: 'events_pkey', columns: [event.userId, event.seq] }),
    check('events_action', sql`action in (${sql.raw(eventActions.map((action) => `'${action}'`).join(', '))})`),
    index('events_entity_idx').on(event.userId, event.entityId, event.seq),
    index('events_removed_idx').on(event.userId, event.seq).where(sql`kind = 'delete'`),
  ],
).enableRLS();
