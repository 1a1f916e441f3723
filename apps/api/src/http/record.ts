import { randomUUID } from 'node:crypto';
import { getPath } from 'hono/utils/url';
import type { Log } from '../log.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Bindings, Fetch } from './shed-load.ts';

/** What is known of a request, for the log and its response. Its handlers fill it in. */
export interface RequestRecord {
  /** Generated here, never taken from the client. */
  readonly requestId: string;
  /** By performance.now(). */
  readonly startedAt: number;
  userId: string | null;
  reason: string | undefined;
  /** Id of the trace that the request belongs to. */
  trace: string | undefined;
  /** Set-Cookie lines for the response. */
  readonly cookies: string[];
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;

/** The span of the caller, if the header is valid. */
function callerOf({ headers }: Request) {
  const [, traceId, spanId, flags] = traceparent.exec(headers.get('traceparent') ?? '') ?? [];
  return traceId && spanId && flags ? { traceId, spanId, traceFlags: Number.parseInt(flags, 16) } : undefined;
}

const PATH_MAX_CHARACTERS = 200;

/** The procedures or the route, for the log. Deeper parts of sign-in routes may be tokens, and REST has ids in the path. */
function loggedPath(whole: string): string {
  const path = whole.startsWith('/api/auth/') ? whole.split('/').slice(0, 4).join('/') : whole.replace(/^(\/api\/v1\/[^/]+)\/[\da-f-]{36}/i, '$1/{id}');
  return path.slice(0, PATH_MAX_CHARACTERS);
}

export interface RecordOptions {
  telemetry: Telemetry;
  /** The route of a path, one of a fixed number. */
  routeOf(path: string): string;
  logRequest: Log['request'] | undefined;
}

/** Gives each request its record and its response the request id, and measures and logs it when the response begins. */
export function recordRequests(
  fetch: (request: Request, env: Bindings & { record: RequestRecord }) => Promise<Response>,
  { telemetry, routeOf, logRequest }: RecordOptions,
): Fetch {
  return async (request, env) => {
    const { method } = request;
    const parent = callerOf(request);
    const startedAt = performance.now();
    const record: RequestRecord = { requestId: randomUUID(), startedAt, userId: null, reason: undefined, trace: parent?.traceId, cookies: [] };
    const path = getPath(request);
    const answer = await telemetry.request({ method, route: routeOf(path), parent }, record, () => fetch(request, { ...env, record }));
    answer.headers.set('x-request-id', record.requestId);
    // A response that sets cookies, such as that of a sign-out, knows better.
    if (!answer.headers.has('set-cookie')) for (const line of record.cookies) answer.headers.append('set-cookie', line);
    const { requestId, reason, userId, trace } = record;
    const milliseconds = performance.now() - startedAt;
    logRequest?.({ requestId, reason, userId, trace, method, path: loggedPath(path), status: answer.status, milliseconds });
    return answer;
  };
}

/** Finds the route of a path among the registered ones: itself, or the longest wildcard, such as `/trpc/*`. */
export function createRouteOf(registered: readonly string[]): (path: string) => string {
  const exact = new Set(registered.filter((route) => !route.endsWith('*')));
  const wildcards = [...new Set(['/*', ...registered.filter((route) => route.endsWith('/*'))])].sort((a, b) => b.length - a.length);
  return (path) => (exact.has(path) ? path : (wildcards.find((route) => path.startsWith(route.slice(0, -1))) ?? '/*'));
}
