import { type ChangePage, entities, type Task } from '@todo/contract';
import { TodoError } from '../transport/error.ts';
import { backoff, pause } from '../transport/retry.ts';

/** What a replica begins with another time. */
export interface SavedReplica {
  userId: string;
  cursor: string;
  tasks: Task[];
}

export interface ReplicaOptions {
  /**
   * What `toJSON` gave. It counts only if the same person is signed in, so its tasks show when the server has said so. One that another version of the client
   * has saved in another form does not count.
   */
  saved?: SavedReplica | null | undefined;
}

/**
 * 'loading' until it has everything; 'live' while each change arrives as it is made; 'offline' while the server cannot be reached, which is tried again and
 * again; 'signed-out' when the person it is of has signed out, for good: it then shows nothing.
 */
export type ReplicaState = 'loading' | 'live' | 'offline' | 'signed-out';

/** All tasks of the person who was signed in when it was made, kept equal to the server's. */
export interface Replica {
  /** By id. The same object until something changes. */
  tasks(): ReadonlyMap<string, Task>;
  readonly state: ReplicaState;
  /** Calls the listener whenever tasks or state have changed, until the function it gives is called. */
  subscribe(listener: () => void): () => void;
  /** What to begin with another time; null as long as there is nothing. */
  toJSON(): SavedReplica | null;
  /** Ends the connection. What there is stays. */
  close(): void;
}

/** How a replica reaches the server, always by the login that it was made for. */
export interface Source {
  /** The user whose login it is; null when it is over. */
  whose(): Promise<string | null>;
  /** One connection: the pages after the cursor, the first at once. */
  watch(cursor: string | undefined): ReadableStream<ChangePage>;
}

const nothing: ReadonlyMap<string, Task> = new Map();

const fields = Object.keys(entities.task.fields);

/** What was saved comes from a store, so it may have any form; a task saved before a field existed lacks that, and no change would bring it. */
const isSaved = (saved: ReplicaOptions['saved']): saved is SavedReplica =>
  typeof saved?.cursor === 'string' && Array.isArray(saved.tasks) && saved.tasks.every((task) => fields.every((field) => field in Object(task)));

/** A cursor of an older server may have a form that this one does not read. */
const isCursorRefused = (error: unknown) => error instanceof TodoError && error.reason === 'INVALID_CURSOR';

/** `over` ends it for good: then nobody is signed in, or somebody else. */
export function createReplica(open: () => Promise<Source>, over: AbortSignal, { saved }: ReplicaOptions): Replica {
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  const { signal } = closing;
  let state: ReplicaState = 'loading';
  let owner: string | null = null;
  /** All tasks as they were at one moment. */
  let shown: { tasks: ReadonlyMap<string, Task>; cursor: string | undefined } | undefined;
  /** What pages are applied to, until one is the last for now. */
  let draft = new Map<string, Task>();
  let cursor: string | undefined;
  let isDirty = true;
  let tries = 0;

  /** A listener that throws is its own fault, and not that of the connection. */
  const tell = () => {
    for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener());
  };
  const become = (next: ReplicaState) => {
    if (signal.aborted || state === next) return;
    state = next;
    tell();
  };
  const show = () => {
    shown = { tasks: new Map(draft), cursor };
    isDirty = false;
  };
  const forget = () => {
    draft = new Map();
    cursor = undefined;
    isDirty = true;
  };
  const leave = () => {
    shown = undefined;
    become('signed-out');
    closing.abort();
  };

  const apply = ({ changes, cursor: next, more, reset }: ChangePage) => {
    if (reset) forget();
    for (const { id, value } of changes) {
      if (value) draft.set(id, value);
      else draft.delete(id);
    }
    cursor = next;
    isDirty ||= changes.length > 0;
    if (more) return;
    tries = 0;
    const isNews = isDirty || state !== 'live';
    if (isDirty) show();
    state = 'live';
    if (isNews) tell();
  };

  /** What was saved counts as soon as the server has said that it is this person's. */
  const isOwners = async (source: Source) => {
    const user = await source.whose();
    if (owner !== null || user === null || signal.aborted) return user === owner && user !== null;
    owner = user;
    if (isSaved(saved) && saved.userId === owner) {
      draft = new Map(saved.tasks.map((task) => [task.id, task]));
      cursor = saved.cursor;
      show();
      tell();
    }
    return true;
  };

  /** Applies what one connection brings, until it ends. With a cookie it may be another's than the last one, so nothing is applied before that is known. */
  const follow = async (source: Source) => {
    const reader = source.watch(cursor).getReader();
    const cancel = () => void reader.cancel().catch(() => {});
    signal.addEventListener('abort', cancel);
    try {
      let page = await reader.read();
      if (page.done) throw new Error('The connection brought nothing.');
      if (!(await isOwners(source))) return leave();
      for (; !page.done && !signal.aborted; page = await reader.read()) apply(page.value);
    } finally {
      signal.removeEventListener('abort', cancel);
      cancel();
    }
  };

  const run = async () => {
    let source: Source | undefined;
    while (!signal.aborted) {
      tries += 1;
      try {
        source ??= await open();
        if (owner === null && !(await isOwners(source))) return leave();
        await follow(source);
      } catch (error) {
        if (isCursorRefused(error)) forget();
        const isMine = await (source && isOwners(source))?.catch(() => undefined);
        if (isMine === false) return leave();
        if (!isMine || tries > 1) become('offline');
      }
      await pause(backoff(tries), signal);
    }
  };

  over.addEventListener('abort', leave, { signal });
  void run();
  return {
    tasks: () => shown?.tasks ?? nothing,
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
