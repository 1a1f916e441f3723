import type { UserConnection } from '../connection.ts';
import type { TodoError } from '../transport/error.ts';
import type { Change, Notice, Pending } from './change.ts';
import type { Copy } from './draft.ts';
import { lead } from './lead.ts';
import { createLocal, type Step } from './local.ts';
import type { Outbox } from './outbox.ts';
import { createPeers, type News } from './peers.ts';
import type { ReplicaState } from './replica.ts';
import { createSaver } from './saver.ts';
import type { Entry, ReplicaStorage } from './storage.ts';
import { createWaiters } from './waiters.ts';

export interface UserReplicaWork {
  connection: UserConnection;
  storage: ReplicaStorage;
  name: string;
  /** Something has changed. */
  notify(): void;
  notice(notice: Notice): void;
  /** The server has said that the user is signed in. */
  confirmed(): void;
  loginLost(error: TodoError | null): void;
}

/** The data and the outbox of one user. */
export interface UserReplica {
  readonly state: ReplicaState;
  readonly error: TodoError | null;
  shown(): Copy;
  pending(): readonly Pending[];
  /** The key of the last change that waits. */
  lastKey(): string;
  /** The number of changes in the outbox. */
  waiting(): number;
  /** Puts a change into the outbox. */
  queue(change: Change): { queued: Promise<void>; done: Promise<unknown> };
  /** Ends it. With `forget` its saved data are deleted. */
  close(forget: boolean): Promise<void>;
}

/** Of those that share a storage one leads: it reads the stream and sends all changes. The others follow what it tells, and lead when it has gone. */
export function createUserReplica({ connection, storage, name, notify, notice, confirmed, loginLost }: UserReplicaWork): UserReplica {
  const closing = new AbortController();
  const { signal } = closing;
  const local = createLocal();
  const saver = createSaver(storage, name);
  const waiters = createWaiters();
  const unsaved = new Map<string, Change>();
  let state: ReplicaState = 'loading';
  let error: TodoError | null = null;
  let outbox: Outbox | undefined;
  /** Whether the others have told something that is not part of what was loaded. */
  let isBehind = false;
  let loading: Promise<void> | undefined;
  /** What is saved, and only the leader may delete. */
  let unusable: Entry[] = [];

  const apply = (step: Step) => {
    const { saved, isVisible } = local.apply(step);
    if (isVisible) notify();
    return saved;
  };
  const commit = (step: Step): Promise<void> => {
    const written = saver.write(apply(step));
    // What is being read does not have it yet.
    if (loading) isBehind = true;
    const passOn = () => peers.tell({ kind: 'step', step });
    written.then(passOn, passOn);
    return written;
  };
  const setState = (next: ReplicaState, reason: TodoError | null) => {
    if (state === next && error?.reason === reason?.reason) return;
    state = next;
    error = reason;
    notify();
  };
  /** Takes over what is saved, until nothing was told in between. */
  const load = async () => {
    do {
      isBehind = false;
      const saved = await saver.read().catch(() => undefined);
      if (signal.aborted || !saved) return;
      unusable = local.load(saved, unsaved.values());
      if (saved.length > 0) notify();
    } while (isBehind);
  };
  const reload = () => {
    isBehind = true;
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  };

  const ask = () => peers.tell({ kind: 'ask', waiting: local.changes().flatMap(({ key, answer }) => (answer ? [] : [key])), isBlind: saver.isBroken });
  const receiveStep = (step: Step) => {
    if (loading) isBehind = true;
    else if (step.kind === 'rows' && step.after !== local.position?.cursor) void reload().then(ask);
    else apply(step);
    outbox?.wake();
  };
  const answer = ({ waiting, isBlind }: Extract<News, { kind: 'ask' }>) => {
    const known = new Set(local.changes().map(({ key }) => key));
    // A tab that was closed may have saved a change without telling of it.
    if (waiting.some((key) => !known.has(key))) void reload().then(() => outbox?.wake());
    if (saver.isBroken || isBlind) peers.tell({ kind: 'whole', steps: local.whole() });
    peers.tell({ kind: 'state', state }, error);
  };
  const take = async (steps: Step[]) => {
    await loading;
    for (const step of steps) apply(step);
  };
  const receive = (news: News, reason?: TodoError) => {
    if (news.kind === 'step') receiveStep(news.step);
    else if (news.kind === 'end') waiters.end(news.key, news.output, reason);
    else if (news.kind === 'lost') notice(news.field);
    else if (news.kind === 'refused' && reason) notice({ ...news.change, error: reason });
    else if (news.kind === 'whole' && !outbox) void take(news.steps);
    else if (news.kind === 'login-lost') loginLost(null);
    else if (news.kind === 'ask' && outbox) answer(news);
    else if (news.kind === 'state' && !outbox) setState(news.state, reason ?? null);
  };
  const peers = createPeers(storage.sharing, name, receive);

  /** What happens here, and to the others that share the storage. */
  const tell = (news: News, reason?: TodoError) => {
    receive(news, reason);
    // After the steps before it, which are told when they are saved.
    void saver.drained().then(() => peers.tell(news, reason));
  };
  const tellState = (next: ReplicaState, reason?: TodoError) => {
    setState(next, reason ?? null);
    peers.tell({ kind: 'state', state: next }, reason);
  };
  /** Resolves when it is closed, and everything is saved. */
  const startLeading = async () => {
    await reload();
    if (signal.aborted) return;
    void saver.write(unusable);
    const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    outbox = lead({
      connection,
      signal,
      local,
      commit,
      ended: (key, output, reason) => tell({ kind: 'end', key, output }, reason),
      refused: (change, reason) => tell({ kind: 'refused', change }, reason),
      lost: (field) => tell({ kind: 'lost', field }),
      live: () => {
        confirmed();
        if (state !== 'live') tellState('live');
      },
      offline: (reason) => tellState('offline', reason),
      loginLost: (reason) => {
        peers.tell({ kind: 'login-lost' });
        loginLost(reason);
      },
    });
    peers.tell({ kind: 'state', state }, error);
    await over;
    await saver.drained();
  };

  const begin = async () => {
    const { sharing } = storage;
    if (!sharing) return startLeading();
    await reload();
    ask();
    sharing.lock(name, signal, startLeading);
  };
  void begin();
  return {
    get state() {
      return state;
    },
    get error() {
      return error;
    },
    shown: local.shown,
    pending: local.pending,
    waiting: () => local.waiting,
    lastKey: () => local.lastKey,
    queue: (change) => {
      const done = waiters.add(change.key);
      unsaved.set(change.key, change);
      const queued = commit({ kind: 'change', change });
      const saved = () => unsaved.delete(change.key);
      queued.then(saved, saved);
      outbox?.wake();
      return { queued, done };
    },
    close: async (forget) => {
      closing.abort();
      waiters.close();
      await saver.close(forget).finally(peers.close);
    },
  };
}
