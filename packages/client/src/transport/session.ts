import { refusal, TodoError, unreachable } from './error.ts';
import { createJwtSource, type Jwt, type JwtSource, readJwt } from './jwt.ts';
import { type Answer, request, type Send, withBearer } from './request.ts';
import { persist } from './retry.ts';

/** Where a session token is kept. It says who is signed in, and whoever has it is. */
export interface SessionStore {
  /** The token, or null when nobody is signed in. */
  load(): string | null | Promise<string | null>;
  save(token: string): void | Promise<void>;
  clear(): void | Promise<void>;
}

/** How requests prove who is signed in. */
export interface Session {
  /** Sends a call of a procedure, again if need be, and never as somebody who signs in meanwhile. */
  call: Send;
  /** Sends a request about the account. */
  ask: Send;
  /** Opens a stream. */
  stream: typeof fetch;
  /** A session that stays with the present login, as far as anything on our side can: not with a cookie. */
  pin(): Promise<Session>;
  /** Keeps the session that the answer to a sign-in carries. */
  begin(answer: Answer): Promise<void>;
  /** Forgets it. */
  end(): Promise<void>;
}

/** The browser keeps the session, in a cookie that no script can read. */
export function createCookieSession(): Session {
  const send: Send = (url, init) => request(url, { ...init, credentials: 'include' });
  let changes = 0;
  const session: Session = {
    call: (url, init) => {
      const before = changes;
      return persist(
        () => send(url, init),
        () => changes === before,
        init.signal,
      );
    },
    // Whoever asks for something else than to read may sign in or out: the cookie changes at some moment in between.
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

/** The session is a token in a store. Procedures are called with short-lived JWTs, which `jwtUrl` gives for the token. */
export function createTokenSession(jwtUrl: string, store: SessionStore): Session {
  let login: { token: string; jwt: JwtSource } | undefined;
  const load = () =>
    fromStore(async () => {
      const token = await store.load();
      // Fails here, as the store's fault, when it is nothing that a header can carry.
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
    // A call stays with the login it began with.
    call: async (url, init) => {
      const caller = await current();
      const sendOnce = async () => {
        const jwt = await caller?.jwt();
        const answer = await send(url, withBearer(init, jwt));
        if (answer.status !== 401 || !jwt) return answer;
        const renewed = await caller?.jwt(jwt);
        return renewed ? send(url, withBearer(init, renewed)) : answer;
      };
      return persist(sendOnce, () => true, init.signal);
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

/** The same session, with a signal that is aborted when this client signs in or out. */
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
