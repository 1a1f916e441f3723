import type { User } from './account.ts';
import { TodoError, unreachable } from './error.ts';

/** An answer whose body has arrived and is JSON, as all that a Todo server says is. */
export interface Answer {
  ok: boolean;
  status: number;
  headers: Headers;
  /** What answers about the account may hold. */
  content: { user?: User; token?: string; code?: string; message?: string } | null;
  json(): Promise<unknown>;
}

/** Throws TodoError: SERVER_UNREACHABLE unless a Todo server answers. */
export type Send = (url: string, init: RequestInit) => Promise<Answer>;

/** What servers and proxies say, not in JSON, of a request they do not even read. */
const TOO_LARGE_STATUSES = [413, 414, 431];

export const request: Send = async (url, init) => {
  let answer: Response | undefined;
  try {
    answer = await fetch(url, init);
    const { ok, status, headers } = answer;
    const content: Answer['content'] = JSON.parse(await answer.text());
    return { ok, status, headers, content, json: async () => content };
  } catch (cause) {
    const status = answer?.status;
    if (status && TOO_LARGE_STATUSES.includes(status)) throw new TodoError('TOO_LARGE', 'The request is too large.', { status, cause });
    throw unreachable({ status, cause });
  }
};

export function withBearer(init: RequestInit, token: string | undefined): RequestInit {
  if (token === undefined) return init;
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  return { ...init, headers };
}
