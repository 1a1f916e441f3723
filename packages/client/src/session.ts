import { refusal, TodoError, unreachable } from './error.ts';
import { createJwtSource, type Jwt, type JwtSource, readJwt } from './jwt.ts';
import { type Answer, request, type Send, withBearer } from './request.ts';

/** Where a session token is kept. It says who is signed in, and whoever has it is. */
export interface SessionStore {
  /** The token, or null when nobody is signed in. */
  load(): string | null | Promise<string | null>;
  save(token: string): void | Promise<void>;
  clear(): void | Promise<void>;
}

/** How requests prove who is signed in. */
export interface Session {
  /** Sends a call of a procedure. */
  call: Send;
  /** Sends a request about the account. */
  ask: Send;
  /** Keeps the session that the answer to a sign-in carries. */
  begin(answer: Answer): Promise<void>;
  /** Forgets it. */
  end(): Promise<void>;
}

/** The browser keeps the session, in a cookie that no script can read. */
export function createCookieSession(): Session {
  const send: Send = (url, init) => request(url, { ...init, credentials: 'include' });
  return { call: send, ask: send, begin: async () => {}, end: async () => {} };
}

export function createMemoryStore(): SessionStore {
  let kept: string | null = null;
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
    // A call stays with the login it began with, so that it never runs as somebody who signs in meanwhile.
    call: async (url, init) => {
      const caller = await current();
      const jwt = await caller?.jwt();
      const answer = await send(url, withBearer(init, jwt));
      if (answer.status !== 401 || !jwt) return answer;
      const renewed = await caller?.jwt(jwt);
      return renewed ? send(url, withBearer(init, renewed)) : answer;
    },
    ask: async (url, init) => send(url, withBearer(init, (await current())?.token)),
    begin: async ({ headers, status }) => {
      const token = headers.get('set-auth-token');
      if (token === null) throw unreachable({ status });
      await fromStore(() => store.save(token));
    },
    end: clear,
  };
}
