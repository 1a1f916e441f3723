import type { ChangePage, Replica, ReplicaOptions, ReplicaState, Task } from './contract.ts';
import { backoff, pause } from './retry.ts';

/** Up to where the history was read, and what it was up to there. */
export interface Cursor {
  since: number;
  sinceHash: string;
}

/** How a replica reaches the server, always by the login that it was made for. */
export interface Source {
  /** The user whose login it is; null when it is over. */
  whose(): Promise<string | null>;
  /** One connection: the pages after the cursor, the first at once. */
  watch(cursor: Cursor): ReadableStream<ChangePage>;
}

const start: Cursor = { since: 0, sinceHash: '' };
const nothing: ReadonlyMap<string, Task> = new Map();

/** `over` ends it for good: then nobody is signed in, or somebody else. */
export function createReplica(open: () => Promise<Source>, over: AbortSignal, { saved }: ReplicaOptions): Replica {
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  const { signal } = closing;
  let state: ReplicaState = 'loading';
  let owner: string | null = null;
  /** All tasks as they were at one moment. */
  let shown: { tasks: ReadonlyMap<string, Task>; cursor: Cursor } | undefined;
  /** What pages are applied to, until one is the last for now. */
  let draft = new Map<string, Task>();
  let cursor = start;
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
    cursor = start;
    isDirty = true;
  };
  const leave = () => {
    shown = undefined;
    become('signed-out');
    closing.abort();
  };

  const apply = ({ changes, next, nextHash, more, reset }: ChangePage) => {
    if (reset) forget();
    for (const { taskId, task } of changes) {
      if (task) draft.set(taskId, task);
      else draft.delete(taskId);
    }
    cursor = { since: next, sinceHash: nextHash };
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
    if (saved?.userId === owner) {
      draft = new Map(saved.tasks.map((task) => [task.id, task]));
      cursor = { since: saved.since, sinceHash: saved.sinceHash };
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
      } catch {
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
    toJSON: () => (owner && shown ? { userId: owner, ...shown.cursor, tasks: [...shown.tasks.values()] } : null),
    close: () => closing.abort(),
  };
}
