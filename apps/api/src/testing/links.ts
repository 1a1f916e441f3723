import { expect } from 'vitest';
import { BASE_URL, json, listen, type Person, startTestApi, type TestOptions } from './api.ts';
import { openMailbox } from './mailbox.ts';

/** A browser that keeps cookies, at the page of the server. */
export interface Visitor {
  post(path: string, body: object): Promise<Response>;
  get(path: string): Promise<Response>;
  /** The names of the cookies that it has. */
  cookies(): string[];
}

/** Two answers that somebody cannot tell apart are equal here. */
export const seen = async (answer: Response) => {
  const { date: _, 'x-request-id': __, 'set-cookie': ___, ...headers } = Object.fromEntries(answer.headers);
  const cookies = answer.headers.getSetCookie().map((line) => line.replace(/=[^;]*/, '='));
  return [answer.status, headers, cookies, await answer.text()];
};

/** A server that sends links which sign in, and what comes by mail. */
export async function startLinks(options: TestOptions = {}) {
  const stack = new AsyncDisposableStack();
  const mailbox = stack.use(await openMailbox());
  const api = stack.use(await startTestApi({ mailUrl: mailbox.url, signInByMail: true, ...options }));

  const { port } = stack.use(await listen(api.handle, { host: '127.0.0.1', port: 0 }));

  const visitor = (person?: Person): Visitor => {
    const pairs = person?.headers.cookie.cookie?.split('; ') ?? [];
    const jar = new Map(pairs.map((pair): [string, string] => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
    const send = async (path: string, init: RequestInit) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers: { ...init.headers, origin: BASE_URL, ...(cookie && { cookie }) } });
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
        if (/max-age=0/i.test(line)) jar.delete(name);
        else jar.set(name, value);
      }
      return answer;
    };
    return {
      post: (path, body) => send(`/api/auth/${path}`, json(body)),
      get: (path) => send(path, {}),
      cookies: () => [...jar.keys()].map((name) => name.split('.').at(-1) ?? ''),
    };
  };

  const tokensTo = (email: string) => mailbox.tokensTo(email, 'sign-in');
  return {
    api,
    visitor,
    mailbox,
    textsTo: mailbox.textsTo,
    tokensTo,
    /** Asks for a link, and returns its token. */
    ask: async (browser: Visitor, email: string): Promise<string> => {
      const before = tokensTo(email).length;
      expect((await browser.post('request-sign-in-link', { email })).status).toBe(200);
      await expect.poll(() => tokensTo(email).length).toBe(before + 1);
      return tokensTo(email).at(-1) ?? '';
    },
    /** Who is signed in. */
    whose: async (browser: Visitor): Promise<string | undefined> => Object(await (await browser.get('/api/auth/get-session')).json())?.user?.email,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export type Links = Awaited<ReturnType<typeof startLinks>>;
