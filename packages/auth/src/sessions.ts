import { SESSIONS_MAX_PER_USER } from '@todo/contract';
import type { IdentityDb } from '@todo/db';
import { sql } from 'drizzle-orm';

interface Context {
  session: { session: { userId: string; token: string } } | null;
  internalAdapter: {
    listSessions(userId: string): Promise<{ token: string }[]>;
    deleteSessions(tokens: string[]): Promise<unknown>;
  };
}

/** Ends the sessions of the user except the one of this request. */
export async function endOtherSessions(context: Context | undefined): Promise<void> {
  if (!context?.session) return;
  const { internalAdapter, session } = context;
  const { userId, token } = session.session;
  const others = (await internalAdapter.listSessions(userId)).map((each) => each.token).filter((each) => each !== token);
  if (others.length > 0) await internalAdapter.deleteSessions(others);
}

/** Ends the sessions of a user beyond the newest SESSIONS_MAX_PER_USER. */
export async function endOldestSessions(identity: IdentityDb, userId: string): Promise<void> {
  await identity.execute(sql`
    delete from session where id in (select id from session where user_id = ${userId} order by created_at desc, id desc offset ${SESSIONS_MAX_PER_USER})`);
}
