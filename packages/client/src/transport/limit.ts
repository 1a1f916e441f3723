import { TodoError, toTodoError } from './error.ts';

export interface CallOptions {
  /** Aborts the call, which then fails with CALL_ABORTED. */
  signal?: AbortSignal | undefined;
  /** Time limit in ms, which then fails the call with CALL_TIMED_OUT. It covers all the call waits for: its token, every try, and the pauses between them. */
  timeoutMs?: number | undefined;
}

/** How long a call may still take. */
export interface Limit {
  /** Aborted when the call is over, with the error that ended it. */
  signal: AbortSignal;
  /** By performance.now(). */
  deadline: number;
}

/** Not all platforms have `signal.throwIfAborted`. */
export function throwIfAborted(signal: AbortSignal | null | undefined): void {
  if (signal?.aborted) throw signal.reason;
}

/** setTimeout fires at once for a longer time. */
const TIMER_MAX_MS = 2 ** 31 - 1;

const timedOut = (ms: number) => new TodoError('CALL_TIMED_OUT', `There was no answer within ${ms} ms. A change may have been applied.`);

/** Runs `work` until it ends, the time is over or the caller aborts, whichever is first and whatever `work` waits for. */
export function within<Result>(timeoutMs: number, caller: AbortSignal | undefined, work: (limit: Limit) => Promise<Result>): Promise<Result> {
  const ending = new AbortController();
  return new Promise((resolve, reject) => {
    const release = () => {
      clearTimeout(timer);
      caller?.removeEventListener('abort', abort);
    };
    const end = (error: TodoError) => {
      release();
      reject(error);
      ending.abort(error);
    };
    const abort = () => end(new TodoError('CALL_ABORTED', 'The call was aborted.', { cause: caller?.reason }));
    const timer = setTimeout(() => end(timedOut(timeoutMs)), Math.min(timeoutMs, TIMER_MAX_MS));
    if (caller?.aborted) return abort();
    caller?.addEventListener('abort', abort);
    work({ signal: ending.signal, deadline: performance.now() + timeoutMs })
      .then(resolve, (error: unknown) => reject(toTodoError(error)))
      .finally(release);
  });
}
