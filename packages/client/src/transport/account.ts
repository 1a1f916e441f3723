import { LONG_CALL_MAX_MS } from '@todo/contract';
import { misplaced, refusal, TodoError } from './error.ts';
import { type CallOptions, type Limit, within } from './limit.ts';
import type { Answer } from './request.ts';
import type { Session } from './session.ts';

export interface User {
  id: string;
  name: string;
  email: string;
}

/** The client acts for the user whom signUp, signIn or currentUser last returned; before that, for whoever is signed in at its first call. */
export interface Account {
  /** Creates an account and signs in. Fails with EMAIL_TAKEN, or INVALID_INPUT for a password of less than 8 characters. */
  signUp(input: { name: string; email: string; password: string }, options?: CallOptions): Promise<User>;
  /** Fails with CREDENTIALS_WRONG. */
  signIn(input: { email: string; password: string }, options?: CallOptions): Promise<User>;
  /** The signed-in user, or null. Calling this extends the session, which otherwise expires after 30 days. */
  currentUser(options?: CallOptions): Promise<User | null>;
  /** Ends the session on the server. The stored token is cleared even if the request fails, unless another user has signed in. */
  signOut(options?: CallOptions): Promise<void>;
  /** Permanently deletes the account with all its tasks. Fails with CREDENTIALS_WRONG. */
  deleteAccount(input: { password: string }, options?: CallOptions): Promise<void>;
  /**
   * Calls the listener with the id of the user who is signed in now, or null, whenever that is another one than before: by this client, or by another tab.
   * In the latter case every call fails with USER_CHANGED until currentUser or signIn returns that user. Returns a function that unsubscribes it.
   */
  onUserChange(listener: (userId: string | null) => void): () => void;
}

function userIn({ status, content }: Answer): User {
  if (!content?.user) throw misplaced({ status });
  const { id, name, email } = content.user;
  return { id, name, email };
}

export function createAccount(authUrl: string, session: Session, timeoutMs: number): Account {
  const limited = <Result>(options: CallOptions | undefined, work: (limit: Limit) => Promise<Result>, longestMs = timeoutMs) =>
    within(options?.timeoutMs ?? longestMs, options?.signal, work);

  const ask = async (path: string, init: RequestInit, isOwn = false): Promise<Answer> => {
    const answer = await session.ask(`${authUrl}/${path}`, init, isOwn);
    if (!answer.ok) throw refusal(answer);
    return answer;
  };
  const jsonOf = (body: object, { signal }: Limit): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });

  const authenticate = (path: string, body: object, options?: CallOptions): Promise<User> =>
    limited(options, async (limit) => {
      const answer = await ask(path, jsonOf(body, limit));
      const user = userIn(answer);
      await session.keep(user.id, answer, limit.signal);
      return user;
    });

  return {
    signUp: ({ name, email, password }, options) => authenticate('sign-up/email', { name, email, password }, options),
    signIn: ({ email, password }, options) => authenticate('sign-in/email', { email, password }, options),
    currentUser: (options) =>
      limited(options, async ({ signal }) => {
        const answer = await ask('get-session', { signal });
        const user = answer.content === null ? null : userIn(answer);
        signal.throwIfAborted();
        session.found(user?.id ?? null);
        return user;
      }),
    signOut: async (options) => {
      let isKept = false;
      try {
        await limited(options, (limit) => ask('sign-out', jsonOf({}, limit), true));
      } catch (error) {
        isKept = error instanceof TodoError && error.reason === 'USER_CHANGED';
        throw error;
      } finally {
        await within(timeoutMs, undefined, () => session.end(isKept));
      }
    },
    deleteAccount: ({ password }, options) =>
      limited(
        options,
        async (limit) => {
          await ask('delete-user', jsonOf({ password }, limit), true);
          await session.end(false);
        },
        LONG_CALL_MAX_MS,
      ),
    onUserChange: (listener) => session.subscribe((userId) => queueMicrotask(() => listener(userId))),
  };
}
