import { entities, requirementsOf } from '@todo/contract';
import { requirementName } from '../schema/rules.ts';

/** The expected failures of data functions. The API maps each to an error code. */
export type DatabaseReason =
  | 'DATABASE_UNAVAILABLE'
  | 'OVERLOADED'
  | 'OWNER_BUSY'
  | 'DEADLINE_EXCEEDED'
  | 'ABORTED'
  | 'STORAGE_FULL'
  | 'QUOTA_REACHED'
  | 'LISTS_QUOTA_REACHED'
  | 'BYTES_QUOTA_REACHED'
  | 'OWNER_GONE'
  | 'USER_DISABLED'
  | 'ID_TAKEN'
  | 'MUTATION_REPEATED'
  | 'FIELD_REQUIRED'
  | 'LIST_NOT_FOUND'
  | 'PARENT_NOT_FOUND'
  | 'NEIGHBOR_NOT_FOUND'
  | 'PARENT_IN_OTHER_LIST'
  | 'PARENT_IS_SUBTASK'
  | 'LEVELS_EXCEEDED'
  | 'LABELS_REFUSED';

/** A failure of the database that a caller can act on. Its message never contains SQL, values or addresses; `cause` may. */
export class DatabaseFailure extends Error {
  override readonly name = 'DatabaseFailure';
  readonly reason: DatabaseReason;

