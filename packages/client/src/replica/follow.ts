import { type ChangePage, type Reason, STREAM_PING_INTERVAL_MS } from '@todo/contract';
import type { UserConnection } from '../connection.ts';
import { type TodoError, toTodoError, unreachable } from '../transport/error.ts';
import { pause, waitAfter } from '../transport/retry.ts';
import type { Position, Step } from './local.ts';
import { onWake } from './wake.ts';

type RowsStep = Extract<Step, { kind: 'rows' }>;

/** The user is no longer signed in. */
const loginReasons: Reason[] = ['UNAUTHENTICATED', 'USER_CHANGED'];
/** Refusals of a cursor that is damaged, or of another version of the server. */
const cursorReasons: Reason[] = ['INVALID_CURSOR', 'INVALID_INPUT', 'TOO_LARGE'];

export interface FollowWork {
  connection: UserConnection;
  signal: AbortSignal;
  position(): Position | undefined;
  /** The server has sent everything up to a position. */
  reached(step: RowsStep): void;
  /** The pages arrive. */
  live(): void;
  failed(error: TodoError): void;
  loginLost(error: TodoError): void;
}

/** Collects pages until they are complete. */
function createCollector(start: Position | undefined) {
  let after = start?.cursor;
  let cursor = after;
  let isWhole = cursor === undefined;
  let changes: ChangePage['changes'] = [];

  const restart = () => {
    cursor = undefined;
    isWhole = true;
    changes = [];
  };
  return {
    get cursor() {
      return cursor;
    },
    restart,
    /** Returns a step when the page is the last one. */
    add: (page: ChangePage): RowsStep | undefined => {
      if (page.reset) restart();
      changes.push(...page.changes);
      cursor = page.cursor;
      if (page.more) return undefined;
      const step: RowsStep = { kind: 'rows', after, isWhole, changes, position: { cursor, seq: page.seq } };
      after = cursor;
      isWhole = false;
      changes = [];
      return step;
    },
  };
}

/** Follows the stream of changes, and connects again when it ends, until the signal is aborted or the login is lost. */
export function follow({ connection, signal, position, reached, live, failed, loginLost }: FollowWork): void {
  const collector = createCollector(position());
  let isLive = false;
  let tries = 0;
  let heardAt = 0;
  /** Aborted to connect again at once. */
  let attempt = new AbortController();

  const lose = (error: TodoError) => {
    isLive = false;
    failed(error);
  };
  const onHeard = () => {
    heardAt = Date.now();
  };
  const read = async () => {
    let isOpen = false;
    for await (const page of connection.watch(collector.cursor, { signal: attempt.signal, onHeard })) {
      if (signal.aborted) return;
      isOpen = true;
      const step = collector.add(page);
      if (!step) continue;
      tries = 0;
      isLive = true;
      reached(step);
      live();
    }
    if (!isOpen && !attempt.signal.aborted) throw new Error('The stream ended before its first page.');
  };
  const connect = async (): Promise<TodoError | undefined> => {
    try {
      await read();
      return undefined;
    } catch (thrown) {
      return attempt.signal.aborted ? undefined : toTodoError(thrown);
    }
  };

  const run = async () => {
    while (!signal.aborted) {
      attempt = new AbortController();
      tries += 1;
      const error = await connect();
      if (error && loginReasons.includes(error.reason)) return loginLost(error);
      if (error && collector.cursor !== undefined && cursorReasons.includes(error.reason)) collector.restart();
      // A stream that ends, as all do in time, begins again at once.
      else if (error && (tries > 1 || error.reason === 'CALL_TIMED_OUT')) {
        lose(error);
      }
      await pause(waitAfter(tries, error), attempt.signal);
    }
  };

  /** A connection that was open while the computer slept may be dead without a sign. */
  const isSilent = () => Date.now() - heardAt > STREAM_PING_INTERVAL_MS;
  const stopWaking = onWake((cause) => {
    if (cause === 'page' && isLive && !isSilent()) return;
    if (cause === 'offline') lose(unreachable({}));
    tries = 0;
    attempt.abort();
  });
  signal.addEventListener('abort', () => {
    attempt.abort();
    stopWaking();
  });
  void run();
}
