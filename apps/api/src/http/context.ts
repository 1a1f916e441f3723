import type { Identify } from '@todo/auth';
import { USER_HEADER } from '@todo/contract';
import type { Database, Notes, OwnerDb, UserId } from '@todo/db';
import { TRPCError } from '@trpc/server';
import { ApiError } from '../errors.ts';
import type { Watches } from '../sync/watches.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { mediaTypeOf } from './body.ts';
import type { RateLimit } from './rate-limit.ts';
import type { RequestRecord } from './record.ts';

export interface ContextDeps {
  database: Database;
  identify: Identify;
  rateLimit: RateLimit;
  watches: Watches;
  telemetry: Telemetry;
  /** Whether pages of this origin may send the session cookie. */
  isTrustedOrigin(origin: string): boolean;
}

/** What a procedure knows of its request. The owner comes from here alone. */
export interface Context extends Pick<ContextDeps, 'database' | 'rateLimit' | 'watches' | 'telemetry'> {
  userId: UserId | null;
  /** Identifies the request in the log. Generated here, never taken from the client. */
  requestId: string;
  /** When the request arrived, by performance.now(). */
  startedAt: number;
  /** How many calls the request contains. */
  calls: number;
  /** Aborts when the client is gone. */
  signal: AbortSignal;
  /** Whether the credential of the request still authenticates the same user. */
  isStillAuthenticated(): Promise<boolean>;
}

/** Drops the cookie of a request from a foreign page, against CSRF. Browsers set Origin, and scripts cannot change it. */
function withoutForeignCookie(request: Request, deps: ContextDeps): Headers {
  const origin = request.headers.get('origin');
  if (origin === null || deps.isTrustedOrigin(origin)) return request.headers;
  const headers = new Headers(request.headers);
  headers.delete('cookie');
  return headers;
}

/** A client names the user for whom it acts, because its cookie or stored token may have become another user's. The header can refuse a call, never select an owner. */
function assertSameUser(headers: Headers, userId: UserId | null): void {
  const named = headers.get(USER_HEADER);
  if (named !== null && userId !== null && named !== userId) throw new ApiError('USER_CHANGED');
}

/** `calls` is the number of calls in the request. The record of the request learns its user. */
export async function createContext(request: Request, record: RequestRecord, deps: ContextDeps, calls = 1): Promise<Context> {
  if (['POST', 'PATCH'].includes(request.method) && mediaTypeOf(request) !== 'application/json') {
    throw new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send JSON, with content-type: application/json.' });
  }
  const { database, identify, rateLimit, watches, telemetry } = deps;
  const headers = withoutForeignCookie(request, deps);
  const userId = await identify(headers, (line) => record.cookies.push(line));
  assertSameUser(headers, userId);
  record.userId = userId;
  const { requestId, startedAt } = record;
  return {
    userId,
    calls,
    database,
    rateLimit,
    watches,
    telemetry,
    requestId,
    startedAt,
    signal: request.signal,
    isStillAuthenticated: async () => (await identify(headers)) === userId,
  };
}

/** The authenticated user, and access to that user's rows alone, with these notes. Throws UNAUTHENTICATED and RATE_LIMITED. */
export async function requireUser(context: Context, notes: Notes = {}): Promise<{ userId: UserId; tasks: OwnerDb }> {
  const { userId, signal, database, rateLimit } = context;
  if (userId === null) throw new ApiError('UNAUTHENTICATED');
  await rateLimit(userId, 1);
  return { userId, tasks: database.as(userId, { ...notes, signal }) };
}
