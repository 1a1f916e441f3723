import type { UserId } from '@todo/db';
import { ApiError } from '../errors.ts';

/** Takes a place until it is disposed of. Throws RATE_LIMITED when this user has all there are. */
export type ConcurrencyLimit = (owner: UserId) => Disposable;

/** How many long answers one user may be given at once by this instance. */
export function createConcurrencyLimit(perOwnerMax: number, retryAfterSeconds: number): ConcurrencyLimit {
  const taken = new Map<UserId, number>();
  const leave = (owner: UserId) => {
    const count = (taken.get(owner) ?? 1) - 1;
    if (count > 0) taken.set(owner, count);
    else taken.delete(owner);
  };
  return (owner) => {
    const count = taken.get(owner) ?? 0;
    if (count >= perOwnerMax) throw new ApiError('RATE_LIMITED', { retryAfterSeconds });
    taken.set(owner, count + 1);
    return { [Symbol.dispose]: () => leave(owner) };
  };
}
