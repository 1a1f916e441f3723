import type { ErrorData, Reason } from '@todo/contract';
import { isTRPCClientError } from '@trpc/client';
import type { AppRouter } from '../router.ts';
import type { Answer } from './request.ts';

interface Details extends Partial<Pick<TodoError, 'status' | 'retryAfterSeconds' | 'index' | 'quota' | 'seq'>> {
  fields?: Record<string, string[]> | undefined;
  cause?: unknown;
}

/** Every error of the client. `reason` is for programs, `message` for people. */
export class TodoError extends Error {
  override readonly name = 'TodoError';
  readonly reason: Reason;
  /** HTTP status of the response, if there was one. */
  readonly status: number | undefined;
  /** INVALID_INPUT: what is wrong, by field; '' is the input as a whole. Otherwise empty. */
  readonly fields: Record<string, string[]>;
  /** RATE_LIMITED, DATABASE_UNAVAILABLE: when to try again. */
  readonly retryAfterSeconds: number | undefined;
  /** The index of the task in a batch that was refused, from 0. */
  readonly index: number | undefined;
  /** QUOTA_REACHED: the maximum number of tasks, or of bytes in their texts. */
  readonly quota: ErrorData['quota'];
  /** ALREADY_APPLIED: the log position at which the call was complete. */
  readonly seq: number | undefined;

  constructor(reason: Reason, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    this.reason = reason;
    this.status = details.status;
    this.fields = details.fields ?? {};
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.index = details.index;
    this.quota = details.quota;
    this.seq = details.seq;
  }
}

export const unreachable = (details: Details): TodoError =>
  new TodoError('SERVER_UNREACHABLE', 'The Todo server cannot be reached. Check the network, the address, and that the server runs.', details);

export const misplaced = (details: Details): TodoError =>
  new TodoError('ADDRESS_WRONG', 'Something other than a Todo server answers at this address. Check the `url` of the client.', details);

export const originRefused = (details: Details): TodoError =>
  new TodoError('ORIGIN_REFUSED', 'The Todo server does not accept pages of this origin. Add the origin to TRUSTED_ORIGINS of the server.', details);

/** The error that the server describes in `data`. Only the server's answer to an unknown address is INVALID_INPUT with status 404 and without a procedure. */
function described({ message = '', data }: { message?: string | undefined; data?: Partial<ErrorData> | null | undefined }): TodoError | undefined {
  if (!data?.reason) return undefined;
  const { reason, httpStatus: status, path, fields, retryAfterSeconds, index, quota, seq } = data;
  if (reason === 'INVALID_INPUT' && status === 404 && path === undefined) return misplaced({ status });
  return new TodoError(reason, message, { status, fields, retryAfterSeconds, index, quota, seq });
}

export function toTodoError(error: unknown): TodoError {
  const own = [error, error instanceof Error && error.cause].find((one) => one instanceof TodoError);
  return own ?? (isTRPCClientError<AppRouter>(error) ? described(error) : undefined) ?? unreachable({ cause: error });
}

const fieldOfCode: Record<string, string> = { INVALID_EMAIL: 'email', PASSWORD_TOO_SHORT: 'password', PASSWORD_TOO_LONG: 'password' };

const reasonOfCode: Record<string, Reason> = {
  INVALID_EMAIL_OR_PASSWORD: 'CREDENTIALS_WRONG',
  INVALID_PASSWORD: 'CREDENTIALS_WRONG',
  USER_ALREADY_EXISTS: 'EMAIL_TAKEN',
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: 'EMAIL_TAKEN',
};

/** Better Auth checks the origin of requests that sign in or change an account. */
const originCodes = ['INVALID_ORIGIN', 'MISSING_OR_NULL_ORIGIN', 'CROSS_SITE_NAVIGATION_LOGIN_BLOCKED'];

const reasonOfStatus = (status: number): Reason => {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 429) return 'RATE_LIMITED';
  if (status < 500) return 'INVALID_INPUT';
  return status === 500 ? 'INTERNAL' : 'SERVER_UNREACHABLE';
};

/** The error of a refused request. Better Auth sends its own format; everything else that of the server. */
export function refusal({ status, headers, content }: Answer): TodoError {
  const own = content?.error && described(content.error);
  if (own) return own;
  const { code = '', message = 'The server refused this request.' } = content ?? {};
  if (status === 404 && code === '') return misplaced({ status });
  if (originCodes.includes(code)) return originRefused({ status });
  const field = fieldOfCode[code] ?? /^\[body\.(\w+)\]/.exec(message)?.[1];
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return new TodoError(reasonOfCode[code] ?? reasonOfStatus(status), message, {
    status,
    fields: field === undefined ? undefined : { [field]: [message] },
    retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
  });
}
