import type { Reason } from '@todo/contract';
import { refusal, TodoError } from './error.ts';
import type { Answer } from './request.ts';

const TRIES_MAX = 5;
/** Doubles with each try, in ms. */
const FIRST_WAIT = 200;
const LAST_WAIT = 10_000;
/** Who is told to wait for longer is told so at once. */
const WAIT_MAX_SECONDS = 5;

const passing: Reason[] = ['SERVER_UNREACHABLE', 'DATABASE_UNAVAILABLE'];

const mayPass = (error: unknown): error is TodoError =>
  error instanceof TodoError && passing.includes(error.reason) && (error.retryAfterSeconds ?? 0) <= WAIT_MAX_SECONDS;

/** How long to wait after so many tries, in ms. Part of it is chance, so that those who failed together do not come back together. */
export const backoff = (tries: number) => Math.min(LAST_WAIT, FIRST_WAIT * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);

/** Ends early when the signal does. */
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

async function expectAnswer(send: () => Promise<Answer>): Promise<Answer> {
  const answer = await send();
  const error = answer.ok ? undefined : refusal(answer);
  if (mayPass(error)) throw error;
  return answer;
}

/** Sends again what the connection or the database has failed, a few times, while `isWanted`. So it must do no harm to send it twice. */
export async function persist(send: () => Promise<Answer>, isWanted: () => boolean, signal?: AbortSignal | null): Promise<Answer> {
  const isOver = () => signal?.aborted || !isWanted();
  for (let tries = 1; ; tries += 1) {
    try {
      return await expectAnswer(send);
    } catch (error) {
      if (tries === TRIES_MAX || !mayPass(error) || isOver()) throw error;
      await pause((error.retryAfterSeconds ?? 0) * 1000 + backoff(tries), signal);
      if (isOver()) throw error;
    }
  }
}
