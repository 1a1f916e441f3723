import { isLoginRejected } from './failure.ts';
import type { Host } from './socket.ts';

/** What a server says of the sessions it gives. */
interface SessionState {
  standby: boolean;
  readOnly: boolean;
}

/** One attempt to connect: which host, and which sessions will do there. */
export interface Attempt {
  host: Host;
  accepts: (state: SessionState) => boolean;
}

/** Kinds of sessions in the order in which they are looked for on all hosts (libpq's `target_session_attrs`). */
const targets: Record<string, Attempt['accepts'][]> = {
  'read-write': [({ readOnly }) => !readOnly],
  'read-only': [({ readOnly }) => readOnly],
  primary: [({ standby }) => !standby],
  standby: [({ standby }) => standby],
  'prefer-standby': [({ standby }) => standby, () => true],
};

/** Without a `target` any session will do. */
export const attempts = (hosts: Host[], target: string | null | undefined): Attempt[] =>
  (targets[target ?? ''] ?? [() => true]).flatMap((accepts) => hosts.map((host) => ({ host, accepts })));

/**
 * Makes the attempts one after another until one succeeds, all of them within `timeout` ms: each gets an equal share of what is left, so a host
 * that says nothing leaves time for the next. Throws what the last one threw. A refused password ends the search, as in libpq.
 */
export async function firstOf<Result>(
  candidates: Attempt[],
  timeout: number,
  open: (attempt: Attempt, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + timeout;
  let failure: unknown;
  for (const [made, attempt] of candidates.entries()) {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error('no connection in time')), (deadline - performance.now()) / (candidates.length - made));
    try {
      return await open(attempt, late.signal);
    } catch (error) {
      failure = error;
      if (isLoginRejected(error)) break;
    } finally {
      clearTimeout(timer);
    }
  }
  throw failure;
}
