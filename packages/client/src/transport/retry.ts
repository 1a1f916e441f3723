import type { Reason } from '@todo/contract';
import { refusal, TodoError } from './error.ts';
import type { Answer } from './request.ts';

const TRIES_MAX = 5;
/** In ms; doubles with each try. */
const FIRST_WAIT = 200;
const LAST_WAIT = 10_000;
/** If the server asks for a longer wait, the call fails at once. */
const WAIT_MAX_SECONDS = 5;

const transientReasons: Reason[] = ['SERVER_UNREACHABLE', 'DATABASE_UNAVAILABLE'];

const isTransient = (error: unknown): error is TodoError =>
  error instanceof TodoError && transientReasons.includes(error.reason) && (error.retryAfterSeconds ?? 0) <= WAIT_MAX_SECONDS;

/** Exponential backoff after `tries` tries, in ms, with jitter so that clients do not retry all at once. */
export const backoff = (tries: number) => Math.min(LAST_WAIT, FIRST_WAIT * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);

/** Resolves early when the signal is aborted. */
export const pause = (ms: number, signal?: AbortSignal | null) =>
  new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });

async function sendOnce(send: () => Promise<Answer>): Promise<Answer> {
  const answer = await send();
  const error = answer.ok ? undefined : refusal(answer);
  if (isTransient(error)) throw error;
  return answer;
}

/** Retries a few times after failures of connection or database, while `isWanted`. The request must be idempotent. */
export async function withRetries(send: () => Promise<Answer>, isWanted: () => boolean, signal?: AbortSignal | null): Promise<Answer> {
  const isOver = () => signal?.aborted || !isWanted();
  for (let tries = 1; ; tries += 1) {
    try {
      return await sendOnce(send);
    } catch (error) {
      if (tries === TRIES_MAX || !isTransient(error) || isOver()) throw error;
      await pause((error.retryAfterSeconds ?? 0) * 1000 + backoff(tries), signal);
      if (isOver()) throw error;
    }
  }
}
