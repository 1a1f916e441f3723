import type { UserId } from '@todo/db';
import { ApiError } from '../errors.ts';

/** Acquires units until it is disposed of; one by default. Throws RATE_LIMITED if the user has too few left, OVERLOADED if all users together have. */
export type ConcurrencyLimit = (owner: UserId, units?: number) => Disposable;

export interface ConcurrencyLimitOptions {
  perOwnerMax: number;
  /** For all users together; unlimited by default. */
  totalMax?: number;
  retryAfterSeconds: number;
}

export function createConcurrencyLimit({ perOwnerMax, totalMax = Number.POSITIVE_INFINITY, retryAfterSeconds }: ConcurrencyLimitOptions): ConcurrencyLimit {
  const taken = new Map<UserId, number>();
  let total = 0;
  return (owner, units = 1) => {
    const before = taken.get(owner) ?? 0;
    if (before + units > perOwnerMax) throw new ApiError('RATE_LIMITED', { retryAfterSeconds });
    if (total + units > totalMax) throw new ApiError('OVERLOADED', { retryAfterSeconds });
    taken.set(owner, before + units);
    total += units;
    const release = () => {
      total -= units;
      const left = (taken.get(owner) ?? 0) - units;
      if (left > 0) taken.set(owner, left);
      else taken.delete(owner);
    };
    return { [Symbol.dispose]: release };
  };
}
