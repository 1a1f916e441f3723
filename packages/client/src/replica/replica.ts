import type { List, Task } from '@todo/contract';
import type { Connection } from '../connection.ts';
import { TodoError, toTodoError } from '../transport/error.ts';
import { pause, waitAfter } from '../transport/retry.ts';
import { notSignedIn } from '../transport/user.ts';
import type { Mutations, Notice, Pending } from './change.ts';
import { emptyCopy } from './draft.ts';
import { createLastUser } from './last-user.ts';
import { createListeners } from './listeners.ts';
import { createMutations } from './mutations.ts';
import { memoryStorage, type ReplicaStorage } from './storage.ts';
import { createUserReplica, type UserReplica } from './user-replica.ts';

export interface ReplicaOptions {
  /** Where to keep the data and the outbox, so that both survive a restart; by default in memory. */
  storage?: ReplicaStorage;
}

/**
 * 'loading' until the server has sent what is new; 'live' while it sends changes; 'offline' while it cannot be reached, which is tried again; 'signed-out' while nobody is
 * signed in. In the first three it shows what it has.
 */
export type ReplicaState = 'loading' | 'live' | 'offline' | 'signed-out';

/** A live copy of all lists and tasks of the user who is signed in, with an outbox of changes. It follows a change of user. */
export interface Replica {
  /** Whose data it shows; null for nobody. */
  readonly userId: string | null;
  /** By id, with the changes that wait. The same object until something changes. */
  tasks(): ReadonlyMap<string, Task>;
  lists(): ReadonlyMap<string, List>;
  readonly state: ReplicaState;
  /** Why it is offline or signed out. Otherwise null. */
  readonly error: TodoError | null;
  /** The changes that the server has not answered, oldest first. Signing out discards them. */
  readonly pending: readonly Pending[];
  /** Makes a change. It shows at once, is sent as soon as the server can be reached, and is applied once. */
  readonly mutate: Mutations;
  /** Calls the listener after each change of what is shown, pending, state or error. Returns a function that unsubscribes it. */
  subscribe(listener: () => void): () => void;
  /** Calls the listener when the server has refused a change, and when a field of an edit is lost to somebody else's. Returns a function that unsubscribes it. */
  onNotice(listener: (notice: Notice) => void): () => void;
  /** Ends it. What is shown stays readable. Changes that wait are sent by the next replica with this storage. */
  close(): void;
}

/** Changes that wait at most. */
const OUTBOX_MAX_CHANGES = 10_000;

const outboxFull = () =>
  new TodoError('OUTBOX_FULL', `${OUTBOX_MAX_CHANGES} changes wait for the server. Connect to it, and make more changes when some of these have been sent.`);

/** A replica of the data of whoever is signed in with this client. */
export function createReplica({ connection }: { connection: Connection }, { storage = memoryStorage() }: ReplicaOptions = {}): Replica {
  const closing = new AbortController();
  const { signal } = closing;
  const changed = createListeners<void>();
  const noticed = createListeners<Notice>();
  const lastUser = createLastUser(storage, connection.url);
  let shown: { userId: string; data: UserReplica } | undefined;
  /** While nobody is shown. */
  let state: ReplicaState = 'loading';
  let error: TodoError | null = null;
  /** Aborted when it is known who is signed in. */
  let search = new AbortController();

  const hide = (next: ReplicaState, reason: TodoError | null) => {
    const { leftUserId } = connection;
    // Unless the application has signed this user out, the changes that wait are still to be sent.
    if (shown) shown.data.close(leftUserId === undefined || leftUserId === shown.userId).catch(() => {});
    shown = undefined;
    state = next;
    error = reason;
    changed.notify();
  };
  const signedOut = () => {
    search.abort();
    lastUser.set(null);
    hide('signed-out', notSignedIn());
  };
  const show = (userId: string) => {
    search.abort();
    if (shown?.userId === userId) return;
    hide('loading', null);
    const data = createUserReplica({
      connection: connection.as(userId),
      storage,
      name: `todo ${connection.url} ${userId}`,
      notify: changed.notify,
      notice: noticed.notify,
      confirmed: () => lastUser.set(userId),
      loginLost: (reason) => {
        if (shown?.data !== data || signal.aborted) return;
        hide('loading', reason);
        void find();
      },
    });
    shown = { userId, data };
  };

  /** Finds out who is signed in, however long that takes. */
  const find = async () => {
    search = new AbortController();
    const { signal: found } = search;
    for (let tries = 1; !found.aborted; tries += 1) {
      const answer = await connection.find().then(
        (userId) => ({ userId }),
        (thrown: unknown) => ({ failure: toTodoError(thrown) }),
      );
      if (found.aborted) return;
      if ('userId' in answer) return answer.userId === null ? signedOut() : show(answer.userId);
      hide('offline', answer.failure);
      await pause(waitAfter(tries, answer.failure), found);
    }
  };

  const begin = async () => {
    const { userId } = connection;
    if (userId === null) return signedOut();
    if (userId !== undefined) return show(userId);
    const last = await lastUser.get();
    if (shown || state !== 'loading' || signal.aborted) return;
    if (last === null) return find();
    show(last);
  };

  const stopWatchingUser = connection.onUserChange((userId) => (userId === null ? signedOut() : show(userId)));
  signal.addEventListener('abort', () => {
    stopWatchingUser();
    search.abort();
    changed.clear();
    noticed.clear();
    void shown?.data.close(false).catch(() => {});
  });
  void begin();
  const copy = () => shown?.data.shown() ?? emptyCopy;
  return {
    get userId() {
      return shown?.userId ?? null;
    },
    tasks: () => copy().tasks,
    lists: () => copy().lists,
    get state() {
      return shown?.data.state ?? state;
    },
    get error() {
      return shown ? shown.data.error : error;
    },
    get pending() {
      return shown?.data.pending() ?? [];
    },
    mutate: createMutations((make) => {
      if (!shown) throw notSignedIn();
      const { userId, data } = shown;
      if (data.waiting() >= OUTBOX_MAX_CHANGES) throw outboxFull();
      return data.queue(make({ userId, shown: data.shown(), lastKey: data.lastKey() }));
    }, connection.randomUUID),
    subscribe: changed.add,
    onNotice: noticed.add,
    close: () => closing.abort(),
  };
}
