import { LABEL_MAX_CODE_POINTS } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { check, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';

/** The labels of tasks, one row each, so that those of one label are found by index. A trigger keeps them equal to `tasks.labels`. */
export const taskLabels = pgTable(
  'task_labels',
  {
    userId: uuid('user_id').notNull(),
    /** The name in the form in which names are compared. */
    nameKey: text('name_key').notNull(),
    taskId: uuid('task_id').notNull(),
    name: text('name').notNull(),
  },
  (label) => [
    primaryKey({ name: 'task_labels_pkey', columns: [label.userId, label.nameKey, label.taskId] }),
    check('task_labels_name_length', sql`char_length(name) between 1 and ${sql.raw(`${LABEL_MAX_CODE_POINTS}`)}`),
  ],
).enableRLS();
