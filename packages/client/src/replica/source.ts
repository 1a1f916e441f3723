import type { ChangePage } from '@todo/contract';
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import type { AppRouter } from '../router.ts';
import { createAccount } from '../transport/account.ts';
import { toTodoError } from '../transport/error.ts';
import type { Session } from '../transport/session.ts';
import type { Source } from './replica.ts';

/** Uses an EventSource based on fetch: that of browsers cannot send a token, and does not report why a request failed. */
export async function openSource(url: string, authUrl: string, session: Session): Promise<Source> {
  const login = await session.pin();
  const { sync } = createTRPCClient<AppRouter>({
    links: [httpSubscriptionLink({ url, EventSource, eventSourceOptions: { fetch: login.stream } })],
  });
  const { currentUser } = createAccount(authUrl, login);

  const watch = (cursor: string | undefined) => {
    let end = (_last = () => {}) => {};
    return new ReadableStream<ChangePage>({
      start: (controller) => {
        let isOpen = true;
        end = (last) => {
          if (!isOpen) return;
          isOpen = false;
          last?.();
          subscription.unsubscribe();
        };
        const fail = (error: unknown) => end(() => controller.error(toTodoError(error)));
        const subscription = sync.watch.subscribe(
          { cursor },
          {
            onData: ({ data }) => controller.enqueue(data),
            // tRPC would reconnect by itself, possibly as another user and without backoff.
            onConnectionStateChange: ({ error }) => error && fail(error),
            onError: fail,
            onComplete: () => end(() => controller.close()),
          },
        );
      },
      cancel: () => end(),
    });
  };
  return { currentUserId: async () => (await currentUser())?.id ?? null, watch };
}
