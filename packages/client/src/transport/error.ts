import type { ErrorData, Reason } from '@todo/contract';
import { isTRPCClientError, TRPCClientError } from '@trpc/client';
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

export const unreachable = (details: Details): TodoError => new TodoError('SERVER_UNREACHABLE', 'No Todo server answers at this address.', details);

function fromServer(error: unknown): TodoError | undefined {
  if (!isTRPCClientError<AppRouter>(error) || !error.data?.reason) return undefined;
  const { reason, httpStatus: status, fields, retryAfterSeconds, index, quota, seq } = error.data;
  return new TodoError(reason, error.message, { status, fields, retryAfterSeconds, index, quota, seq });
}

export function toTodoError(error: unknown, signal?: AbortSignal): TodoError {
  if (signal?.aborted) return new TodoError('CALL_ABORTED', 'The call was aborted.', { cause: signal.reason });
  const own = [error, error instanceof Error && error.cause].find((one) => one instanceof TodoError);
  return own ?? fromServer(error) ?? unreachable({ cause: error });
}

const fieldOfCode: Record<string, string> = { INVALID_EMAIL: 'email', PASSWORD_TOO_SHORT: 'password', PASSWORD_TOO_LONG: 'password' };

const reasonOfCode: Record<string, Reason> = {
  INVALID_EMAIL_OR_PASSWORD: 'CREDENTIALS_WRONG',
  INVALID_PASSWORD: 'CREDENTIALS_WRONG',
  USER_ALREADY_EXISTS: 'EMAIL_TAKEN',
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: 'EMAIL_TAKEN',
};

const reasonOfStatus = (status: number): Reason => {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 429) return 'RATE_LIMITED';
  if (status < 500) return 'INVALID_INPUT';
  return status === 500 ? 'INTERNAL' : 'SERVER_UNREACHABLE';
};

/** The error of a refused account request. Better Auth sends its own format; database failures and limits have that of other errors. */
export function refusal({ status, headers, content }: Answer): TodoError {
  const own = fromServer(TRPCClientError.from<AppRouter>(content ?? {}));
  if (own) return own;
  const { code = '', message = 'The server refused this request.' } = content ?? {};
  const field = fieldOfCode[code] ?? /^\[body\.(\w+)\]/.exec(message)?.[1];
  const seconds = headers.get('retry-after');
  return new TodoError(reasonOfCode[code] ?? reasonOfStatus(status), message, {
    status,
    fields: field === undefined ? undefined : { [field]: [message] },
    retryAfterSeconds: seconds === null ? undefined : Number(seconds),
  });
}
