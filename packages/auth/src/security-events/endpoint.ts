import { securityEventsPage } from '@todo/contract';
import { type IdentityDb, schema } from '@todo/db';
import { createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api';
import { and, desc, eq, lt } from 'drizzle-orm';

const use = [sensitiveSessionMiddleware];

/** What a user reads about the security of their account. The id of another user's event is a place among the own ones like any other. */
export function securityEventsEndpoint(identity: IdentityDb) {
  const { securityEvents: events } = schema;
  return {
    id: 'security-events',
    endpoints: {
      listSecurityEvents: createAuthEndpoint(
        '/list-security-events',
        { method: 'GET', use, requireHeaders: true, query: securityEventsPage },
        async ({ context, query: { limit, cursor }, json }) => {
          const isOwn = eq(events.userId, context.session.user.id);
          const isOnPage = cursor === undefined ? isOwn : and(isOwn, lt(events.id, cursor));
          const rows = await identity
            .select()
            .from(events)
            .where(isOnPage)
            .orderBy(desc(events.id))
            .limit(limit + 1);
          const items = rows.slice(0, limit).map(({ userId: _, byOperator, ...event }) => ({ ...event, by: byOperator ? 'operator' : 'user' }));
          return json({ items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null });
        },
      ),
    },
  } as const;
}