  constructor(reason: DatabaseReason, cause: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

/** For each constraint on a field that requires another one: the field, and that one. */
const requirements = new Map(
  Object.values(entities).flatMap(({ table, fields }) =>
    requirementsOf(fields).map(([field, required]) => [requirementName(table, field, required), { field, required }] as const),
  ),
);

const constraints: Record<string, DatabaseReason> = {
  owners_task_quota: 'QUOTA_REACHED',
  owners_list_quota: 'LISTS_QUOTA_REACHED',
  owners_bytes_quota: 'BYTES_QUOTA_REACHED',
  idempotency_keys_pkey: 'MUTATION_REPEATED',
  lists_user_id_user_id_fk: 'OWNER_GONE',
  tasks_user_id_user_id_fk: 'OWNER_GONE',
  tasks_list_fk: 'LIST_NOT_FOUND',
  tasks_parent_fk: 'PARENT_NOT_FOUND',
  lists_neighbor: 'NEIGHBOR_NOT_FOUND',
  tasks_neighbor: 'NEIGHBOR_NOT_FOUND',
  tasks_parent_list: 'PARENT_IN_OTHER_LIST',
  tasks_parent_cycle: 'PARENT_IS_SUBTASK',
  tasks_parent_depth: 'LEVELS_EXCEEDED',
  session_user_enabled: 'USER_DISABLED',
  tasks_labels_count: 'LABELS_REFUSED',
  task_labels_pkey: 'LABELS_REFUSED',
};

/** A worker of a distributed database names a constraint only in the message, with the number of its part of the table. */
const constraintOf = ({ code, constraint_name, message }: ServerError): string =>
  constraint_name ?? (code.startsWith('23') ? /constraint "(\w+?)(?:_\d+)?"/.exec(message)?.[1] : undefined) ?? '';

function reasonOf(error: ServerError): DatabaseReason | undefined {
  const name = constraintOf(error);
  return requirements.has(name) ? 'FIELD_REQUIRED' : constraints[name];
}

/** FIELD_REQUIRED: the field that was given, and the one that it requires. */
export function missingRequirement(error: unknown) {
  const cause = findFailure(error)?.cause;
  return isServerError(cause) ? requirements.get(constraintOf(cause)) : undefined;
}

/** LABELS_REFUSED: whether a task would have too many labels; otherwise two of them differ only in case. */
export const hasTooManyLabels = ({ cause }: DatabaseFailure) => isServerError(cause) && constraintOf(cause) === 'tasks_labels_count';

/** Only a change of many tasks sets a title to null, to store nothing: when an id exists with other content, or when the tasks are too large for an answer. */
const isTaken = ({ code, table_name, column_name, message }: ServerError) =>
  code === '23502' && ((table_name === 'tasks' && column_name === 'title') || /column "title" of relation "tasks_\d+"/.test(message));

export interface FailureRule {
  reason: DatabaseReason;
  /** The session has ended, or is of no use any more: its connection is closed. */
  ends?: true;
}

/**
 * What each error of PostgreSQL means, by SQLSTATE in full or by its class: https://www.postgresql.org/docs/current/errcodes-appendix.html
 * An error of a constraint is looked up by its name first. All others are defects.
 */
export const failureRules: Readonly<Record<string, FailureRule>> = {
  '08': { reason: 'DATABASE_UNAVAILABLE', ends: true },
  '25006': { reason: 'DATABASE_UNAVAILABLE', ends: true },
  '25P03': { reason: 'DATABASE_UNAVAILABLE', ends: true },
  '25P04': { reason: 'DATABASE_UNAVAILABLE', ends: true },
  '26000': { reason: 'DATABASE_UNAVAILABLE', ends: true },
  '28': { reason: 'DATABASE_UNAVAILABLE', ends: true },
  '3D000': { reason: 'DATABASE_UNAVAILABLE', ends: true },
  '40001': { reason: 'DATABASE_UNAVAILABLE' },
  '40P01': { reason: 'DATABASE_UNAVAILABLE' },
  '53': { reason: 'DATABASE_UNAVAILABLE' },
  '53100': { reason: 'STORAGE_FULL' },
  '53300': { reason: 'DATABASE_UNAVAILABLE', ends: true },
  '55P03': { reason: 'DATABASE_UNAVAILABLE' },
  '57': { reason: 'DATABASE_UNAVAILABLE', ends: true },
  '57014': { reason: 'DEADLINE_EXCEEDED' },
};

const ruleOf = ({ code }: ServerError): FailureRule | undefined => failureRules[code] ?? failureRules[code.slice(0, 2)];

export interface ServerError extends Error {
  severity: string;
  code: string;
  constraint_name?: string;
  table_name?: string;
  column_name?: string;
}

export const isServerError = (error: unknown): error is ServerError => error instanceof Error && 'severity' in error && 'code' in error;

/** Whether the session cannot be used after this error. */
export const endsSession = (error: ServerError) => ruleOf(error)?.ends === true;

/** The server was asked, and takes no writes: it is a standby, or was made one. */
export class ReadOnlyServer extends Error {
  override readonly message = 'The server accepts no writes.';
}

/** A session that was ended as soon as it had begun says nothing about the server, unlike one that never began. */
export class SessionEnded extends Error {}

/** Whether a failure says that the server takes no writes. */
export const isReadOnly = (error: unknown) => error instanceof DatabaseFailure && (error.cause instanceof ReadOnlyServer || serverCode(error) === '25006');

/** SQLSTATE of the error of PostgreSQL that caused a failure. */
export const serverCode = (error: unknown) => (error instanceof DatabaseFailure && isServerError(error.cause) ? error.cause.code : undefined);

/** SQLSTATE class 28: the server does not accept the login or its password. */
export const isLoginRejected = (error: unknown) => serverCode(error)?.startsWith('28');

/** Whether the server answers and does not accept the login, or lacks the database: waiting does not help. */
export const isRefused = (error: unknown) => isLoginRejected(error) || serverCode(error) === '3D000';

function causeText(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(causeText).join(', '); // one for each address of a host
  return cause instanceof Error ? cause.message : String(cause);
}

/** The cause of a failure for an operator, without statements and values. */
export const describeFailure = ({ cause }: DatabaseFailure): string => causeText(cause);

/** The codes of postgres.js and Node for a connection that cannot be opened or was lost. */
const isConnectionError = (error: unknown) => error instanceof Error && 'code' in error && /^(CONNECTION_|CONNECT_TIMEOUT$|E[A-Z]+$)/.test(String(error.code));

/** Whether the connection was lost without a word, or because somebody ended its backend. */
export const isLost = (error: unknown): error is DatabaseFailure =>
  error instanceof DatabaseFailure && (isConnectionError(error.cause) || serverCode(error) === '57P01');

export const sessionEnded = (failure: DatabaseFailure) => new DatabaseFailure(failure.reason, new SessionEnded(describeFailure(failure)));

/** Converts an error of the driver to a DatabaseFailure; returns other errors unchanged. */
export function toFailure(error: unknown): unknown {
  if (isConnectionError(error)) return new DatabaseFailure('DATABASE_UNAVAILABLE', error);
  if (!isServerError(error)) return error;
  if (isTaken(error)) return new DatabaseFailure('ID_TAKEN', error);
  const reason = reasonOf(error) ?? ruleOf(error)?.reason;
  return reason ? new DatabaseFailure(reason, error) : error;
}

/** Finds the DatabaseFailure in a chain of causes: Drizzle and tRPC wrap errors. */
export function findFailure(error: unknown): DatabaseFailure | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof DatabaseFailure) return e;
  return undefined;
}

/** Finds an error about a value (SQLSTATE class 22, or a null in a NOT NULL column) in a chain of causes. Its message may quote the value. */
export function findRefusedValue(error: unknown): ServerError | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (isServerError(e) && (e.code.startsWith('22') || e.code === '23502')) return e;
  return undefined;
}

/** Whether another user has the e-mail address that somebody was to get. */
export function isEmailTaken(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) if (isServerError(e)) return constraintOf(e) === 'user_email_key';
  return false;
}
