import type { IdentityDb } from '@todo/db';
import { APIError } from 'better-auth/api';
import { type SQL, sql } from 'drizzle-orm';

export type Transaction = Parameters<Parameters<IdentityDb['transaction']>[0]>[0];

/** Whose account is changed, and the session that asks for it, if that must still be there. */
interface Whose {
  userId: string;
  sessionId?: string | undefined;
}

/**
 * Locks the user for a change of what opens the account. Others go on storing what belongs to the user, such as events, but no session begins meanwhile: the trigger of new sessions waits. A
 * statement of its own, so that those after it see what was committed before; and the first one, so that two such changes wait for each other and never in a circle.
 */
export const userLock = (userId: string): SQL => sql`select email from "user" where id = ${userId}::uuid for no key update`;

/** Runs a change with the user locked. Throws an APIError if the session has ended meanwhile, so that whoever has lost the account changes nothing more; undefined if there is no such user. */
export const withUserLock = <Result>(
  identity: IdentityDb,
  { userId, sessionId }: Whose,
  work: (tx: Transaction, user: { email: string }) => Promise<Result>,
): Promise<Result | undefined> =>
  identity.transaction(async (tx) => {
    const [user] = await tx.execute<{ email: string }>(userLock(userId));
    const isLive =
      sessionId === undefined || (await tx.execute(sql`select id from session where id = ${sessionId}::uuid and user_id = ${userId}::uuid`)).length > 0;
    if (!isLive) throw new APIError('UNAUTHORIZED', { code: 'UNAUTHORIZED', message: 'Unauthorized' });
    return user && work(tx, user);
  });
