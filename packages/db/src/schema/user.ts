import { boolean, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { date } from './columns.ts';

export const user = pgTable('user', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  email: text('email').notNull().unique('user_email_key'),
  emailVerified: boolean('email_verified').notNull(),
  image: text('image'),
  createdAt: date('created_at').notNull(),
  updatedAt: date('updated_at').notNull(),
}).enableRLS();
