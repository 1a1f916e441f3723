import { eventActions, eventKinds } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { bigint, check, index, integer, jsonb, pgTable, primaryKey, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { bytes, timestampMs } from './columns.ts';

/** The owner's log: one row per change of one entity, with the changed values. `seq` has no gaps and follows the order of commits. */
export const events = pgTable(
  'events',
  {
    userId: uuid('user_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    entity: text('entity').notNull(),
    entityId: uuid('entity_id').notNull(),
    /** What happened to the row. */
    kind: text('kind', { enum: eventKinds }).notNull(),
    /** What the call did. */
    action: text('action', { enum: eventActions }).notNull(),
    /** The entity's `updated_at` after the change and before it. */
    at: timestampMs('at').notNull(),
    was: timestampMs('was'),
    version: integer('version').notNull(),
    format: smallint('format').notNull(),
    mutationId: uuid('mutation_id'),
    requestId: uuid('request_id'),
    /** For an update `{ column: [old, new] }`, otherwise the whole row. Null or a missing key means the column's default. */
    fields: jsonb('fields').notNull(),
    hash: bytes('hash').notNull(),
  },
  (event) => [
    primaryKey({ name: 'events_pkey', columns: [event.userId, event.seq] }),
    check('events_action_listed', sql`action in (${sql.raw(eventActions.map((action) => `'${action}'`).join(', '))})`),
    index('events_entity_idx').on(event.userId, event.entityId, event.seq),
    index('events_list_idx').on(event.userId, event.seq).where(sql`entity = 'list'`),
    index('events_removed_idx').on(event.userId, event.seq).where(sql`kind = 'delete'`),
  ],
).enableRLS();
