import { createTRPCClient, httpSubscriptionLink, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import { EventSource } from 'eventsource';
import type { AppRouter } from '../router.ts';
import { toTodoError } from '../transport/error.ts';
import type { Session } from '../transport/session.ts';
import type { Source } from './replica.ts';
import { createStream } from './stream.ts';

/** Ends a stream at its first error. tRPC would reconnect by itself, without backoff. */
const withoutReconnecting: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    observable((observer) =>
      next(op).subscribe({
        ...observer,
        next: (value) => (value.result.type === 'state' && value.result.error ? observer.error(value.result.error) : observer.next(value)),
      }),
    );

/** Uses an EventSource based on fetch: that of browsers cannot send a token or name the user, and does not report why a request failed. */
export function createSource(url: string, session: Session, openMs: number): Source {
  const begun = session.begin();
  return {
    userId: async () => (await begun.login().catch(session.explain)).userId,
    subscribe: session.subscribe,
    async *watch(cursor, signal, onHeard) {
      const login = await begun.login();
      const stream = createStream(login.stream, openMs, onHeard);
      const { sync } = createTRPCClient<AppRouter>({
        links: [withoutReconnecting, httpSubscriptionLink({ url, EventSource, eventSourceOptions: { fetch: stream.fetch } })],
      });
      try {
        yield* sync.watch.subscribe({ cursor }, { signal });
      } catch (thrown) {
        const error = stream.failure() ?? toTodoError(thrown);
        session.refused(error, login.userId);
        await session.explain(error);
      }
    },
  };
}
