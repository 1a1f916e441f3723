import { revokedSession } from '@todo/contract';
import { type IdentityDb, schema } from '@todo/db';
import { createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api';
import { deleteSessionCookie } from 'better-auth/cookies';
import { and, desc, eq, gt, type SQL, sql } from 'drizzle-orm';
import type { Guard } from '../limits/guard.ts';
import type { EventStore } from '../security-events/store.ts';
import { deviceName } from './device.ts';

const use = [sensitiveSessionMiddleware];

/**
 * What a user does about their sessions. The endpoints replace those of Better Auth, which name a session by its token and give the tokens of all of them to
 * whoever has one. A session of another user is treated as one that does not exist.
 */
export function sessionEndpoints(identity: IdentityDb, store: EventStore, guard: Pick<Guard, 'place' | 'noteEvent'>) {
  const { session } = schema;
  const end = async (userId: string, which: SQL) => {
    const ended = await store.endSessions(userId, which, guard.place());
    if (ended > 0) guard.noteEvent('session_revoked');
  };
  return {
    id: 'sessions',
    endpoints: {
      listSessions: createAuthEndpoint('/list-sessions', { method: 'GET', use, requireHeaders: true }, async (ctx) => {
        const current = ctx.context.session;
        const isLive = and(eq(session.userId, current.user.id), gt(session.expiresAt, sql`now()`));
        const rows = await identity.select().from(session).where(isLive).orderBy(desc(session.updatedAt), desc(session.id));
        const sessions = rows.map(({ id, userAgent, ipAddress, createdAt, updatedAt }) => ({
          id,
          device: deviceName(userAgent),
          ipAddress: ipAddress || null,
          createdAt: createdAt.toISOString(),
          lastUsedAt: updatedAt.toISOString(),
          isCurrent: id === current.session.id,
        }));
        return ctx.json({ sessions });
      }),
      revokeSession: createAuthEndpoint('/revoke-session', { method: 'POST', use, requireHeaders: true, body: revokedSession }, async (ctx) => {
        const current = ctx.context.session;
        await end(current.user.id, sql`id = ${ctx.body.id}`);
        if (ctx.body.id === current.session.id) deleteSessionCookie(ctx);
        return ctx.json({ status: true });
      }),
      revokeSessions: createAuthEndpoint('/revoke-sessions', { method: 'POST', use, requireHeaders: true }, async (ctx) => {
        await end(ctx.context.session.user.id, sql`true`);
        deleteSessionCookie(ctx);
        return ctx.json({ status: true });
      }),
      revokeOtherSessions: createAuthEndpoint('/revoke-other-sessions', { method: 'POST', use, requireHeaders: true }, async (ctx) => {
        const current = ctx.context.session;
        await end(current.user.id, sql`id <> ${current.session.id}`);
        return ctx.json({ status: true });
      }),
    },
  } as const;
}
