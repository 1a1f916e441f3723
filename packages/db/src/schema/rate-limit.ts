import { bigint, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';

export const rateLimit = pgTable('rate_limit', {
  id: uuid('id').primaryKey(),
  key: text('key').notNull().unique('rate_limit_key_key'),
  count: integer('count').notNull(),
  lastRequest: bigint('last_request', { mode: 'number' }).notNull(),
}).enableRLS();
