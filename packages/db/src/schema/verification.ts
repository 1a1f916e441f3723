import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { date } from './columns.ts';

export const verification = pgTable(
  'verification',
  {
    id: uuid('id').primaryKey(),
    identifier: text('identifier').notNull(),
    value: text('value').notNull(),
    expiresAt: date('expires_at').notNull(),
    createdAt: date('created_at').notNull(),
    updatedAt: date('updated_at').notNull(),
  },
  (verification) => [index('verification_identifier_idx').on(verification.identifier)],
).enableRLS();
