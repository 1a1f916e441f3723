import { sql } from 'drizzle-orm';
import { check, integer, pgTable } from 'drizzle-orm/pg-core';

/** One row: how long and how large an owner's log may be. */
export const retention = pgTable(
  'retention',
  {
    logDays: integer('log_days').notNull(),
    logMb: integer('log_mb').notNull(),
  },
  () => [check('retention_positive', sql`log_days >= 1 and log_mb >= 1`)],
).enableRLS();
