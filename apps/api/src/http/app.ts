import { type Auth, authPaths, CLIENT_ADDRESS_HEADER, RateLimited } from '@todo/auth';
import {
  AUTH_BODY_MAX_BYTES,
  AUTH_REQUESTS_WAITING_MAX,
  BATCH_MAX_CALLS,
  BODY_MAX_BYTES,
  EXPORTS_MAX_PER_OWNER,
  REQUESTS_MAX,
  USER_HEADER,
} from '@todo/contract';
import type { Database, UserId } from '@todo/db';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { Hono, type Context as HonoContext, type MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { ApiError, errorShape, MethodRefused, nothingHere, RETRY_SECONDS, toApiError } from '../errors.ts';
import { answerExport } from '../export/document.ts';
import type { Log } from '../log.ts';
import { createRest, REST_PATH } from '../rest/answer.ts';
import { docsPage } from '../rest/page.ts';
import { PROBLEM_TYPE, problemOf } from '../rest/problem.ts';
import { appRouter } from '../router.ts';
import { Watches, type WatchOptions } from '../sync/watches.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { bodyLimit, mediaTypeOf, readText, withCheckedText } from './body.ts';
import { createCalls } from './calls.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';
import { type ContextDeps, createContext } from './context.ts';
import { isLive, readiness } from './health.ts';
import { landingPage } from './landing-page.ts';
import { createRateLimit } from './rate-limit.ts';
import { createRouteOf, type RequestRecord, recordRequests } from './record.ts';
import { securityHeaders } from './security-headers.ts';
import { type Bindings, type Fetch, shedLoad } from './shed-load.ts';
import { createTurns } from './turns.ts';

const EXPORT_RETRY_SECONDS = 30;

export interface AppDeps {
  database: Database;
  auth: Auth;
  /** Public URL of the API. Pages of its origin may send the session cookie. */
  baseUrl: string;
  /** Other origins whose pages may call the API and send the session cookie. */
  trustedOrigins: string[];
  /** Calls per minute of one user on this instance; 0 for no limit. */
  callsPerMinute: number;
  clientAddress(c: HonoContext): string | undefined;
  log: Log['error'];
  /** Writes the access log. */
  logRequest?: Log['request'];
  telemetry?: Telemetry;
  /** What is at `/`; by default a landing page. */
  page?: Hono | undefined;
  /** Requests handled at a time; REQUESTS_MAX by default. */
  requestsMax?: number;
  /** Aborts when the server will stop: it is not ready any more, closes each connection after its response, and ends the watches within `stopDelayMs`. */
  stopping?: AbortSignal;
  stopDelayMs?: number;
  watching?: Partial<WatchOptions>;
}

interface AppEnv {
  Bindings: Bindings & { record: RequestRecord };
}

/** The fetch handler of the whole API. */
export function createApp(deps: AppDeps): { fetch: Fetch; openWatches(): number } {
  const { database, auth, log, telemetry = createTelemetry() } = deps;
  const ownOrigins = new Set([new URL(deps.baseUrl).origin, ...deps.trustedOrigins]);
  const isTrustedOrigin = (origin: string) => ownOrigins.has(origin);
  const watches = new Watches(database, log, deps.watching);
  deps.stopping?.addEventListener('abort', () => watches.close(deps.stopDelayMs ?? 0));
  const context: ContextDeps = { database, identify: auth.identify, rateLimit: createRateLimit(deps.callsPerMinute), watches, telemetry, isTrustedOrigin };
  const exportDeps = { acquire: createConcurrencyLimit({ perOwnerMax: EXPORTS_MAX_PER_OWNER, retryAfterSeconds: EXPORT_RETRY_SECONDS }), log };
  const calls = createCalls(context, log);
  const rest = createRest(calls, deps.baseUrl);
  const app = new Hono<AppEnv>();

  const refuse = (error: unknown, { url }: Request, record: RequestRecord) => {
    const { data, ...shape } = errorShape(error);
    const headers = new Headers();
    if (data.retryAfterSeconds !== undefined) headers.set('retry-after', String(data.retryAfterSeconds));
    const { cause } = toApiError(error);
    if (cause instanceof RateLimited) for (const [name, value] of Object.entries(cause.headers)) headers.set(name, value);
    if (error instanceof MethodRefused) headers.set('allow', error.methods.join(', '));
    calls.refused(error, record);
    const status = data.httpStatus;
    if (!new URL(url).pathname.startsWith(`${REST_PATH}/`)) return Response.json({ error: { ...shape, data } }, { status, headers });
    headers.set('content-type', PROBLEM_TYPE);
    return Response.json(problemOf({ ...shape, data }, record.requestId), { status, headers });
  };
  app.onError((error, c) => refuse(error, c.req.raw, c.env.record));
  app.notFound((c) => refuse(nothingHere(), c.req.raw, c.env.record));

  const handleCors = cors({
    origin: (origin) => (isTrustedOrigin(origin) ? origin : null),
    credentials: true,
    allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'last-event-id', 'traceparent', 'tracestate', 'trpc-accept', USER_HEADER],
    exposeHeaders: ['set-auth-token', 'ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id'],
    maxAge: 600,
  });
  const limitBody = (maxBytes: number): MiddlewareHandler<AppEnv> => bodyLimit(maxBytes, (c) => refuse(new ApiError('TOO_LARGE'), c.req.raw, c.env.record));
  // Skipped when it is not needed, to save allocations: no response is cached, so none needs Vary: Origin.
  app.use((c, next) => (c.req.header('origin') === undefined ? next() : handleCors(c, next)));
  app.use(limitBody(BODY_MAX_BYTES));
  app.use('/api/auth/*', limitBody(AUTH_BODY_MAX_BYTES));

  if (deps.page) app.route('/', deps.page);
  else app.get('/', (c) => c.html(landingPage(deps.baseUrl)));
  app.get('/livez', isLive);
  app.get('/readyz', readiness(database, deps.stopping));

  app.get('/export', async (c) => {
    const { record } = c.env;
    const began = async (userId: UserId) => {
      await auth.exported(userId, { address: deps.clientAddress(c) ?? '', userAgent: c.req.header('user-agent') ?? null });
      telemetry.authEvent({ name: 'export_made', userId }, record);
    };
    return answerExport(await createContext(c.req.raw, record, context), c.req.method, { ...exportDeps, began });
  });

  const turn = createTurns(AUTH_REQUESTS_WAITING_MAX);
  app.on(['GET', 'POST'], '/api/auth/*', async (c) => {
    // Anybody may call this, without an account.
    await turn();
    const headers = new Headers(c.req.raw.headers);
    headers.delete(CLIENT_ADDRESS_HEADER);
    const address = deps.clientAddress(c);
    if (address !== undefined) headers.set(CLIENT_ADDRESS_HEADER, address);
    // Node's fetch sends Sec-Fetch-Mode without Sec-Fetch-Site. Better Auth would treat it as a browser that hides its Origin.
    if (!headers.has('sec-fetch-site')) headers.delete('sec-fetch-mode');
    // Signing out and deleting the account must not hit another user either.
    if (headers.has(USER_HEADER)) await createContext(c.req.raw, c.env.record, context);
    const { method, url, signal } = c.req.raw;
    if (method === 'POST') mediaTypeOf(c.req.raw);
    const body = method === 'POST' ? await readText(c.req.raw) : null;
    const asked = new Request(url, { method, headers, body: body || null, signal });
    const answer = await auth.handle(asked, (event) => telemetry.authEvent(event, c.env.record));
    if (answer.status === 404 && answer.body === null) return c.notFound();
    if (!answer.headers.has('cache-control')) answer.headers.set('cache-control', 'no-store');
    return answer;
  });

  app.all('/trpc/*', async (c) => {
    const { record, outgoing } = c.env;
    using units = new DisposableStack();
    const answer = await fetchRequestHandler({
      endpoint: '/trpc',
      req: withCheckedText(c.req.raw),
      router: appRouter,
      createContext: async ({ req, info }) => {
        const isStream = info.type === 'subscription';
        return { request: await calls.begin(req, record, units, { calls: info.calls.length, isStream }) };
      },
      maxBatchSize: BATCH_MAX_CALLS,
      onError: ({ error }) => calls.refused(error, record),
      responseMeta: ({ errors }) => {
        const wait = Math.max(0, ...errors.map((error) => toApiError(error).details.retryAfterSeconds ?? 0));
        const rates = errors.map(({ cause }) => (cause instanceof RateLimited ? cause.headers : {}));
        return wait > 0 ? { headers: new Headers(Object.assign({ 'retry-after': String(wait) }, ...rates)) } : {};
      },
    });
    calls.hold(units, outgoing);
    // tRPC sends JSON without a content type when it rejects a request as a whole.
    if (!answer.ok) answer.headers.set('content-type', 'application/json');
    answer.headers.append('cache-control', 'no-store');
    return answer;
  });

  app.all(`${REST_PATH}/*`, (c) => rest.answer(c.req.path.slice(REST_PATH.length), c.req.raw, c.env));
  app.get('/openapi.json', (c) => c.json(rest.document()));
  app.route('/api/docs', docsPage());

  const protect = securityHeaders(deps.baseUrl);
  const refuseOverload = (request: Request, { record }: AppEnv['Bindings']) => {
    const answer = refuse(new ApiError('OVERLOADED', { retryAfterSeconds: RETRY_SECONDS }), request, record);
    const origin = request.headers.get('origin');
    if (origin === null || !isTrustedOrigin(origin)) return answer;
    answer.headers.set('access-control-allow-origin', origin);
    answer.headers.set('access-control-allow-credentials', 'true');
    answer.headers.set('access-control-expose-headers', 'retry-after, x-request-id');
    return answer;
  };
  const handle = shedLoad(
    async (request, env: AppEnv['Bindings']) => app.fetch(request, env),
    deps.requestsMax ?? REQUESTS_MAX,
    database.isOverloaded,
    refuseOverload,
  );
  const answer = async (request: Request, env: AppEnv['Bindings']) => {
    const response = protect(await handle(request, env));
    if (deps.stopping?.aborted) response.headers.set('connection', 'close');
    return response;
  };
  const routeOf = createRouteOf([...app.routes.map(({ path }) => path), ...authPaths]);
  return { fetch: recordRequests(answer, { telemetry, routeOf, logRequest: deps.logRequest }), openWatches: () => watches.open };
}
