import { LIST_NAME_MAX_CODE_POINTS } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { check, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { timestampMs, timestampUs } from './columns.ts';
import { userId } from './sign-in.ts';

/** The fields that packages/contract declares. */
const fields = () => ({
  name: text('name').notNull(),
  color: text('color'),
  position: text('position').notNull().default('a0'),
  archivedAt: timestampMs('archived_at'),
});

export const lists = pgTable(
  'lists',
  {
    userId: userId(),
    id: uuid('id').notNull(),
    ...fields(),
    createdAt: timestampUs('created_at').notNull(),
    updatedAt: timestampMs('updated_at').notNull(),
    version: integer('version').notNull(),
  },
  (list) => [
    primaryKey({ name: 'lists_pkey', columns: [list.userId, list.id] }),
    check('lists_name_length', sql`char_length(name) between 1 and ${sql.raw(`${LIST_NAME_MAX_CODE_POINTS}`)}`),
    check('lists_name_not_blank', sql`name ~ '\\S'`),
    check('lists_version_positive', sql`version >= 1`),
  ],
).enableRLS();

/** The columns that an insert may set, see `newTasks`. */
export const newLists = pgTable('lists', { userId: uuid('user_id').notNull(), id: uuid('id').notNull(), ...fields() });
