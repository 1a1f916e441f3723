import { CHANGES_DEFAULT_ITEMS, type ChangePage, type Parsed, type procedures } from '@todo/contract';
import type { OwnerDb, UserId } from '@todo/db';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import { ApiError } from '../errors.ts';
import { decodeCursor } from './cursor.ts';
import { readChanges } from './store.ts';
import type { Watches } from './watches.ts';

/** Whose changes a watch tells, and what keeps it to them. */
export interface Watcher {
  userId: UserId;
  tasks: OwnerDb;
  watches: Watches;
  /** Whether the request's credential still proves this user. */
  isStillProven(): Promise<boolean>;
}

type WatchChanges = Parsed<(typeof procedures.sync)['watch']>;
type Pages = AsyncGenerator<TrackedEnvelope<ChangePage>, void>;

/**
 * The pages of sync.changes as they come to be, the first at once; the id of each leads to the next. The next page is read when this one has been taken,
 * and after the user was proven again, so a slow reader holds up nothing but itself. Throws UNAUTHENTICATED when the session or the account is gone.
 */
export const watchChanges = (watcher: Watcher, input: WatchChanges, signal = new AbortController().signal) => heard(pages(watcher, input, signal));

async function* pages({ userId, tasks, watches, isStillProven }: Watcher, input: WatchChanges, signal: AbortSignal): Pages {
  using _ = watches.enter(userId);
  // A client that connects again has read further than the cursor it began with.
  let position = decodeCursor(input.lastEventId ?? input.cursor);
  while (true) {
    const { page, next } = await readChanges(tasks, position, CHANGES_DEFAULT_ITEMS);
    yield tracked(page.cursor, page);
    position = next;
    let readable = page.more;
    do {
      readable ||= await watches.moved(userId, position.seq, signal);
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
