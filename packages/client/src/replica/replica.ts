import { type ChangePage, entities, type Task } from '@todo/contract';
import { toTodoError } from '../transport/error.ts';
import { backoff, pause } from '../transport/retry.ts';

/** The state from which a new replica can start. */
export interface SavedReplica {
  userId: string;
  cursor: string;
  tasks: Task[];
}

export interface ReplicaOptions {
  /**
   * The result of `toJSON`. Its tasks show once the server has confirmed that the same user is signed in. It is ignored for another user, and if another version
   * of the client saved it in another form.
   */
  saved?: SavedReplica | null | undefined;
}

/**
 * 'loading' until it has all tasks; 'live' while it receives changes; 'offline' while the server is unreachable and it retries; 'signed-out' after its user has
 * signed out. That state is final, and the replica is then empty.
 */
export type ReplicaState = 'loading' | 'live' | 'offline' | 'signed-out';

/** A live copy of all tasks of the user who was signed in when it was created. */
export interface Replica {
  /** By id. The same object until something changes. */
  tasks(): ReadonlyMap<string, Task>;
  readonly state: ReplicaState;
  /** Calls the listener after each change of tasks or state. Returns a function that unsubscribes it. */
  subscribe(listener: () => void): () => void;
  /** The state to save for another replica; null before the first load. */
  toJSON(): SavedReplica | null;
  /** Closes the connection. The tasks stay readable. */
  close(): void;
}

/** The connection of a replica to the server, bound to one login. */
export interface Source {
  /** The user id of the login; null when it has ended. */
  currentUserId(): Promise<string | null>;
  /** Streams the pages after the cursor, the first at once, until the signal is aborted. */
  watch(cursor: string | undefined, signal: AbortSignal): AsyncIterable<{ data: ChangePage }>;
}

const noTasks: ReadonlyMap<string, Task> = new Map();

const fields = Object.keys(entities.task.fields);

/** Saved data may have any form. A task saved before a field existed lacks that field, and no later change would add it. */
const isSaved = (saved: ReplicaOptions['saved']): saved is SavedReplica =>
  typeof saved?.cursor === 'string' && Array.isArray(saved.tasks) && saved.tasks.every((task) => fields.every((field) => field in Object(task)));

/** `loginEnded` ends the replica: the user has signed out, or another has signed in. */
export function createReplica(open: () => Promise<Source>, loginEnded: AbortSignal, { saved }: ReplicaOptions): Replica {
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  const { signal } = closing;
  let state: ReplicaState = 'loading';
  let owner: string | null = null;
  /** All tasks at one log position. */
  let shown: { tasks: ReadonlyMap<string, Task>; cursor: string | undefined } | undefined;
  /** Collects pages until it is up to date. */
  let draft = new Map<string, Task>();
  let cursor: string | undefined;
  let isDirty = true;
  let tries = 0;

  /** In a microtask, so that an error in a listener does not end the connection. */
  const notify = () => {
    for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener());
  };
  const setState = (next: ReplicaState) => {
    if (signal.aborted || state === next) return;
    state = next;
    notify();
  };
  const show = () => {
    shown = { tasks: new Map(draft), cursor };
    isDirty = false;
  };
  const clear = () => {
    draft = new Map();
    cursor = undefined;
    isDirty = true;
  };
  const endLogin = () => {
    shown = undefined;
    setState('signed-out');
    closing.abort();
  };

  const apply = ({ changes, cursor: next, more, reset }: ChangePage) => {
    if (reset) clear();
    for (const { id, value } of changes) {
      if (value) draft.set(id, value);
      else draft.delete(id);
    }
    cursor = next;
    isDirty ||= changes.length > 0;
    if (more) return;
    tries = 0;
    const isChanged = isDirty || state !== 'live';
    if (isDirty) show();
    state = 'live';
    if (isChanged) notify();
  };

  /** Checks that the login belongs to the owner. The first check sets the owner, and loads the saved state if it is theirs. */
  const checkOwner = async (source: Source) => {
    const user = await source.currentUserId();
    if (owner !== null || user === null || signal.aborted) return user === owner && user !== null;
    owner = user;
    if (isSaved(saved) && saved.userId === owner) {
      draft = new Map(saved.tasks.map((task) => [task.id, task]));
      cursor = saved.cursor;
      show();
      notify();
    }
    return true;
  };

  /** Applies the pages of one connection until it ends. A cookie may meanwhile belong to another user, so the owner is checked before the first page. */
  const follow = async (source: Source) => {
    let isChecked = false;
    for await (const { data } of source.watch(cursor, signal)) {
      isChecked ||= await checkOwner(source);
      if (!isChecked) return endLogin();
      if (signal.aborted) return;
      apply(data);
    }
    if (!isChecked) throw new Error('The stream ended before its first page.');
  };

  const run = async () => {
    let source: Source | undefined;
    while (!signal.aborted) {
      tries += 1;
      try {
        source ??= await open();
        if (owner === null && !(await checkOwner(source))) return endLogin();
        await follow(source);
      } catch (error) {
        // Another version of the server may not accept the cursor.
        if (toTodoError(error).reason === 'INVALID_CURSOR') clear();
        const isMine = await (source && checkOwner(source))?.catch(() => undefined);
        if (isMine === false) return endLogin();
        if (!isMine || tries > 1) setState('offline');
      }
      await pause(backoff(tries), signal);
    }
  };

  loginEnded.addEventListener('abort', endLogin, { signal });
  void run();
  return {
    tasks: () => shown?.tasks ?? noTasks,
    get state() {
      return state;
    },
    subscribe: (listener) => {
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    toJSON: () => (owner && shown?.cursor ? { userId: owner, cursor: shown.cursor, tasks: [...shown.tasks.values()] } : null),
    close: () => closing.abort(),
  };
}
