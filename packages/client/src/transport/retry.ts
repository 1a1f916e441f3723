import type { Reason } from '@todo/contract';
import { refusal, TodoError } from './error.ts';
import { type Limit, throwIfAborted } from './limit.ts';
import type { Answer } from './request.ts';

const TRIES_MAX = 5;
/** In ms; doubles with each try. */
const FIRST_WAIT = 200;
const LAST_WAIT = 10_000;

/** Failures without an answer of the server. A proxy can answer for a server that restarts, and the request that finds the user has a time limit of its own. */
const unansweredReasons: Reason[] = ['SERVER_UNREACHABLE', 'ADDRESS_WRONG', 'CALL_TIMED_OUT'];

/** The server names a time for every refusal that may be retried: RATE_LIMITED, OVERLOADED, DATABASE_UNAVAILABLE. */
const isTransient = (error: unknown): error is TodoError =>
  error instanceof TodoError && (error.retryAfterSeconds !== undefined || unansweredReasons.includes(error.reason));

/** How long to wait after `tries` tries, in ms: as long as the server said, or else exponentially longer. Spread, so that clients do not return all at once. */
export const waitAfter = (tries: number, error?: TodoError): number =>
  error?.retryAfterSeconds === undefined
    ? Math.min(LAST_WAIT, FIRST_WAIT * 2 ** (tries - 1)) * (0.5 + Math.random() / 2)
    : error.retryAfterSeconds * 1000 * (1 + Math.random() / 4);

/** Resolves early when the signal is aborted. */
export const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });

async function sendOnce(send: () => Promise<Answer>): Promise<Answer> {
  const answer = await send();
  const error = answer.ok ? undefined : refusal(answer);
  if (isTransient(error)) throw error;
  return answer;
}

/** Retries a few times, if the pause before the next try ends within the limit. The request must be idempotent. */
export async function withRetries(send: () => Promise<Answer>, { signal, deadline }: Limit): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await sendOnce(send);
    } catch (error) {
      throwIfAborted(signal);
      if (tries === TRIES_MAX || !isTransient(error)) throw error;
      const wait = waitAfter(tries, error);
      if (performance.now() + wait > deadline) throw error;
      await pause(wait, signal);
      throwIfAborted(signal);
    }
  }
}
