import type { OwnerDb, UserId } from '@todo/db';
import { tracked } from '@trpc/server';
import { ApiError } from '../errors.ts';
import { decodeEventId, encodeEventId, type WatchChangesInput } from './input.ts';
import { listChanges } from './store.ts';
import type { Watches } from './watches.ts';

/** Whose changes a watch tells, and what keeps it to them. */
export interface Watcher {
  userId: UserId;
  tasks: OwnerDb;
  watches: Watches;
  /** Whether the request's credential still proves this user. */
  isStillProven(): Promise<boolean>;
}

const PAGE = 200;

/**
 * The pages of sync.changes as they come to be, the first at once; the id of each leads to the next. The next page is read when this one has been taken,
 * and after the user was proven again, so a slow reader holds up nothing but itself. Throws UNAUTHENTICATED when the session or the account is gone.
 */
export const watchChanges = (watcher: Watcher, input: WatchChangesInput, signal = new AbortController().signal) => heard(pages(watcher, input, signal));

async function* pages({ userId, tasks, watches, isStillProven }: Watcher, input: WatchChangesInput, signal: AbortSignal) {
  using _ = watches.enter(userId);
  let { since, sinceHash } = input.lastEventId === undefined ? input : decodeEventId(input.lastEventId);
  while (true) {
    const page = await listChanges(tasks, { since, sinceHash, limit: PAGE });
    yield tracked(encodeEventId(page.next, page.nextHash), page);
    since = page.next;
    sinceHash = page.nextHash;
    let readable = page.more;
    do {
      readable ||= await watches.moved(userId, since, signal);
      if (!(await isStillProven())) throw new ApiError('UNAUTHENTICATED');
    } while (!readable);
  }
}

/** tRPC asks for the next page before the last one is taken, and listens to the answer after that. A failure that nobody listens to ends a Node process. */
const heard = <Page>(pages: AsyncGenerator<Page, void>): AsyncIterable<Page, void> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => {
      const page = pages.next();
      page.catch(() => {});
      return page;
    },
    return: () => pages.return(),
  }),
});
