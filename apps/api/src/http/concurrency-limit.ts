import type { UserId } from '@todo/db';
import { ApiError } from '../errors.ts';

/** Acquires a slot until it is disposed of. Throws RATE_LIMITED if the user has no free slot. */
export type ConcurrencyLimit = (owner: UserId) => Disposable;

export function createConcurrencyLimit(perOwnerMax: number, retryAfterSeconds: number): ConcurrencyLimit {
  const taken = new Map<UserId, number>();
  const release = (owner: UserId) => {
    const count = (taken.get(owner) ?? 1) - 1;
    if (count > 0) taken.set(owner, count);
    else taken.delete(owner);
  };
  return (owner) => {
    const count = taken.get(owner) ?? 0;
    if (count >= perOwnerMax) throw new ApiError('RATE_LIMITED', { retryAfterSeconds });
    taken.set(owner, count + 1);
    return { [Symbol.dispose]: () => release(owner) };
  };
}
