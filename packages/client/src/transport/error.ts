import type { ErrorData, Reason } from '@todo/contract';
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

/** An error as plain data, which other tabs can receive. */
export type PlainError = Pick<TodoError, 'reason' | 'message' | 'status' | 'fields' | 'retryAfterSeconds' | 'index' | 'quota' | 'seq'>;

export const toPlainError = ({ reason, message, status, fields, retryAfterSeconds, index, quota, seq }: TodoError): PlainError => ({
  reason,
  message,
  status,
  fields,
  retryAfterSeconds,
  index,
  quota,
  seq,
});
export const fromPlainError = ({ reason, message, ...details }: PlainError): TodoError => new TodoError(reason, message, details);

export const unreachable = (details: Details): TodoError =>
  new TodoError('SERVER_UNREACHABLE', 'The Todo server cannot be reached. Check the network, the address, and that the server runs.', details);

export const misplaced = (details: Details): TodoError =>
  new TodoError('ADDRESS_WRONG', 'Something other than a Todo server answers at this address. Check the `url` of the client.', details);

export const originRefused = (details: Details): TodoError =>
  new TodoError('ORIGIN_REFUSED', 'The Todo server does not accept pages of this origin. Add the origin to TRUSTED_ORIGINS of the server.', details);

interface Described {
  message?: string | undefined;
  data?: Partial<ErrorData> | null | undefined;
}

/** The error that the server describes in `data`. Only the server's answer to an unknown address is INVALID_INPUT with status 404 and without a procedure. */
function described({ message = '', data }: Described): TodoError | undefined {
  if (!data?.reason) return undefined;
  const { reason, httpStatus: status, path, fields, retryAfterSeconds, index, quota, seq } = data;
  if (reason === 'INVALID_INPUT' && status === 404 && path === undefined) return misplaced({ status });
  return new TodoError(reason, message, { status, fields, retryAfterSeconds, index, quota, seq });
}

/** The error at the end of a stream. */
export const refusalIn = (content: Described): TodoError => described(content) ?? unreachable({});

export const toTodoError = (error: unknown): TodoError => (error instanceof TodoError ? error : unreachable({ cause: error }));

const fieldOfCode: Record<string, string> = {
  INVALID_EMAIL: 'email',
  PASSWORD_TOO_COMMON: 'password',
  PASSWORD_TOO_LONG: 'password',
  PASSWORD_TOO_SHORT: 'password',
};

const reasonOfCode: Record<string, Reason> = {
  INVALID_EMAIL_OR_PASSWORD: 'CREDENTIALS_WRONG',
  INVALID_PASSWORD: 'CREDENTIALS_WRONG',
  SECOND_FACTOR_REQUIRED: 'SECOND_FACTOR_REQUIRED',
  CODE_WRONG: 'CODE_WRONG',
  SECOND_FACTOR_ON: 'SECOND_FACTOR_ON',
  SECOND_FACTOR_OFF: 'SECOND_FACTOR_OFF',
  PASSKEY_REFUSED: 'PASSKEY_REFUSED',
  PASSKEYS_TOO_MANY: 'PASSKEYS_TOO_MANY',
  INVALID_TOKEN: 'TOKEN_INVALID',
  LINK_ELSEWHERE: 'LINK_ELSEWHERE',
  LINKS_OFF: 'LINKS_OFF',
  PASSWORD_TOO_COMMON: 'PASSWORD_TOO_COMMON',
  RESET_PASSWORD_DISABLED: 'MAIL_OFF',
  SIGN_UP_CLOSED: 'SIGN_UP_CLOSED',
  PROVIDER_FAILED: 'PROVIDER_FAILED',
  LAST_SIGN_IN_WAY: 'LAST_SIGN_IN_WAY',
  INVITATION_INVALID: 'INVITATION_INVALID',
  EMAIL_NOT_VERIFIED: 'EMAIL_NOT_VERIFIED',
  VERIFICATION_EMAIL_NOT_ENABLED: 'MAIL_OFF',
  EMAIL_CHANGE_NOT_ENABLED: 'MAIL_OFF',
  EMAIL_SAME: 'EMAIL_SAME',
  EMAIL_TAKEN: 'EMAIL_TAKEN',
  SESSION_NOT_FRESH: 'SIGN_IN_AGAIN',
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
  const { code = '', message: sent = 'The server refused this request.' } = content ?? {};
  if (status === 404 && code === '') return misplaced({ status });
  if (originCodes.includes(code)) return originRefused({ status });
  // Better Auth puts the field before the message.
  const [, named, message = sent] = /^\[body\.(\w+)\] (.*)$/s.exec(sent) ?? [];
  const field = fieldOfCode[code] ?? named;
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return new TodoError(reasonOfCode[code] ?? reasonOfStatus(status), message, {
    status,
    fields: field === undefined ? undefined : { [field]: [message] },
    retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
  });
}
