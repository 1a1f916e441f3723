import { type ChangePage, STREAM_SILENCE_MAX_MS } from '@todo/contract';
import { call } from './transport/call.ts';
import type { CallOptions } from './transport/limit.ts';
import type { Session } from './transport/session.ts';
import type { UserListener } from './transport/user.ts';
import { watch } from './transport/watch.ts';

/** Calls for one user, which fail with USER_CHANGED or UNAUTHENTICATED when that user is not the one who is signed in. */
export interface UserConnection {
  /** Calls a procedure by its path, such as tasks.edit, with a mutation id in the input of a mutation. */
  call(path: string, input: object, options?: CallOptions): Promise<unknown>;
  /** Streams the pages of changes after the cursor. Calls `onHeard` for each sign of life. */
  watch(cursor: string | undefined, options: { signal: AbortSignal; onHeard?: () => void }): AsyncIterable<ChangePage>;
  /** Makes mutation ids. */
  randomUUID(): string;
}

/** What a replica needs of a client. */
export interface Connection {
  /** The address of the server. */
  readonly url: string;
  /** For whom the client acts: null for nobody, undefined before that is known. */
  readonly userId: string | null | undefined;
  /** Whom the application has signed out since it last had a user: null for nobody, undefined for somebody whom the client never knew. */
  readonly leftUserId: string | null | undefined;
  /** Finds out who is signed in; null for nobody. Throws a TodoError. */
  find(): Promise<string | null>;
  /** Calls the listener at once when another user is signed in than before, or nobody. Returns a function that unsubscribes it. */
  onUserChange(listener: UserListener): () => void;
  as(userId: string): UserConnection;
  /** Makes mutation ids, and the ids of what is created. */
  randomUUID(): string;
}

export function createConnection(url: string, session: Session, timeoutMs: number, randomUUID: () => string): Connection {
  const trpcUrl = `${url}/trpc`;
  return {
    url,
    get userId() {
      return session.userId;
    },
    get leftUserId() {
      return session.leftUserId;
    },
    find: session.find,
    onUserChange: session.subscribe,
    randomUUID,
    as: (userId) => ({
      randomUUID,
      call: (path, input, options) => call({ trpcUrl, begin: () => session.begin(userId), timeoutMs }, path, input, options),
      watch: (cursor, options) => watch(session, trpcUrl, userId, cursor, { openMs: Math.min(timeoutMs, STREAM_SILENCE_MAX_MS), ...options }),
    }),
  };
}
