import { availableParallelism } from 'node:os';
import { RateLimited } from './rate-limited.ts';

/**
 * A hash occupies a processor, and one of libuv's four threads, for long. One processor is left for calls if there are several, and two threads for DNS and for
 * WebCrypto, which verifies JWTs.
 */
export const PASSWORDS_AT_ONCE = Math.min(2, Math.max(1, availableParallelism() - 1));

/** Requests that wait for a password to be hashed. Those that come when all places are taken are refused. */
export const PASSWORDS_WAITING_MAX = 32;

const RETRY_SECONDS = 5;

export interface PasswordQueue {
  /** Admits a request that will hash a password, until it is disposed of. Throws RateLimited when too many are inside. */
  enter(): Disposable;
  /** Runs a hash when it is its turn, in the order of the calls. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Counts since the start: passwords hashed, and requests refused. */
  figures(): { hashed: number; refused: number };
}

/** Bounds how many passwords this process hashes at a time, and how many requests wait for that. */
export function createPasswordQueue(): PasswordQueue {
  let inside = 0;
  let running = 0;
  let hashed = 0;
  let refused = 0;
  const waiting: (() => void)[] = [];
  return {
    enter: () => {
      if (inside >= PASSWORDS_AT_ONCE + PASSWORDS_WAITING_MAX) {
        refused += 1;
        throw new RateLimited(RETRY_SECONDS);
      }
      inside += 1;
      let left = false;
      const leave = () => {
        if (!left) inside -= 1;
        left = true;
      };
      return { [Symbol.dispose]: leave };
    },
    run: async (work) => {
      if (running < PASSWORDS_AT_ONCE) running += 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        const result = await work();
        hashed += 1;
        return result;
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
      }
    },
    figures: () => ({ hashed, refused }),
  };
}
