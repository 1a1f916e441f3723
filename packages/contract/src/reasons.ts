/** Every reason for which the server refuses a call: its tRPC code, and what a person reads. */
export const reasons = {
  UNAUTHENTICATED: { code: 'UNAUTHORIZED', message: 'Sign in first: this request proves no user.' },
  INVALID_INPUT: { code: 'BAD_REQUEST', message: 'The input is not valid; see data.fields.' },
  INVALID_CURSOR: { code: 'BAD_REQUEST', message: 'This cursor does not belong to this list and order. Start again without one.' },
  TASK_NOT_FOUND: { code: 'NOT_FOUND', message: 'There is no such task.' },
  VERSION_CONFLICT: { code: 'CONFLICT', message: 'The task has changed since. Read it again and repeat the change.' },
  ID_TAKEN: { code: 'CONFLICT', message: 'A task with this id and other content exists. Choose another id.' },
  MUTATION_REUSED: { code: 'CONFLICT', message: 'This mutation id was given to another call. Choose a new one for each call.' },
  ALREADY_APPLIED: {
    code: 'CONFLICT',
    message: 'This call was applied before, complete at data.seq, and the log no longer holds its answer. Read what is there now.',
  },
  CALL_NOT_FOUND: { code: 'NOT_FOUND', message: 'No call with this id is remembered.' },
  QUOTA_REACHED: { code: 'FORBIDDEN', message: 'There is no room for more tasks. Remove some first.' },
  RATE_LIMITED: { code: 'TOO_MANY_REQUESTS', message: 'Too many requests. Try again after data.retryAfterSeconds.' },
  DATABASE_UNAVAILABLE: { code: 'SERVICE_UNAVAILABLE', message: 'The database cannot be reached. Try again after data.retryAfterSeconds.' },
  STORAGE_FULL: { code: 'SERVICE_UNAVAILABLE', message: 'The database has no room left. Nothing was stored.' },
  TOO_LARGE: { code: 'PAYLOAD_TOO_LARGE', message: 'The request is too large.' },
  INTERNAL: { code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong on our side.' },
} as const;

/** Why the server refuses a call. */
export type ServerReason = keyof typeof reasons;

/** Why a call of the client failed: a reason of the server, of signing in and up, or of what can happen before there is an answer. */
export type Reason = ServerReason | 'CREDENTIALS_WRONG' | 'EMAIL_TAKEN' | 'SERVER_UNREACHABLE' | 'CALL_ABORTED' | 'STORE_FAILED';
