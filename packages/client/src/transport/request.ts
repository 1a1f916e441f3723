import type { User } from './account.ts';
import { TodoError, unreachable } from './error.ts';

/** A complete response with a JSON body, as every response of a Todo server. */
export interface Answer {
  ok: boolean;
  status: number;
  headers: Headers;
  /** The fields of account responses. */
  content: { user?: User; token?: string; code?: string; message?: string } | null;
  json(): Promise<unknown>;
}

/** Throws SERVER_UNREACHABLE unless a Todo server responds, and TOO_LARGE. */
export type Send = (url: string, init: RequestInit) => Promise<Answer>;

/** Servers and proxies send these without JSON for a request that they do not read. */
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
