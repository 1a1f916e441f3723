import type { UserId } from '@todo/db';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError } from '../errors.ts';

/** Counts a call of a user; throws RATE_LIMITED when there were too many. */
export type RateLimit = (userId: UserId) => Promise<void>;

/** Protects one instance from one user, so each instance counts for itself. 0 means no limit. */
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
