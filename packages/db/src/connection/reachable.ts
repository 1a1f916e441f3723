import { setTimeout as delay } from 'node:timers/promises';
import { describeFailure, findFailure, isRefused } from './failure.ts';

/** Pauses between two tries, in ms; each is spread by half. */
const [FIRST_PAUSE, LAST_PAUSE] = [100, 1_000];

/**
 * Repeats `work` until the database can be reached, with growing pauses. Logs the cause when it cannot, and when it can again. A server that answers and
 * refuses the login, or that lacks the database, ends this at once, as does every other error.
 */
export async function whenReachable<Result>(work: () => Promise<Result>, log: (message: string) => void, signal: AbortSignal): Promise<Result> {
  for (let pause = FIRST_PAUSE, cause: string | undefined; ; pause = Math.min(2 * pause, LAST_PAUSE)) {
    try {
      const result = await work();
      if (cause !== undefined) log('The database can be used.');
      return result;
    } catch (error) {
      const failure = findFailure(error);
      if (failure?.reason !== 'DATABASE_UNAVAILABLE' || isRefused(failure)) throw error;
      const now = describeFailure(failure);
      if (now !== cause) log(`The database cannot be used, the server waits for it: ${now}`);
      cause = now;
      await delay(pause * (0.5 + Math.random()), undefined, { signal });
    }
  }
}
