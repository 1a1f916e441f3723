import { PASSKEY_ID_MAX_CHARACTERS, PASSKEY_KEY_MAX_CHARACTERS, PASSKEY_NAME_MAX_CODE_POINTS, RECOVERY_CODES } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { bigint, check, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { date, texts } from './columns.ts';
import { user, userId } from './sign-in.ts';

/** The authenticator app of a user, whose code is asked for beside the password once it is confirmed. */
export const secondFactors = pgTable(
  'second_factors',
  {
    userId: uuid('user_id')
      .primaryKey()
      .references(() => user.id, { onDelete: 'cascade' }),
    /** What the app computes codes from, encrypted with the secret of the installation that `key_id` names. */
    secret: text('secret').notNull(),
    keyId: text('key_id').notNull(),
    createdAt: date('created_at').notNull(),
    /** Null until the user has entered a code. */
    confirmedAt: date('confirmed_at'),
    /** The half-minute since 1970 of the last code that was used. Only later ones are accepted. */
    lastStep: bigint('last_step', { mode: 'number' }).notNull(),
    /** Hashes of the recovery codes that have not been used. */
    recoveryCodes: texts('recovery_codes').notNull(),
  },
  () => [
    check('second_factors_secret_length', sql`char_length(secret) <= 500`),
    check('second_factors_recovery_codes_count', sql`cardinality(recovery_codes) <= ${sql.raw(`${RECOVERY_CODES}`)}`),
  ],
).enableRLS();

/** Public keys whose private keys a user's devices hold. */
export const passkeys = pgTable(
  'passkeys',
  {
    id: uuid('id').primaryKey(),
    userId: userId(),
    /** What the device calls the key, in base64url. */
    credentialId: text('credential_id').notNull().unique('passkeys_credential_id_key'),
    /** In COSE form, in base64url. */
    publicKey: text('public_key').notNull(),
    /** How often the key was used, if the device counts. */
    counter: bigint('counter', { mode: 'number' }).notNull(),
    name: text('name').notNull(),
    createdAt: date('created_at').notNull(),
    lastUsedAt: date('last_used_at'),
  },
  (passkey) => [
    index('passkeys_user_id_idx').on(passkey.userId),
    check('passkeys_credential_id_length', sql`char_length(credential_id) <= ${sql.raw(`${PASSKEY_ID_MAX_CHARACTERS}`)}`),
    check('passkeys_public_key_length', sql`char_length(public_key) <= ${sql.raw(`${PASSKEY_KEY_MAX_CHARACTERS}`)}`),
    check('passkeys_name_length', sql`char_length(name) between 1 and ${sql.raw(`${PASSKEY_NAME_MAX_CODE_POINTS}`)}`),
  ],
).enableRLS();
