import { boolean, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { timestampMs } from './columns.ts';
import { userId } from './sign-in.ts';

/** What concerns the security of an account, for its owner to read. A trigger keeps the newest ones. */
export const securityEvents = pgTable(
  'security_events',
  {
    userId: userId(),
    /** A UUID of version 7: newer events sort later. */
    id: uuid('id').notNull(),
    name: text('name').notNull(),
    at: timestampMs('at').notNull(),
    /** Failed sign-ins from one device within an hour are one event, and so are sessions that were ended together. */
    times: integer('times').notNull().default(1),
    way: text('way'),
    byOperator: boolean('by_operator').notNull().default(false),
    device: text('device'),
    ipAddress: text('ip_address'),
  },
  (event) => [primaryKey({ name: 'security_events_pkey', columns: [event.userId, event.id] }), index('security_events_at_idx').on(event.at)],
).enableRLS();
