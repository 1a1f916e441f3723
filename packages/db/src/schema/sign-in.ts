import {
  EMAIL_MAX_CHARACTERS,
  IMAGE_MAX_CHARACTERS,
  ISSUER_MAX_CHARACTERS,
  MAIL_CONTENT_MAX_CHARACTERS,
  NAME_MAX_CODE_POINTS,
  SUBJECT_MAX_CHARACTERS,
} from '@todo/contract';
import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { date } from './columns.ts';

// The tables of Better Auth, with the columns that it requires, and the mails that it has sent.

export const user = pgTable(
  'user',
  {
    id: uuid('id').primaryKey(),
    name: text('name').notNull(),
    email: text('email').notNull().unique('user_email_key'),
    emailVerified: boolean('email_verified').notNull(),
    image: text('image'),
    createdAt: date('created_at').notNull(),
    updatedAt: date('updated_at').notNull(),
    disabledAt: date('disabled_at'),
  },
  () => [
    check('user_name_length', sql`char_length(name) <= ${sql.raw(`${NAME_MAX_CODE_POINTS}`)}`),
    check('user_email_length', sql`char_length(email) <= ${sql.raw(`${EMAIL_MAX_CHARACTERS}`)}`),
    check('user_image_length', sql`char_length(image) <= ${sql.raw(`${IMAGE_MAX_CHARACTERS}`)}`),
  ],
).enableRLS();

/** The account that owns a row; its deletion deletes the row. */
export const userId = () =>
  uuid('user_id')
    .notNull()
    .references(() => user.id, { onDelete: 'cascade' });

export const session = pgTable(
  'session',
  {
    id: uuid('id').primaryKey(),
    userId: userId(),
    token: text('token').notNull().unique('session_token_key'),
    expiresAt: date('expires_at').notNull(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    createdAt: date('created_at').notNull(),
    updatedAt: date('updated_at').notNull(),
  },
  (session) => [index('session_user_id_idx').on(session.userId), index('session_updated_at_idx').on(session.updatedAt)],
).enableRLS();

export const account = pgTable(
  'account',
  {
    id: uuid('id').primaryKey(),
    userId: userId(),
    accountId: text('account_id').notNull(),
    providerId: text('provider_id').notNull(),
    accessToken: text('access_token'),
    refreshToken: text('refresh_token'),
    idToken: text('id_token'),
    accessTokenExpiresAt: date('access_token_expires_at'),
    refreshTokenExpiresAt: date('refresh_token_expires_at'),
    scope: text('scope'),
    password: text('password'),
    createdAt: date('created_at').notNull(),
    updatedAt: date('updated_at').notNull(),
  },
  (account) => [
    index('account_user_id_idx').on(account.userId),
    unique('account_provider_key').on(account.accountId, account.providerId),
    check('account_provider_id_length', sql`char_length(provider_id) <= ${sql.raw(`${ISSUER_MAX_CHARACTERS}`)}`),
    check('account_id_length', sql`char_length(account_id) <= ${sql.raw(`${SUBJECT_MAX_CHARACTERS}`)}`),
  ],
).enableRLS();

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
  (verification) => [
    index('verification_identifier_idx').on(verification.identifier),
    index('verification_value_idx').on(verification.value),
    index('verification_expires_at_idx').on(verification.expiresAt),
  ],
).enableRLS();

export const jwks = pgTable('jwks', {
  id: uuid('id').primaryKey(),
  publicKey: text('public_key').notNull(),
  privateKey: text('private_key').notNull(),
  alg: text('alg'),
  crv: text('crv'),
  createdAt: date('created_at').notNull(),
  expiresAt: date('expires_at'),
}).enableRLS();

export const rateLimit = pgTable(
  'rate_limit',
  {
    id: uuid('id').primaryKey(),
    key: text('key').notNull().unique('rate_limit_key_key'),
    count: integer('count').notNull(),
    /** The end of the window. Instances of earlier versions store the time of the last request, and delete rows some time after it. */
    lastRequest: bigint('last_request', { mode: 'number' }).notNull(),
  },
  (limit) => [index('rate_limit_last_request_idx').on(limit.lastRequest)],
).enableRLS();

/** Mails that wait, or whose delivery has begun. A row goes when its mail is delivered or given up. */
export const mails = pgTable(
  'mails',
  {
    id: uuid('id').primaryKey(),
    userId: userId(),
    /** Recipient, subject and text, encrypted with the secret of the installation. */
    content: text('content').notNull(),
    createdAt: date('created_at').notNull(),
    attempts: integer('attempts').notNull(),
    nextAttemptAt: date('next_attempt_at').notNull(),
    /** Whoever sets this sends the mail. It stays set if the outcome is unknown, and nobody sends the mail again. */
    begunAt: date('begun_at'),
  },
  (mail) => [
    index('mails_user_id_idx').on(mail.userId),
    index('mails_waiting_idx').on(mail.nextAttemptAt).where(sql`begun_at is null`),
    index('mails_created_at_idx').on(mail.createdAt),
    check('mails_content_length', sql`char_length(content) <= ${sql.raw(`${MAIL_CONTENT_MAX_CHARACTERS}`)}`),
  ],
).enableRLS();
