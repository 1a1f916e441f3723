import { RateLimited } from '@todo/auth';
import {
  atMostMessage,
  DIFFERENT_NAMES_MESSAGE,
  type EntityName,
  type ErrorData,
  LABELS_MAX_PER_TASK,
  reasons,
  requiresMessage,
  type ServerReason,
} from '@todo/contract';
import { DatabaseFailure, type DatabaseReason, findFailure, findRefusedValue, hasTooManyLabels, missingRequirement } from '@todo/db';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY, type TRPCErrorShape } from '@trpc/server/rpc';
import { ZodError } from 'zod';

type Details = Pick<ErrorData, 'path' | 'fields' | 'retryAfterSeconds' | 'index' | 'quota' | 'seq'>;

export class ApiError extends TRPCError {
  readonly reason: ServerReason;
  readonly details: Details;

  constructor(reason: ServerReason, details: Details = {}, cause?: unknown) {
    const { code, message } = reasons[reason];
    super({ code, message: messageWith(message, details), cause });
    this.reason = reason;
    this.details = details;
  }
}

/** No route has this path. */
export const nothingHere = () => new TRPCError({ code: 'NOT_FOUND', message: 'There is nothing at this address.' });

/** The path has other methods. */
export class MethodRefused extends TRPCError {
  readonly methods: string[];

  constructor(methods: string[]) {
    super({ code: 'METHOD_NOT_SUPPORTED', message: `Use ${methods.join(' or ')} here.` });
    this.methods = methods;
  }
}

export const notFound = { list: 'LIST_NOT_FOUND', task: 'TASK_NOT_FOUND' } as const satisfies Record<EntityName, ServerReason>;

/** For a field that names a position or time whose events were trimmed from the log. */
export const trimmedError = (field: string) =>
  new ApiError('INVALID_INPUT', { fields: { [field]: ['is before the beginning of the log, which was trimmed'] } });

/** When to try again after a failure that may be over soon. */
export const RETRY_SECONDS = 1;

const unavailable = () => new ApiError('DATABASE_UNAVAILABLE', { retryAfterSeconds: RETRY_SECONDS });

function requirementError(failure: DatabaseFailure): ApiError {
  const missing = missingRequirement(failure);
  return new ApiError('INVALID_INPUT', missing ? { fields: { [missing.field]: [requiresMessage(missing.required)] } } : {});
}

const labelsError = (failure: DatabaseFailure) =>
  new ApiError('INVALID_INPUT', { fields: { labels: [hasTooManyLabels(failure) ? atMostMessage(LABELS_MAX_PER_TASK) : DIFFERENT_NAMES_MESSAGE] } });

const databaseErrors: Record<DatabaseReason, (failure: DatabaseFailure) => ApiError> = {
  DATABASE_UNAVAILABLE: unavailable,
  OVERLOADED: () => new ApiError('OVERLOADED', { retryAfterSeconds: RETRY_SECONDS }),
  OWNER_BUSY: () => new ApiError('RATE_LIMITED', { retryAfterSeconds: RETRY_SECONDS }),
  DEADLINE_EXCEEDED: () => new ApiError('DEADLINE_EXCEEDED'),
  // Nobody receives this one.
  ABORTED: unavailable,
  STORAGE_FULL: () => new ApiError('STORAGE_FULL'),
  QUOTA_REACHED: () => new ApiError('QUOTA_REACHED', { quota: 'tasks' }),
  LISTS_QUOTA_REACHED: () => new ApiError('QUOTA_REACHED', { quota: 'lists' }),
  BYTES_QUOTA_REACHED: () => new ApiError('QUOTA_REACHED', { quota: 'bytes' }),
  OWNER_GONE: () => new ApiError('UNAUTHENTICATED'),
  USER_DISABLED: () => new ApiError('UNAUTHENTICATED'),
  ID_TAKEN: () => new ApiError('ID_TAKEN'),
  MUTATION_REPEATED: () => new ApiError('INTERNAL'),
  FIELD_REQUIRED: requirementError,
  LIST_NOT_FOUND: () => new ApiError('LIST_NOT_FOUND'),
  PARENT_NOT_FOUND: () => new ApiError('PARENT_NOT_FOUND'),
  NEIGHBOR_NOT_FOUND: () => new ApiError('NEIGHBOR_NOT_FOUND'),
  PARENT_IN_OTHER_LIST: () => new ApiError('PARENT_IN_OTHER_LIST'),
  PARENT_IS_SUBTASK: () => new ApiError('PARENT_IS_SUBTASK'),
  LEVELS_EXCEEDED: () => new ApiError('LEVELS_EXCEEDED'),
  LABELS_REFUSED: labelsError,
};

