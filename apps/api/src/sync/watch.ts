import { CHANGES_DEFAULT_ITEMS, type ChangePage, PAGE_MAX_BYTES, type Parsed, type procedures } from '@todo/contract';
import type { OwnerDb, UserId } from '@todo/db';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import { ApiError } from '../errors.ts';
import type { Context } from '../http/context.ts';
import { decodeCursor } from './cursor.ts';
import { listChanges } from './store.ts';

export interface Watcher extends Pick<Context, 'watches' | 'isStillAuthenticated'> {
  userId: UserId;
  tasks: OwnerDb;
}

type WatchChanges = Parsed<(typeof procedures.sync)['watch']>;
type Pages = AsyncGenerator<TrackedEnvelope<ChangePage>, void>;

/** Reads a page only on demand, so a slow reader delays nothing else. Throws UNAUTHENTICATED when the session or the account is gone. */
export const watchChanges = (watcher: Watcher, input: WatchChanges, signal = new AbortController().signal) =>
  withRejectionsHandled(pages(watcher, input, signal));

async function* pages({ userId, tasks, watches, isStillAuthenticated }: Watcher, input: WatchChanges, signal: AbortSignal): Pages {
  using _ = watches.acquire(userId);
  // After a reconnect, `lastEventId` is further than `cursor`.
  let cursor = input.lastEventId ?? input.cursor;
  while (true) {
    const page = await listChanges(tasks, { cursor, limit: CHANGES_DEFAULT_ITEMS }, PAGE_MAX_BYTES);
    yield tracked(page.cursor, page);
    cursor = page.cursor;
    let readable = page.more;
    do {
      readable ||= await watches.waitForChange(userId, decodeCursor(cursor).seq, signal);
      if (!(await isStillAuthenticated())) throw new ApiError('UNAUTHENTICATED');
    } while (!readable);
  }
}

/** tRPC requests a page before the last one is consumed, and awaits it only afterwards. An unhandled rejection in between would end the Node process. */
const withRejectionsHandled = <Page>(pages: AsyncGenerator<Page, void>): AsyncIterable<Page, void> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => {
      const page = pages.next();
      page.catch(() => {});
      return page;
    },
    return: () => pages.return(),
  }),
});
