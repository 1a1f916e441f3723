import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { date } from './columns.ts';
import { user } from './user.ts';

export const session = pgTable(
  'session',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => user.id, { onDelete: 'cascade' }),
    token: text('token').notNull().unique('session_token_key'),
    expiresAt: date('expires_at').notNull(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    createdAt: date('created_at').notNull(),
    updatedAt: date('updated_at').notNull(),
  },
  (session) => [index('session_user_id_idx').on(session.userId)],
).enableRLS();
