/** Every reason for which the server refuses a call: its tRPC code, and its message for people. */
export const reasons = {
  UNAUTHENTICATED: { code: 'UNAUTHORIZED', message: 'Sign in first. This request has no valid credentials.' },
  USER_CHANGED: {
    code: 'PRECONDITION_FAILED',
    message: 'Another user than the one this call was made for is signed in now. Nothing was changed. Ask who is signed in, then decide anew.',
  },
  INVALID_INPUT: { code: 'BAD_REQUEST', message: 'The input is not valid.' },
  INVALID_CURSOR: { code: 'BAD_REQUEST', message: 'This cursor does not belong to this list and order. Start again without one.' },
  TASK_NOT_FOUND: { code: 'NOT_FOUND', message: 'There is no such task.' },
  LIST_NOT_FOUND: { code: 'NOT_FOUND', message: 'There is no such list.' },
  PARENT_NOT_FOUND: { code: 'NOT_FOUND', message: 'There is no such parent task.' },
  NEIGHBOR_NOT_FOUND: { code: 'NOT_FOUND', message: 'There is no such neighbour in that place. Read what is there again.' },
  PARENT_IN_OTHER_LIST: { code: 'CONFLICT', message: 'A subtask is in the list of its parent. Move the parent, or choose another one.' },
  PARENT_IS_SUBTASK: { code: 'CONFLICT', message: 'A task cannot be part of itself or of its own subtasks.' },
  LEVELS_EXCEEDED: { code: 'CONFLICT', message: 'Subtasks have at most 5 levels. Choose a parent further up.' },
  VERSION_CONFLICT: { code: 'CONFLICT', message: 'It has changed since you read it. Read it again and repeat the change.' },
  NO_NEXT_DATE: { code: 'CONFLICT', message: 'The task is completed or does not recur, or its rule has no later date. Complete it instead.' },
  ID_TAKEN: { code: 'CONFLICT', message: 'A task or list with this id and other content exists. Choose another id.' },
  MUTATION_REUSED: { code: 'CONFLICT', message: 'This mutation id was used for another call. Choose a new one for each call.' },
  ALREADY_APPLIED: {
    code: 'CONFLICT',
    message: 'This call was applied at log position data.seq, but the log no longer holds its result. Read the current data.',
  },
  CALL_NOT_FOUND: { code: 'NOT_FOUND', message: 'There is no stored call with this id.' },
  QUOTA_REACHED: {
    code: 'FORBIDDEN',
    message: 'This account has reached the maximum that data.quota names: tasks, bytes of their texts, or lists. Remove or shorten some first.',
  },
  RATE_LIMITED: { code: 'TOO_MANY_REQUESTS', message: 'Too many requests. Try again after data.retryAfterSeconds.' },
  DATABASE_UNAVAILABLE: { code: 'SERVICE_UNAVAILABLE', message: 'The database cannot be reached. Try again after data.retryAfterSeconds.' },
  OVERLOADED: { code: 'SERVICE_UNAVAILABLE', message: 'The server has too many calls at once. Try again after data.retryAfterSeconds.' },
  DEADLINE_EXCEEDED: { code: 'GATEWAY_TIMEOUT', message: 'This call took too long and was cancelled. Nothing was stored. Ask for less at a time.' },
  STORAGE_FULL: { code: 'SERVICE_UNAVAILABLE', message: 'The database is out of storage. Nothing was stored.' },
  TOO_LARGE: { code: 'PAYLOAD_TOO_LARGE', message: 'The request or its answer is too large. Send fewer tasks at a time, or shorter texts.' },
  INTERNAL: { code: 'INTERNAL_SERVER_ERROR', message: 'An internal error occurred.' },
} as const;

export type ServerReason = keyof typeof reasons;

/** Why a call of the client failed: a reason of the server, of signing in or up, or of a failure without a response. */
export type Reason =
  | ServerReason
  | 'CREDENTIALS_WRONG'
  | 'EMAIL_TAKEN'
  | 'PASSWORD_TOO_COMMON'
  | 'SIGN_UP_CLOSED'
  | 'SECOND_FACTOR_REQUIRED'
  | 'CODE_WRONG'
  | 'SECOND_FACTOR_ON'
  | 'SECOND_FACTOR_OFF'
  | 'INVITATION_INVALID'
  | 'EMAIL_NOT_VERIFIED'
  | 'EMAIL_SAME'
  | 'SIGN_IN_AGAIN'
  | 'PASSKEY_MISSING'
  | 'PASSKEY_REFUSED'
  | 'PASSKEYS_TOO_MANY'
  | 'TOKEN_INVALID'
  | 'LINK_ELSEWHERE'
  | 'LINKS_OFF'
  | 'MAIL_OFF'
  | 'SIGN_IN_EXPIRED'
  | 'PROVIDER_FAILED'
  | 'PROVIDER_REFUSED'
  | 'EMAIL_MISSING'
  | 'IDENTITY_TAKEN'
  | 'CONNECTIONS_EXCEEDED'
  | 'LAST_SIGN_IN_WAY'
  | 'SERVER_UNREACHABLE'
  | 'ADDRESS_WRONG'
  | 'ORIGIN_REFUSED'
  | 'COOKIE_NOT_KEPT'
  | 'CALL_ABORTED'
  | 'CALL_TIMED_OUT'
  | 'STORE_FAILED'
  | 'OUTBOX_FULL';
