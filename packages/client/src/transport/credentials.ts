import type { Answer, Send } from './request.ts';

/** A signed-in user, and requests with that user's credentials. */
export interface Login {
  userId: string;
  /** Sends a call once. */
  send: Send;
  stream: typeof fetch;
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

/** Time limit of the request that finds out who is signed in, in ms. All calls wait for it, so one that is lost must not take the time of them all. */
export const FIND_MAX_MS = 5_000;
