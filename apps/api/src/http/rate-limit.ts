import { RateLimited } from '@todo/auth';
import type { UserId } from '@todo/db';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Counts calls of a user. Throws RateLimited after too many. */
export type RateLimit = (userId: UserId, calls: number) => Promise<void>;

const WINDOW_SECONDS = 60;

/** Limits the calls of each user on this instance; other instances count separately. 0 means no limit. */
export function createRateLimit(callsPerMinute: number): RateLimit {
  if (callsPerMinute === 0) return async () => {};
  const limiter = new RateLimiterMemory({ points: callsPerMinute, duration: WINDOW_SECONDS });
  return async (userId, calls) => {
    try {
      await limiter.consume(userId, calls);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const rate = { name: 'procedure-calls', quota: callsPerMinute, windowSeconds: WINDOW_SECONDS };
      throw new RateLimited(Math.ceil(refusal.msBeforeNext / 1000), rate);
    }
  };
}
