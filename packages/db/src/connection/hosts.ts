import { DatabaseFailure, isLoginRejected } from './failure.ts';
import type { Session } from './session.ts';
import type { Host } from './socket.ts';

export interface Attempt {
  host: Host;
  accepts: (session: Pick<Session, 'standby' | 'readOnly'>) => boolean;
}

/** For each value of libpq's `target_session_attrs`, the kinds of session to look for on all hosts, in order. */
const targets: Record<string, Attempt['accepts'][]> = {
  'read-write': [({ readOnly }) => !readOnly],
  'read-only': [({ readOnly }) => readOnly],
  primary: [({ standby }) => !standby],
  standby: [({ standby }) => standby],
  'prefer-standby': [({ standby }) => standby, () => true],
};

export const targetNames: readonly string[] = ['any', ...Object.keys(targets)];

export const attempts = (hosts: Host[], target: string | undefined): Attempt[] =>
  (targets[target ?? ''] ?? [() => true]).flatMap((accepts) => hosts.map((host) => ({ host, accepts })));

/**
 * Makes the attempts one after another until one succeeds, all within `timeout` ms. Each gets an equal share of the remaining time, so a host
 * that does not respond leaves time for the next. Throws DATABASE_UNAVAILABLE with the error of the last attempt. A rejected login stops the search, as in libpq.
 */
export async function firstOf<Result>(
  candidates: Attempt[],
  timeout: number,
  open: (attempt: Attempt, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + timeout;
  let failure = new DatabaseFailure('DATABASE_UNAVAILABLE', new Error('no host'));
  for (const [made, attempt] of candidates.entries()) {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error('connect timeout')), (deadline - performance.now()) / (candidates.length - made));
    try {
      return await open(attempt, late.signal);
    } catch (error) {
      failure = error instanceof DatabaseFailure ? error : new DatabaseFailure('DATABASE_UNAVAILABLE', late.signal.aborted ? late.signal.reason : error);
      if (isLoginRejected(failure)) break;
    } finally {
      clearTimeout(timer);
    }
  }
  throw failure;
}
