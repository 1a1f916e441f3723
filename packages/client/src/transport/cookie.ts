import { USER_HEADER } from '@todo/contract';
import { type Credentials, createFinding, type Login } from './credentials.ts';
import { refusal, TodoError } from './error.ts';
import type { SendRequest } from './fetch.ts';
import { createSend, withHeader } from './request.ts';

const COOKIE_NOT_KEPT =
  'Signed in, but the browser did not keep the cookie. Serve page and server from one site, over https or from localhost, or use a session store instead.';

/** The browser keeps the session in an HttpOnly cookie, which all its tabs share. */
export function createCookieCredentials(authUrl: string, fetch: SendRequest): Credentials {
  const send = createSend(fetch, 'include');

  /** The server refuses a request if the cookie has become another user's. */
  const loginOf = (userId: string): Login => ({
    userId,
    send: (url, init) => send(url, withHeader(init, USER_HEADER, userId)),
    stream: (url, init) => fetch(url, withHeader({ ...init, credentials: 'include' }, USER_HEADER, userId)),
  });

  const whose = async (signal: AbortSignal): Promise<string | null> => {
    const answer = await send(`${authUrl}/get-session`, { signal });
    if (!answer.ok) throw refusal(answer);
    return answer.content?.user?.id ?? null;
  };

  const finding = createFinding();
  let asking: Promise<string | null> | undefined;
  const askOnce = () => {
    asking ??= finding(whose).finally(() => {
      asking = undefined;
    });
    return asking;
  };

  return {
    find: async (expected) => {
      const userId = expected ?? (await askOnce());
      return userId === null ? null : loginOf(userId);
    },
    ask: send,
    keep: async (_, signal) => {
      // Only a response says that the cookie is not there; a failed request does not.
      const userId = await whose(signal).catch(() => undefined);
      if (userId === null) throw new TodoError('COOKIE_NOT_KEPT', COOKIE_NOT_KEPT);
    },
    drop: async () => {},
  };
}
