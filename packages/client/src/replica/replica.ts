import { type ChangePage, type List, type Reason, STREAM_PING_INTERVAL_MS, type Task } from '@todo/contract';
import { type TodoError, toTodoError } from '../transport/error.ts';
import { pause, waitAfter } from '../transport/retry.ts';
import { notSignedIn, type UserListener, userChanged } from '../transport/user.ts';
import { Copy } from './copy.ts';
import { isSaved, type SavedReplica } from './saved.ts';
import { onWake } from './wake.ts';

export interface ReplicaOptions {
  /**
   * The result of `toJSON`. Its lists and tasks show once the server has confirmed that the same user is signed in. It is ignored for another user, if it is damaged, and
   * if another version of the client saved it in another form.
   */
  saved?: SavedReplica | null | undefined;
}

/**
 * 'loading' until it has all lists and tasks; 'live' while it receives changes; 'offline' while it cannot, and retries; 'signed-out' after its user has signed out or
 * another has signed in. That state is final, and the replica is then empty.
 */
export type ReplicaState = 'loading' | 'live' | 'offline' | 'signed-out';

/** A live copy of all lists and tasks of the user who was signed in when it was created. */
export interface Replica {
  /** By id. The same object until something changes. */
  lists(): ReadonlyMap<string, List>;
  tasks(): ReadonlyMap<string, Task>;
  readonly state: ReplicaState;
  /** Why it is offline or signed out: UNAUTHENTICATED or USER_CHANGED in the latter case. Otherwise null. */
  readonly error: TodoError | null;
  /** Calls the listener after each change of lists, tasks, state or error. Returns a function that unsubscribes it. */
  subscribe(listener: () => void): () => void;
  /** The state to save for another replica; null before the first load. */
  toJSON(): SavedReplica | null;
  /** Closes the connection. Lists and tasks stay readable. */
  close(): void;
}

/** The connection of a replica to the server, for the user for whom the client acted when the replica was created. */
export interface Source {
  /** The id of this user. Throws UNAUTHENTICATED and USER_CHANGED. */
  userId(): Promise<string>;
  /** Streams the pages after the cursor, the first at once, until the signal is aborted. Calls `onHeard` for each sign of life. */
  watch(cursor: string | undefined, signal: AbortSignal, onHeard: () => void): AsyncIterable<{ data: ChangePage }>;
  /** Calls the listener when another user is signed in, or nobody. */
  subscribe(listener: UserListener): () => void;
}

const nothing = new Copy();

/** Another user's data must not show. */
const finalReasons: Reason[] = ['UNAUTHENTICATED', 'USER_CHANGED'];
/** Refusals of a cursor that is damaged, or of another version of the server. */
const cursorReasons: Reason[] = ['INVALID_CURSOR', 'INVALID_INPUT', 'TOO_LARGE'];

export function createReplica(source: Source, { saved }: ReplicaOptions): Replica {
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  const { signal } = closing;
  let state: ReplicaState = 'loading';
  let error: TodoError | null = null;
  let owner: string | null = null;
  /** Everything at one log position. */
  let shown: { copy: Copy; cursor: string | undefined } | undefined;
  /** Collects pages until it is up to date. */
  let draft = new Copy();
  let cursor: string | undefined;
  let isDirty = true;
  let tries = 0;
  let heardAt = 0;
  /** Aborted to connect again at once. */
  let attempt = new AbortController();

  /** In a microtask, so that an error in a listener does not end the connection. */
  const notify = () => {
    for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener());
  };
  const fail = (next: 'offline' | 'signed-out', reason: TodoError) => {
    if (signal.aborted || (state === next && error?.reason === reason.reason)) return;
    state = next;
    error = reason;
    notify();
  };
  const show = () => {
    shown = { copy: draft.clone(), cursor };
    isDirty = false;
  };
  const clear = () => {
    draft = new Copy();
    cursor = undefined;
    isDirty = true;
  };
  const endLogin = (reason: TodoError) => {
    shown = undefined;
    fail('signed-out', reason);
    closing.abort();
  };

  const apply = ({ changes, cursor: next, more, reset }: ChangePage) => {
    if (reset) clear();
    for (const change of changes) draft.apply(change);
    cursor = next;
    isDirty ||= changes.length > 0;
    if (more) return;
    tries = 0;
    const isChanged = isDirty || state !== 'live';
    if (isDirty) show();
    state = 'live';
    error = null;
    if (isChanged) notify();
  };

  const begin = (userId: string) => {
    owner = userId;
    if (!isSaved(saved) || saved.userId !== owner) return;
    draft = new Copy(saved);
    cursor = saved.cursor;
    show();
    notify();
  };

  /** Applies the pages of one connection until it ends. */
  const follow = async () => {
    let isOpen = false;
    const heard = () => {
      heardAt = Date.now();
    };
    for await (const { data } of source.watch(cursor, attempt.signal, heard)) {
      if (signal.aborted) return;
      isOpen = true;
      apply(data);
    }
    if (!isOpen && !attempt.signal.aborted) throw new Error('The stream ended before its first page.');
  };

  const connect = async (): Promise<TodoError | undefined> => {
    try {
      if (owner === null) {
        const userId = await source.userId();
        if (signal.aborted) return undefined;
        begin(userId);
      }
      await follow();
      return undefined;
    } catch (thrown) {
      return attempt.signal.aborted ? undefined : toTodoError(thrown);
    }
  };

  const run = async () => {
    while (!signal.aborted) {
      attempt = new AbortController();
      tries += 1;
      const failure = await connect();
      if (failure && finalReasons.includes(failure.reason)) return endLogin(failure);
      if (failure && cursor !== undefined && cursorReasons.includes(failure.reason)) clear();
      else if (failure && (owner === null || tries > 1 || failure.reason === 'CALL_TIMED_OUT')) fail('offline', failure);
      await pause(waitAfter(tries, failure), attempt.signal);
    }
  };

  const reconnect = () => {
    tries = 0;
    attempt.abort();
  };
  /** A connection that was open while the computer slept may be dead without a sign. */
  const isSilent = () => Date.now() - heardAt > STREAM_PING_INTERVAL_MS;
  const stopWaking = onWake((cause) => {
    if (cause === 'network' || state !== 'live' || isSilent()) reconnect();
  });
  const stopWatchingUser = source.subscribe((userId) => {
    if (owner !== null && userId !== owner) endLogin(userId === null ? notSignedIn() : userChanged());
  });
  signal.addEventListener('abort', () => {
    attempt.abort();
    stopWaking();
    stopWatchingUser();
  });
  void run();
  return {
    lists: () => (shown?.copy ?? nothing).lists,
    tasks: () => (shown?.copy ?? nothing).tasks,
    get state() {
      return state;
    },
    get error() {
      return error;
    },
    subscribe: (listener) => {
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    toJSON: () => (owner && shown?.cursor ? { userId: owner, cursor: shown.cursor, ...shown.copy.values() } : null),
    close: () => closing.abort(),
  };
}
