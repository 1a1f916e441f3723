import { randomUUID } from 'node:crypto';
import { getPath } from 'hono/utils/url';
import type { Log } from '../log.ts';
import type { Bindings, Fetch } from './shed-load.ts';

/** What is known of a request, for the log. Its handlers fill it in. */
export interface RequestRecord {
  /** Generated here, never taken from the client. */
  readonly requestId: string;
  /** By performance.now(). */
  readonly startedAt: number;
  userId: string | null;
  reason: string | undefined;
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;
const PATH_MAX_CHARACTERS = 200;

/** The procedures or the route. Deeper parts of sign-in routes may be tokens. */
function pathOf(request: Request): string {
  const whole = getPath(request);
  const path = whole.startsWith('/api/auth/') ? whole.split('/').slice(0, 4).join('/') : whole;
  return path.slice(0, PATH_MAX_CHARACTERS);
}

/** Gives each request its record and its response the request id, and logs it when the response begins. */
export function recordRequests(
  fetch: (request: Request, env: Bindings & { record: RequestRecord }) => Promise<Response>,
  logRequest: Log['request'] | undefined,
): Fetch {
  return async (request, env) => {
    const startedAt = performance.now();
    const record: RequestRecord = { requestId: randomUUID(), startedAt, userId: null, reason: undefined };
    const answer = await fetch(request, { ...env, record });
    answer.headers.set('x-request-id', record.requestId);
    const { requestId, reason, userId } = record;
    logRequest?.({
      requestId,
      reason,
      userId,
      method: request.method,
      path: pathOf(request),
      status: answer.status,
      milliseconds: performance.now() - startedAt,
      trace: traceparent.exec(request.headers.get('traceparent') ?? '')?.[1],
    });
    return answer;
  };
}
