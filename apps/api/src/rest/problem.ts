import type { ErrorData } from '@todo/contract';
import type { TRPCErrorShape } from '@trpc/server/rpc';

export const PROBLEM_TYPE = 'application/problem+json';

const inWords = (reason: string) => `${reason.slice(0, 1)}${reason.slice(1).toLowerCase().replaceAll('_', ' ')}`;

/** An error as problem details of RFC 9457. `instance` is the request, as in the log and in `x-request-id`. */
export function problemOf({ message, data: { httpStatus: status, code: _, ...details } }: TRPCErrorShape<ErrorData>, requestId: string) {
  return {
    type: `urn:todo:reason:${details.reason}`,
    title: inWords(details.reason),
    status,
    // The message names members of `data`, which are members of the problem here.
    detail: message.replaceAll('data.', ''),
    instance: `urn:uuid:${requestId}`,
    ...details,
  };
}
