import { refusal, TodoError, unreachable } from './error.ts';
import { createJwtSource, type Jwt, type JwtSource, readJwt } from './jwt.ts';
import { type Answer, request, type Send, withBearer } from './request.ts';
import { withRetries } from './retry.ts';

/** Storage for the session token. Whoever has the token is signed in as its user. */
export interface SessionStore {
  /** The token, or null if nobody is signed in. */
  load(): string | null | Promise<string | null>;
  save(token: string): void | Promise<void>;
  clear(): void | Promise<void>;
}

/** Sends requests with the credentials of the signed-in user. */
export interface Session {
  /** Sends a call of a procedure, with retries, but never as a user who signs in meanwhile. */
  call: Send;
  ask: Send;
  stream: typeof fetch;
  /** A session bound to the current login. With a cookie that is not possible, so it is the same session. */
  pin(): Promise<Session>;
  /** Stores the session from the response to a sign-in. */
  begin(answer: Answer): Promise<void>;
  end(): Promise<void>;
}

/** The browser keeps the session in an HttpOnly cookie. */
export function createCookieSession(): Session {
  const send: Send = (url, init) => request(url, { ...init, credentials: 'include' });
  let changes = 0;
  const session: Session = {
    call: (url, init) => {
      const before = changes;
      return withRetries(
        () => send(url, init),
        () => changes === before,
        init.signal,
      );
    },
    // A POST may sign in or out, so the cookie changes sometime between request and response.
    ask: async (url, init) => {
      const change = init.method === 'POST' ? 1 : 0;
      changes += change;
      return send(url, init).finally(() => {
        changes += change;
      });
    },
    stream: (url, init) => fetch(url, { ...init, credentials: 'include' }),
    pin: async () => session,
    begin: async () => {},
    end: async () => {},
  };
  return session;
}

export function createMemoryStore(kept: string | null = null): SessionStore {
  return {
    load: () => kept,
    save: (token) => {
      kept = token;
    },
    clear: () => {
      kept = null;
    },
  };
}

async function fromStore<Kept>(act: () => Kept | Promise<Kept>): Promise<Kept> {
  try {
    return await act();
  } catch (cause) {
    throw new TodoError('STORE_FAILED', 'The session store failed.', { cause });
  }
}

const send: Send = (url, init) => request(url, { ...init, credentials: 'omit' });

/** Keeps a session token in `store`. Procedures are called with short-lived JWTs, which `jwtUrl` issues for the token. */
export function createTokenSession(jwtUrl: string, store: SessionStore): Session {
  let login: { token: string; jwt: JwtSource } | undefined;
  const load = () =>
    fromStore(async () => {
      const token = await store.load();
      // Throws here, as an error of the store, if the token is not a valid header value.
      if (token !== null) withBearer({}, token);
      return token;
    });
  const clear = () => fromStore(() => store.clear());

  const makeJwt = async (token: string): Promise<Jwt | undefined> => {
    const askedAt = performance.now();
    const answer = await send(jwtUrl, withBearer({}, token));
    if (answer.status === 401) {
      if ((await load()) === token) await clear();
      return undefined;
    }
    if (!answer.content?.token) throw refusal(answer);
    return readJwt(answer.content.token, askedAt);
  };

  const current = async () => {
    const token = await load();
    if (token === null) return undefined;
    if (login?.token !== token) login = { token, jwt: createJwtSource(() => makeJwt(token)) };
    return login;
  };

  return {
    // Retries use the login with which the call began.
    call: async (url, init) => {
      const caller = await current();
      const sendOnce = async () => {
        const jwt = await caller?.jwt();
        const answer = await send(url, withBearer(init, jwt));
        if (answer.status !== 401 || !jwt) return answer;
        const renewed = await caller?.jwt(jwt);
        return renewed ? send(url, withBearer(init, renewed)) : answer;
      };
      return withRetries(sendOnce, () => true, init.signal);
    },
    ask: async (url, init) => send(url, withBearer(init, (await current())?.token)),
    stream: async (url, init = {}) => fetch(url, withBearer({ ...init, credentials: 'omit' }, (await current())?.token)),
    pin: async () => createTokenSession(jwtUrl, createMemoryStore(await load())),
    begin: async ({ headers, status }) => {
      const token = headers.get('set-auth-token');
      if (token === null) throw unreachable({ status });
      await fromStore(() => store.save(token));
    },
    end: clear,
  };
}

/** Adds a signal that is aborted when this client signs in or out. */
export function withLogin(session: Session): Session & { login(): AbortSignal } {
  let present = new AbortController();
  const end = () => {
    present.abort();
    present = new AbortController();
  };
  return {
    ...session,
    login: () => present.signal,
    begin: (answer) => session.begin(answer).finally(end),
    end: () => session.end().finally(end),
  };
}
