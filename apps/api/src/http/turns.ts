import { ApiError, RETRY_SECONDS } from '../errors.ts';

/**
 * Lets one caller go on in each turn of the event loop, in the order of the calls, so that many of them at once do not delay everything else. Throws OVERLOADED
 * while `max` wait.
 */
export function createTurns(max: number): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  return () => {
    if (waiting >= max) throw new ApiError('OVERLOADED', { retryAfterSeconds: RETRY_SECONDS });
    waiting += 1;
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last.finally(() => {
      waiting -= 1;
    });
  };
}
