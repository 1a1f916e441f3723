import { USER_HEADER } from '@todo/contract';
import type { Credentials, Login } from './credentials.ts';
import { refusal, toTodoError } from './error.ts';
import { type Limit, throwIfAborted } from './limit.ts';
import { explain } from './origin.ts';
import { type Answer, withHeader } from './request.ts';
import { withRetries } from './retry.ts';
import type { Tabs } from './tabs.ts';
import { createActingUser, notSignedIn, type UserListener, userChanged } from './user.ts';

/** A call, or several that belong together, for the user for whom they began. */
export interface Begun {
  /** The login of this user. Throws UNAUTHENTICATED and USER_CHANGED. */
  login(): Promise<Login>;
  /** Sends a request of a call, with retries. */
  send(url: string, init: RequestInit, limit: Limit): Promise<Answer>;
}

/** Sends requests for the user for whom the client acts, and for nobody else. */
export interface Session {
  /** For whom the client acts: null for nobody, undefined before that is known. */
  readonly userId: string | null | undefined;
  /** Whom the application has signed out since it last had a user: null for nobody, undefined for somebody whom it never knew. */
  readonly leftUserId: string | null | undefined;
  /** Begins a call for the user for whom the client acts now, or for the given one. */
  begin(userId?: string): Begun;
  /** Finds out who is signed in; null for nobody. */
  find(): Promise<string | null>;
  /** Sends an account request as whoever is signed in. With `isOwn` the server refuses it for another user. */
  ask(url: string, init: RequestInit, isOwn: boolean): Promise<Answer>;
  /** The application has signed this user in. */
  keep(userId: string, answer: Answer, signal: AbortSignal): Promise<void>;
  /** The application has asked who is signed in. */
  found(userId: string | null): void;
  /** The application has signed out. With `isKept` the session that is stored is another user's. */
  end(isKept: boolean): Promise<void>;
  /** The server has refused a request for this user. */
  refused(error: unknown, userId: string): void;
  /** Throws the error, or ORIGIN_REFUSED instead of SERVER_UNREACHABLE if that is the cause. */
  explain(error: unknown, signal?: AbortSignal | null): Promise<never>;
  /** Calls the listener when another user is signed in, or nobody. */
  subscribe(listener: UserListener): () => void;
}

export function createSession(credentials: Credentials, tabs: Tabs, serverUrl: string): Session {
  const user = createActingUser(tabs);

  /** Unless the application has signed in or out meanwhile, which makes this old news. */
  const notice = (acting: string | null | undefined, userId: string | null) => {
    if (acting === user.id) user.notice(userId);
  };
  const check = () => {
    const acting = user.id;
    credentials.find().then(
      (login) => notice(acting, login?.userId ?? null),
      () => {},
    );
  };

  /** `bound` is the user with whom the call began, who may no longer be signed in. */
  const loginOf = async (bound: string | null | undefined): Promise<Login> => {
    const login = bound === null ? null : await credentials.find(bound);
    if (!login) {
      notice(bound, null);
      throw notSignedIn();
    }
    if (user.id === undefined) user.set(login.userId, false);
    if (login.userId === (bound ?? user.id)) return login;
    notice(bound, login.userId);
    throw userChanged();
  };

  const refused: Session['refused'] = (error, userId) => {
    const { reason } = toTodoError(error);
    if (reason === 'USER_CHANGED' && userId === user.id) check();
    if (reason === 'UNAUTHENTICATED') notice(userId, null);
  };

  const find = async (): Promise<string | null> => {
    const acting = user.id;
    const login = await credentials.find().catch((error: unknown) => explainAt(error));
    const userId = login?.userId ?? null;
    if (user.id === undefined && login) user.set(userId, false);
    else notice(acting, userId);
    return userId;
  };

  const explainAt: Session['explain'] = async (error, signal) => {
    throw await explain(error, serverUrl, signal);
  };

  return {
    get userId() {
      return user.id;
    },
    get leftUserId() {
      return user.left;
    },
    find,
    begin: (userId) => {
      const bound = userId ?? user.id;
      let found: Login | undefined;
      const login = async () => {
        found ??= await loginOf(bound);
        return found;
      };
      return {
        login,
        send: async (url, init, limit) => {
          const sending = withRetries(async () => (await login()).send(url, { ...init, signal: limit.signal }), limit);
          const answer = await sending.catch((error: unknown) => explainAt(error, limit.signal));
          if (!answer.ok && found) refused(refusal(answer), found.userId);
          return answer;
        },
      };
    },
    ask: async (url, init, isOwn) => {
      const named = (isOwn && user.id) || undefined;
      const answer = await credentials.ask(url, withHeader(init, USER_HEADER, named)).catch((error: unknown) => explainAt(error, init.signal));
      if (!answer.ok && named !== undefined) refused(refusal(answer), named);
      return answer;
    },
    explain: explainAt,
    keep: async (userId, answer, signal) => {
      await credentials.keep(answer, signal);
      throwIfAborted(signal);
      user.set(userId, true);
    },
    found: (userId) => user.set(userId, false),
    end: async (isKept) => {
      if (!isKept) return credentials.drop().finally(() => user.set(null, true));
      user.leave();
      check();
    },
    refused,
    subscribe: (listener) => user.subscribe(listener, check),
  };
}
