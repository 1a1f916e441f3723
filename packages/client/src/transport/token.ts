import { USER_HEADER } from '@todo/contract';
import { type Credentials, createFinding, type Login } from './credentials.ts';
import { misplaced, refusal, TodoError } from './error.ts';
import type { SendRequest } from './fetch.ts';
import { createJwtSource, type Jwt, type JwtSource, readJwt } from './jwt.ts';
import { createSend, withBearer, withHeader } from './request.ts';

/** Storage for the session token. Whoever has the token is signed in as its user. */
export interface SessionStore {
  /** The token, or null if nobody is signed in. */
  load(): string | null | Promise<string | null>;
  save(token: string): void | Promise<void>;
  clear(): void | Promise<void>;
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

/** Keeps a session token in `store`. Procedures are called with short-lived JWTs, which the server issues for the token. */
export function createTokenCredentials(authUrl: string, store: SessionStore, fetch: SendRequest): Credentials {
  const send = createSend(fetch, 'omit');
  const finding = createFinding();
  let latest: { token: string; jwtOf: JwtSource } | undefined;
  const load = () =>
    fromStore(async () => {
      const token = await store.load();
      // Throws here, as an error of the store, if the token is not a valid header value.
      if (token !== null) withBearer({}, token);
      return token;
    });
  const clear = () => fromStore(() => store.clear());

  /** A login keeps its token, also when another one is stored meanwhile. */
  function loginOf(token: string, { userId }: Jwt, jwtOf: JwtSource): Login {
    const named = (init: RequestInit) => withHeader(init, USER_HEADER, userId);
    return {
      userId,
      send: async (url, init) => {
        const jwt = await jwtOf();
        const answer = await send(url, withBearer(named(init), jwt?.text));
        const renewed = answer.status === 401 && jwt ? await jwtOf(jwt) : undefined;
        return renewed ? send(url, withBearer(named(init), renewed.text)) : answer;
      },
      stream: (url, init) => fetch(url, withBearer(named({ ...init, credentials: 'omit' }), token)),
    };
  }

  const makeJwt = async (token: string, signal: AbortSignal): Promise<Jwt | undefined> => {
    const askedAt = performance.now();
    const answer = await send(`${authUrl}/token`, withBearer({ signal }, token));
    if (answer.status === 401) {
      if ((await load()) === token) await clear();
      return undefined;
    }
    if (!answer.ok) throw refusal(answer);
    if (!answer.content?.token) throw misplaced({ status: answer.status });
    // Signed with a new secret of the server, or the same as before.
    const renewed = answer.headers.get('set-auth-token');
    if (renewed !== null && renewed !== token && (await load()) === token) await fromStore(() => store.save(renewed));
    return readJwt(answer.content.token, askedAt);
  };

  return {
    find: async () => {
      const token = await load();
      if (token === null) return null;
      if (latest?.token !== token) latest = { token, jwtOf: createJwtSource(() => finding((signal) => makeJwt(token, signal))) };
      const { jwtOf } = latest;
      const jwt = await jwtOf();
      return jwt ? loginOf(token, jwt, jwtOf) : null;
    },
    ask: async (url, init) => send(url, withBearer(init, (await load()) ?? undefined)),
    keep: async ({ headers, status }) => {
      const token = headers.get('set-auth-token');
      if (token === null) throw misplaced({ status });
      await fromStore(() => store.save(token));
    },
    drop: clear,
  };
}
