import { type ErrorData, reasons } from '@todo/contract';
import type { User } from './account.ts';
import { misplaced, TodoError, unreachable } from './error.ts';

/** A complete response with a JSON body, as every response of a Todo server. */
export interface Answer {
  ok: boolean;
  status: number;
  headers: Headers;
  /** The fields of responses: of procedures, of account requests, and of an error. */
  content: {
    result?: { data?: unknown };
    error?: { message?: string; data?: Partial<ErrorData> | null };
    user?: User;
    token?: string;
    code?: string;
    message?: string;
  } | null;
}

/** Throws SERVER_UNREACHABLE, ADDRESS_WRONG and TOO_LARGE, and the reason of the signal when it is aborted. */
export type Send = (url: string, init: RequestInit) => Promise<Answer>;

/** Servers and proxies send these without JSON for a request that they do not read. */
const TOO_LARGE_STATUSES = [413, 414, 431];

/** A response without JSON comes from something in front of the server, or from something else. */
function notTodo(status: number, cause: unknown): TodoError {
  if (TOO_LARGE_STATUSES.includes(status)) return new TodoError('TOO_LARGE', reasons.TOO_LARGE.message, { status, cause });
  return status < 500 ? misplaced({ status, cause }) : unreachable({ status, cause });
}

/** Reads a response. A body that does not arrive whole is like none. */
export async function readAnswer(answer: Response): Promise<Answer> {
  const { ok, status, headers } = answer;
  const text = await answer.text();
  try {
    const content: Answer['content'] = JSON.parse(text);
    return { ok, status, headers, content };
  } catch (cause) {
    throw notTodo(status, cause);
  }
}

export const request: Send = async (url, init) => {
  try {
    return await readAnswer(await fetch(url, init));
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw cause instanceof TodoError ? cause : unreachable({ cause });
  }
};

export function withHeader(init: RequestInit, name: string, value: string | undefined): RequestInit {
  if (value === undefined) return init;
  const headers = new Headers(init.headers);
  headers.set(name, value);
  return { ...init, headers };
}

export const withBearer = (init: RequestInit, token: string | undefined): RequestInit =>
  withHeader(init, 'authorization', token === undefined ? undefined : `Bearer ${token}`);
