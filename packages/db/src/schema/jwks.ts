import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { date } from './columns.ts';

export const jwks = pgTable('jwks', {
  id: uuid('id').primaryKey(),
  publicKey: text('public_key').notNull(),
  privateKey: text('private_key').notNull(),
  alg: text('alg'),
  crv: text('crv'),
  createdAt: date('created_at').notNull(),
  expiresAt: date('expires_at'),
}).enableRLS();
