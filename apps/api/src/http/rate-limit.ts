import type { UserId } from '@todo/db';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError } from '../errors.ts';

/** Counts a call of a user. Throws RATE_LIMITED after too many. */
export type RateLimit = (userId: UserId) => Promise<void>;

/** Limits the calls of each user on this instance; other instances count separately. 0 means no limit. */
export function createRateLimit(callsPerMinute: number): RateLimit {
  if (callsPerMinute === 0) return async () => {};
  const limiter = new RateLimiterMemory({ points: callsPerMinute, duration: 60 });
  return async (userId) => {
    try {
      await limiter.consume(userId);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new ApiError('RATE_LIMITED', { retryAfterSeconds: Math.ceil(refusal.msBeforeNext / 1000) });
    }
  };
}