/** How many wrong fields an error names, and how many characters of each name. The client chooses the names. */
const FIELDS_MAX = 50;
const FIELD_NAME_MAX = 200;
/** How many of them its message names. */
const FIELDS_IN_MESSAGE = 3;

/** A message alone has to say what is wrong: it may be all that a log or a person gets to see. */
function messageWith(message: string, { fields = {} }: Details): string {
  const wrong = Object.entries(fields).flatMap(([name, texts]) => texts.map((text) => `${name} ${text}`.trim()));
  if (wrong.length === 0) return message;
  const more = wrong.length > FIELDS_IN_MESSAGE ? '; …' : '.';
  return `${message.replace(/\.$/, ':')} ${wrong.slice(0, FIELDS_IN_MESSAGE).join('; ').replace(/\.$/, '')}${more}`;
}

/** zod says what the type should be; of a field that is missing that is beside the point. */
const messageOf = ({ code, message }: ZodError['issues'][number]): string =>
  code === 'invalid_type' && message.endsWith('received undefined') ? 'is missing' : message;

/** Collects in a Map: the client chooses the field names, and `constructor` or `__proto__` must not be looked up in an object. */
function fieldsOf(error: ZodError): Record<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const issue of error.issues) {
    if (fields.size >= FIELDS_MAX) break;
    const names = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, FIELDS_MAX).map((key) => [...issue.path, key]) : [issue.path];
    const message = issue.code === 'unrecognized_keys' ? 'is not a field of this input' : messageOf(issue);
    for (const name of names.map((path) => path.join('.').slice(0, FIELD_NAME_MAX))) fields.set(name, [...(fields.get(name) ?? []), message]);
  }
  return Object.fromEntries(fields);
}

/** Converts anything that was thrown. Unknown errors become INTERNAL. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof TRPCError && error.cause instanceof ApiError) return error.cause;
  const cause = error instanceof TRPCError ? error.cause : error;
  if (cause instanceof ZodError) return new ApiError('INVALID_INPUT', { fields: fieldsOf(cause) });
  if (cause instanceof RateLimited) return new ApiError('RATE_LIMITED', { retryAfterSeconds: cause.retryAfterSeconds }, cause);
  const failure = findFailure(error);
  if (failure) return databaseErrors[failure.reason](failure);
  return findRefusedValue(error) ? new ApiError('INVALID_INPUT', { fields: { '': ['contains a value that cannot be stored'] } }) : new ApiError('INTERNAL');
}

/** The body of an error response. When tRPC itself rejects a call (no such procedure, invalid JSON, …), its code and message stay. */
export function errorShape(error: unknown, path?: string): TRPCErrorShape<ErrorData> {
  const known = toApiError(error);
  const refused = known.reason === 'INTERNAL' && error instanceof TRPCError && error.code !== 'INTERNAL_SERVER_ERROR';
  const shown = refused ? error : known;
  const { code, message } = shown;
  const reason = refused ? 'INVALID_INPUT' : known.reason;
  return {
    message,
    code: TRPC_ERROR_CODES_BY_KEY[code],
    data: { code, httpStatus: getHTTPStatusCodeFromError(shown), reason, ...(path !== undefined && { path }), ...known.details },
  };
}

/** True for a defect, for a statement that took too long, and for a value that passed the schemas of the contract but that PostgreSQL rejected. */
export const isWorthLogging = (error: unknown): boolean =>
  ['INTERNAL', 'DEADLINE_EXCEEDED'].includes(errorShape(error).data.reason) || (!findFailure(error) && findRefusedValue(error) !== undefined);

/** What an operator needs of an error: its class, stack and SQLSTATE, without statements, values and addresses. */
export function describeForLog(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  if (!(root instanceof Error)) return 'an unknown error';
  if (root instanceof DatabaseFailure) return `${root.name}: ${root.reason}`;
  const code = 'code' in root ? String(root.code) : '';
  // The message of SQLSTATE class 22 (data exception) quotes the invalid value.
  if (code.startsWith('22')) return `${root.name} ${code}: ${root.message.replace(/".*"/s, '"…"')}`;
  return `${code} ${root.stack || `${root.name}: ${root.message}`}`.trimStart(); // Better Auth's errors have an empty stack
}
