import { type ErrorData, reasons, type SecurityEvent, type SignInWays } from '@todo/contract';
import type { User } from './account.ts';
import type { ConnectedAccount } from './connections.ts';
import { misplaced, TodoError, unreachable } from './error.ts';
import type { SendRequest } from './fetch.ts';
import { throwIfAborted } from './limit.ts';
import type { Passkey } from './passkeys.ts';
import type { SignedInDevice } from './sessions.ts';

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
    sessions?: SignedInDevice[];
    ways?: SignInWays;
    url?: string;
    connections?: ConnectedAccount[];
    hasPassword?: boolean;
    enabledAt?: string | null;
    recoveryCodesLeft?: number;
    uri?: string;
    secret?: string;
    recoveryCodes?: string[];
    items?: SecurityEvent[];
    nextCursor?: string | null;
    options?: object;
    passkey?: Passkey;
    passkeys?: Passkey[];
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

export const createSend =
  (send: SendRequest, credentials: 'include' | 'omit'): Send =>
  async (url, init) => {
    try {
      return await readAnswer(await send(url, { ...init, credentials }));
    } catch (cause) {
      throwIfAborted(init.signal);
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
