import type { AuthEventName } from '@todo/contract';
import type { SQL } from 'drizzle-orm';
import type { Origin } from './rates.ts';

/** A request that Better Auth is answering. */
export interface Guarded extends Origin {
  signal: AbortSignal;
  place: Disposable | undefined;
  /** The password of a sign-up, and its hash. */
  newPassword?: string;
  newHash?: string;
  /** Errors that Better Auth would report as something else. */
  hiddenFailures: Error[];
  /** The user whom the request concerns: the one who is signed in, or whom it has signed in or out. */
  userId?: string;
  /** Of a second factor, as it came with the request. */
  code?: string | undefined;
  /** Of a mail to verify the address, as it came with the request. */
  verification?: string | undefined;
  /** Uses up what the request signs in with. */
  useUp?: () => Promise<void>;
  /** The token of an invitation, as it came with the request. */
  invitation?: string | undefined;
  /** Nothing was wrong, but a code is missing. */
  awaitsCode?: boolean;
  /** What has happened, if that is not what its route says. */
  event?: AuthEventName;
  /** The id of the session that it has begun. */
  newSession?: string;
  /** What a new session rests on, such as the hash of the password: a condition of SQL. If it does not hold any more when the session is there, the sign-in was too late. */
  restsOn?: SQL;
  /** Other events than that of the route, which are stored already. */
  occurred: AuthEventName[];
}
