import type { ChangePage } from '@todo/contract';
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import type { AppRouter } from '../router.ts';
import { createAccount } from '../transport/account.ts';
import { toTodoError } from '../transport/error.ts';
import type { Session } from '../transport/session.ts';
import type { Source } from './replica.ts';

/** The browser's own EventSource can send no token and does not tell why it was refused, so one that is made of fetch takes its place. */
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
            // Left alone it would connect again by itself, as whoever is signed in by then and with no longer a pause than before.
            onConnectionStateChange: ({ error }) => error && fail(error),
            onError: fail,
            onComplete: () => end(() => controller.close()),
          },
        );
      },
      cancel: () => end(),
    });
  };
  return { whose: async () => (await currentUser())?.id ?? null, watch };
}
