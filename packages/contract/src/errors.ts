import type { ServerReason } from './reasons.ts';

/** The codes of tRPC. A request that reaches no procedure gets one that no reason uses, such as METHOD_NOT_SUPPORTED. */
type ErrorCode =
  | 'PARSE_ERROR'
  | 'BAD_REQUEST'
  | 'INTERNAL_SERVER_ERROR'
  | 'NOT_IMPLEMENTED'
  | 'BAD_GATEWAY'
  | 'SERVICE_UNAVAILABLE'
  | 'GATEWAY_TIMEOUT'
  | 'UNAUTHORIZED'
  | 'PAYMENT_REQUIRED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'METHOD_NOT_SUPPORTED'
  | 'TIMEOUT'
  | 'CONFLICT'
  | 'PRECONDITION_FAILED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'UNPROCESSABLE_CONTENT'
  | 'PRECONDITION_REQUIRED'
  | 'TOO_MANY_REQUESTS'
  | 'CLIENT_CLOSED_REQUEST';

/** `data` of an error, for programs. */
export interface ErrorData {
  code: ErrorCode;
  httpStatus: number;
  reason: ServerReason;
  /** The path of the procedure, such as tasks.edit. */
  path?: string;
  /** INVALID_INPUT: what is wrong, by field. Nested names are joined by dots; '' is the input as a whole. */
  fields?: Record<string, string[]>;
  /** RATE_LIMITED, OVERLOADED, DATABASE_UNAVAILABLE: when to try again. */
  retryAfterSeconds?: number;
  /** QUOTA_REACHED: the maximum number of tasks, of bytes in their texts, or of lists. */
  quota?: 'tasks' | 'bytes' | 'lists';
  /** ALREADY_APPLIED: the log position at which the call was complete. */
  seq?: number;
  /** The index of the item that was refused, from 0. */
  index?: number;
}
