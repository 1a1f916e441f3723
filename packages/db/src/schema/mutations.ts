import { bigint, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { bytes, moment } from './columns.ts';

/** Calls that were carried out, as their clients name them, so that none is carried out twice. */
export const mutations = pgTable(
  'mutations',
  {
    userId: uuid('user_id').notNull(),
    id: uuid('id').notNull(),
    call: bytes('call').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    at: moment('at').notNull(),
  },
  (mutation) => [primaryKey({ name: 'mutations_pkey', columns: [mutation.userId, mutation.id] })],
).enableRLS();
