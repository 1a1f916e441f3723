import { createTRPCClient, httpSubscriptionLink, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { EventSource } from 'eventsource';
import type { AppRouter } from '../router.ts';
import { createAccount } from '../transport/account.ts';
import type { Session } from '../transport/session.ts';
import type { Source } from './replica.ts';

/** Ends a stream at its first error. tRPC would reconnect by itself, possibly as another user and without backoff. */
const withoutReconnecting: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    observable((observer) =>
      next(op).subscribe({
        ...observer,
        next: (value) => (value.result.type === 'state' && value.result.error ? observer.error(value.result.error) : observer.next(value)),
      }),
    );

/** Uses an EventSource based on fetch: that of browsers cannot send a token, and does not report why a request failed. */
export async function openSource(url: string, authUrl: string, session: Session): Promise<Source> {
  const login = await session.pin();
  const { sync } = createTRPCClient<AppRouter>({
    links: [withoutReconnecting, httpSubscriptionLink({ url, EventSource, eventSourceOptions: { fetch: login.stream } })],
  });
  const { currentUser } = createAccount(authUrl, login);
  return {
    currentUserId: async () => (await currentUser())?.id ?? null,
    watch: (cursor, signal) => sync.watch.subscribe({ cursor }, { signal }),
  };
}
