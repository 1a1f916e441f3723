import type { IdentityDb } from '@todo/db';
import { APIError } from 'better-auth/api';
import { sql } from 'drizzle-orm';
import { type Transaction, withUserLock } from './user-lock.ts';

/** How Better Auth calls a password. */
export const PASSWORD = 'credential';

/** Removes the passkey or connected account with this id, by `remove`. Throws an APIError, and changes nothing, if its user could not sign in without it. Returns whether there was one. */
export const removeWay = (identity: IdentityDb, userId: string, id: string, remove: (tx: Transaction) => Promise<unknown[]>): Promise<boolean | undefined> =>
  // Two at a time must not both find the other one left.
  withUserLock(identity, { userId }, async (tx) => {
    const ways = await tx.execute<{ id: string }>(sql`
      select id from account where user_id = ${userId}::uuid and (provider_id <> ${PASSWORD} or password is not null)
      union all select id from passkeys where user_id = ${userId}::uuid`);
    if (ways.length === 1 && ways.some((way) => way.id === id))
      throw new APIError('BAD_REQUEST', { code: 'LAST_SIGN_IN_WAY', message: 'There is no other way to sign in to this account.' });
    return (await remove(tx)).length > 0;
  });
