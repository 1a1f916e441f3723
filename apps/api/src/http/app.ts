import { randomUUID } from 'node:crypto';
import { type Auth, CLIENT_ADDRESS_HEADER, RateLimited } from '@todo/auth';
import { AUTH_BODY_MAX_BYTES, BATCH_MAX_CALLS, BODY_MAX_BYTES, EXPORTS_MAX_PER_OWNER } from '@todo/contract';
import type { Database } from '@todo/db';
import { TRPCError } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { Hono, type Context as HonoContext } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { ApiError, describeForLog, errorShape, isWorthLogging, toApiError } from '../errors.ts';
import { answerExport } from '../export/document.ts';
import { appRouter } from '../router.ts';
import { Watches, type WatchOptions } from '../sync/watches.ts';
import { mediaTypeOf, readText, withCheckedText } from './body.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';
import { type ContextDeps, createContext } from './context.ts';
import { landingPage } from './landing-page.ts';
import { createRateLimit } from './rate-limit.ts';

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
  log(message: string): void;
  /** Ends the watches, which would otherwise stay open. */
  stopping?: AbortSignal;
  watching?: Partial<WatchOptions>;
}

/** Whether the headers promise a body within the limit. */
function isShort({ method, headers }: Request, maxBytes: number): boolean {
  if (headers.has('transfer-encoding')) return false;
  const length = headers.get('content-length');
  return length === null ? method === 'GET' : Number(length) <= maxBytes;
}

export function createApp(deps: AppDeps): Hono {
  const { database, auth, log } = deps;
  const ownOrigins = new Set([new URL(deps.baseUrl).origin, ...deps.trustedOrigins]);
  const isTrustedOrigin = (origin: string) => ownOrigins.has(origin);
  const watches = new Watches(database, log, deps.watching);
  deps.stopping?.addEventListener('abort', () => watches.close());
  const context: ContextDeps = { database, identify: auth.identify, rateLimit: createRateLimit(deps.callsPerMinute), watches, isTrustedOrigin };
  const exportDeps = { acquire: createConcurrencyLimit(EXPORTS_MAX_PER_OWNER, EXPORT_RETRY_SECONDS), log };
  const app = new Hono();

  const refuse = (error: unknown) => {
    const { data, ...shape } = errorShape(error);
    const headers = new Headers();
    if (data.retryAfterSeconds !== undefined) headers.set('retry-after', String(data.retryAfterSeconds));
    if (error instanceof RateLimited) for (const [name, value] of Object.entries(error.headers)) headers.set(name, value);
    // The rest of the body may still arrive, so the client must not reuse the connection.
    if (data.reason === 'TOO_LARGE') headers.set('connection', 'close');
    if (isWorthLogging(error)) log(describeForLog(error));
    return Response.json({ error: { ...shape, data } }, { status: data.httpStatus, headers });
  };
  app.onError(refuse);
  app.notFound(() => refuse(new TRPCError({ code: 'NOT_FOUND', message: 'There is nothing at this address.' })));

  const handleCors = cors({
    origin: (origin) => (isTrustedOrigin(origin) ? origin : null),
    credentials: true,
    allowHeaders: ['authorization', 'content-type'],
    exposeHeaders: ['set-auth-token', 'ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id'],
    maxAge: 600,
  });
  const limitBody = (maxSize: number) => bodyLimit({ maxSize, onError: () => refuse(new ApiError('TOO_LARGE')) });
  const [limitAnyBody, limitAuthBody] = [limitBody(BODY_MAX_BYTES), limitBody(AUTH_BODY_MAX_BYTES)];
  // Skip these middlewares when they are not needed, to save allocations. Node enforces Content-Length; no response is cached, so none needs Vary: Origin.
  app.use((c, next) => (c.req.header('origin') === undefined ? next() : handleCors(c, next)));
  app.use((c, next) => (isShort(c.req.raw, BODY_MAX_BYTES) ? next() : limitAnyBody(c, next)));
  app.use('/api/auth/*', (c, next) => (isShort(c.req.raw, AUTH_BODY_MAX_BYTES) ? next() : limitAuthBody(c, next)));

  app.get('/', (c) => c.html(landingPage(deps.baseUrl)));
  app.get('/health/live', (c) => c.json({ status: 'live' }));
  app.get('/health/ready', async (c) => {
    await database.ping();
    return c.json({ status: 'ready' });
  });

  app.get('/export', async (c) => answerExport(await createContext(c.req.raw, randomUUID(), context), c.req.method, exportDeps));

  app.on(['GET', 'POST'], '/api/auth/*', async (c) => {
    const headers = new Headers(c.req.raw.headers);
    headers.delete(CLIENT_ADDRESS_HEADER);
    const address = deps.clientAddress(c);
    if (address !== undefined) headers.set(CLIENT_ADDRESS_HEADER, address);
    // Node's fetch sends Sec-Fetch-Mode without Sec-Fetch-Site. Better Auth would treat it as a browser that hides its Origin.
    if (!headers.has('sec-fetch-site')) headers.delete('sec-fetch-mode');
    const { method, url } = c.req.raw;
    if (method === 'POST') mediaTypeOf(c.req.raw);
    const body = method === 'POST' ? await readText(c.req.raw) : null;
    const answer = await auth.handle(new Request(url, { method, headers, body: body || null }));
    if (answer.status === 404 && answer.body === null) return c.notFound();
    if (!answer.headers.has('cache-control')) answer.headers.set('cache-control', 'no-store');
    return answer;
  });

  app.all('/trpc/*', async (c) => {
    const requestId = randomUUID();
    const answer = await fetchRequestHandler({
      endpoint: '/trpc',
      req: withCheckedText(c.req.raw),
      router: appRouter,
      createContext: async ({ req }) => ({ request: await createContext(req, requestId, context) }),
      maxBatchSize: BATCH_MAX_CALLS,
      onError: ({ error }) => {
        if (isWorthLogging(error)) log(describeForLog(error));
      },
      responseMeta: ({ errors }) => {
        const wait = Math.max(0, ...errors.map((error) => toApiError(error).details.retryAfterSeconds ?? 0));
        return wait > 0 ? { headers: new Headers({ 'retry-after': String(wait) }) } : {};
      },
    });
    // tRPC sends JSON without a content type when it rejects a request as a whole.
    if (!answer.ok) answer.headers.set('content-type', 'application/json');
    answer.headers.append('cache-control', 'no-store');
    answer.headers.set('x-request-id', requestId);
    return answer;
  });
  return app;
}
