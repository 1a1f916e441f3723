import type { Reason } from '@todo/contract';
import type { UserConnection } from '../connection.ts';
import { type TodoError, toTodoError } from '../transport/error.ts';
import { pause, waitAfter } from '../transport/retry.ts';
import type { Change } from './change.ts';

/** The user is no longer signed in: the change waits until then. */
const loginReasons: Reason[] = ['UNAUTHENTICATED', 'USER_CHANGED'];
/** Failures that pass, however long that takes. */
const passingReasons: Reason[] = [
  'SERVER_UNREACHABLE',
  'ADDRESS_WRONG',
  'ORIGIN_REFUSED',
  'CALL_TIMED_OUT',
  'RATE_LIMITED',
  'OVERLOADED',
  'DATABASE_UNAVAILABLE',
  'STORAGE_FULL',
  'STORE_FAILED',
];
/** Failures of the server that may be of this change alone, so that later ones do not wait for it without end. */
const doubtfulReasons: Reason[] = ['INTERNAL', 'DEADLINE_EXCEEDED'];
const DOUBTFUL_TRIES_MAX = 5;

export interface OutboxWork {
  connection: UserConnection;
  signal: AbortSignal;
  /** The first change that is not answered. */
  next(): Change | undefined;
  /** Settles what to send, and saves it. */
  prepare(change: Change): Promise<Change>;
  /** Settles anew what to send of a change that somebody else's has overtaken. */
  repeat(change: Change): Promise<undefined>;
  /** With an error if the answer is no longer known. */
  answered(change: Change, answer: { seq: number; output: unknown }, error?: TodoError): void;
  refused(change: Change, error: TodoError): void;
  loginLost(error: TodoError): void;
}

export interface Outbox {
  /** There is a new change, or the server can be reached again. */
  wake(): void;
}

/** Sends changes in their order, one at a time, until the signal is aborted or the login is lost. */
export function createOutbox(work: OutboxWork): Outbox {
  const { connection, signal, next, prepare, repeat, answered, refused, loginLost } = work;
  /** Aborted to end a pause. */
  let waiting = new AbortController();
  signal.addEventListener('abort', () => waiting.abort());
  const woken = () => new Promise<void>((resolve) => (waiting.signal.aborted ? resolve() : waiting.signal.addEventListener('abort', () => resolve())));

  /** Returns the error after which the change must be sent again. */
  const send = async (change: Change): Promise<TodoError | undefined> => {
    try {
      const ready = change.sent ? change : await prepare(change);
      const output = await connection.call(change.path, { ...ready.sent?.input, mutationId: ready.sent?.mutationId }, { signal });
      answered(ready, { seq: Object(output).seq, output });
      return undefined;
    } catch (thrown) {
      const error = toTodoError(thrown);
      if (error.reason === 'VERSION_CONFLICT' && change.was) return repeat(change).catch(toTodoError);
      if (error.reason !== 'ALREADY_APPLIED') return error;
      answered(change, { seq: error.seq ?? 0, output: null }, error);
      return undefined;
    }
  };

  const run = async () => {
    let tries = 0;
    let doubts = 0;
    while (!signal.aborted) {
      const change = next();
      if (!change) {
        await woken();
        waiting = new AbortController();
        continue;
      }
      tries += 1;
      const error = await send(change);
      if (signal.aborted) return;
      if (error && loginReasons.includes(error.reason)) return loginLost(error);
      const isDoubtful = error !== undefined && doubtfulReasons.includes(error.reason);
      if (isDoubtful) doubts += 1;
      const repeats = error !== undefined && (passingReasons.includes(error.reason) || (isDoubtful && doubts < DOUBTFUL_TRIES_MAX));
      if (error && !repeats) refused(change, error);
      // A server that answers has said how long to wait, or needs time.
      const isAnswered = isDoubtful || error?.retryAfterSeconds !== undefined;
      if (repeats) await pause(waitAfter(isDoubtful ? doubts : tries, error), isAnswered ? signal : waiting.signal);
      else tries = doubts = 0;
      waiting = new AbortController();
    }
  };
  void run();
  return { wake: () => waiting.abort() };
}
