import { z } from 'zod';
import { reasons } from './reasons.ts';

/** The codes of tRPC. A request that reaches no procedure gets one that no reason uses, such as METHOD_NOT_SUPPORTED. */
const errorCode = z.enum([
  'PARSE_ERROR',
  'BAD_REQUEST',
  'INTERNAL_SERVER_ERROR',
  'NOT_IMPLEMENTED',
  'BAD_GATEWAY',
  'SERVICE_UNAVAILABLE',
  'GATEWAY_TIMEOUT',
  'UNAUTHORIZED',
  'PAYMENT_REQUIRED',
  'FORBIDDEN',
  'NOT_FOUND',
  'METHOD_NOT_SUPPORTED',
  'TIMEOUT',
  'CONFLICT',
  'PRECONDITION_FAILED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'UNPROCESSABLE_CONTENT',
  'PRECONDITION_REQUIRED',
  'TOO_MANY_REQUESTS',
  'CLIENT_CLOSED_REQUEST',
]);

/** Maps each key to itself, as z.enum expects. */
function keysOf<Entries extends object>(entries: Entries): { [Key in keyof Entries & string]: Key };
function keysOf(entries: object): Record<string, string> {
  return Object.fromEntries(Object.keys(entries).map((key) => [key, key]));
}

/** `data` of an error, for programs. */
export const errorData = z.strictObject({
  code: errorCode,
  httpStatus: z.int(),
  reason: z.enum(keysOf(reasons)),
  /** The path of the procedure, such as tasks.edit. */
  path: z.string().exactOptional(),
  /** INVALID_INPUT: what is wrong, by field. Nested names are joined by dots; '' is the input as a whole. */
  fields: z.record(z.string(), z.array(z.string())).exactOptional(),
  /** RATE_LIMITED, DATABASE_UNAVAILABLE: when to try again. */
  retryAfterSeconds: z.int().exactOptional(),
  /** ALREADY_APPLIED: the log position at which the call was complete. */
  seq: z.int().exactOptional(),
  /** The index of the item that was refused, from 0. */
  index: z.int().exactOptional(),
});

export type ErrorData = z.output<typeof errorData>;
