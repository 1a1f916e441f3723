import type { Reason } from '@todo/contract';
import { findFailure } from '@todo/db';
import { RateLimited } from '../limits/rate-limited.ts';
import { kindOf } from '../log-parts.ts';

/** The page that is named if it belongs to this server or to a trusted origin. Without one, the page of this server. */
export function createReturns(baseUrl: string, trustedOrigins: readonly string[]) {
  const origins = new Set([new URL(baseUrl).origin, ...trustedOrigins]);
  return (returnTo = `${baseUrl}/`): string | undefined => {
    const { origin, href } = new URL(returnTo);
    return origins.has(origin) ? href : undefined;
  };
}

/** The address of the page that says why a sign-in failed. */
export function withReason(returnTo: string, reason: Reason): string {
  const url = new URL(returnTo);
  url.searchParams.set('error', reason);
  return url.href;
}

/** For a sign-in that was overtaken by the end of what it rests on. */
export const answerLate = (baseUrl: string): Response =>
  new Response(null, { status: 302, headers: { location: withReason(`${baseUrl}/`, 'SIGN_IN_EXPIRED') } });

/** For an error that no endpoint expects. */
export function answerFailure(baseUrl: string, error: unknown, log: (message: string) => void): Response {
  const isDefect = !(error instanceof RateLimited || findFailure(error));
  if (isDefect) log(`A sign-in with a provider failed:${kindOf(error)}`);
  const reason = isDefect ? 'INTERNAL' : error instanceof RateLimited ? 'RATE_LIMITED' : 'DATABASE_UNAVAILABLE';
  return new Response(null, { status: 302, headers: { location: withReason(`${baseUrl}/`, reason) } });
}
