import { toTodoError } from './error.ts';
import type { SendRequest } from './fetch.ts';
import { within } from './limit.ts';
import type { Answer, Send } from './request.ts';

/** A signed-in user, and requests with that user's credentials. */
export interface Login {
  userId: string;
  /** Sends a call once. */
  send: Send;
  /** Opens a stream. */
  stream: SendRequest;
}

/** Where a client finds who is signed in. */
export interface Credentials {
  /** The login at hand; null if nobody is signed in. `expected` saves a request where credentials do not say whose they are. */
  find(expected?: string | null): Promise<Login | null>;
  /** Sends an account request as whoever is signed in. */
  ask: Send;
  /** Keeps the session of a response to a sign-in. Throws COOKIE_NOT_KEPT. */
  keep(answer: Answer, signal: AbortSignal): Promise<void>;
  /** Forgets the session. */
  drop(): Promise<void>;
}

/** Time limits of a request that finds out who is signed in, in ms. */
const FIND_FIRST_MS = 2_000;
const FIND_LAST_MS = 8_000;

/** Runs a request that finds out who is signed in. Throws CALL_TIMED_OUT. */
export type Finding = <Found>(ask: (signal: AbortSignal) => Promise<Found>) => Promise<Found>;

/** All calls wait for such a request, so one that is lost must not take the time of them all. On a slow network each may take longer than the one before. */
export function createFinding(): Finding {
  let limitMs = FIND_FIRST_MS;
  return async (ask) => {
    try {
      const found = await within(limitMs, undefined, ({ signal }) => ask(signal));
      limitMs = FIND_FIRST_MS;
      return found;
    } catch (error) {
      if (toTodoError(error).reason === 'CALL_TIMED_OUT') limitMs = Math.min(FIND_LAST_MS, 2 * limitMs);
      throw error;
    }
  };
}
