import { CALL_MAX_MS } from '@todo/contract';
import { createImport, download, type Portable } from './files/portable.ts';
import { createMethods, type History, type Labels, type Lists, type SyncMethods, type Tasks } from './methods.ts';
import { createReplica, type Replica, type ReplicaOptions } from './replica/replica.ts';
import { createSource } from './replica/source.ts';
import { type Account, createAccount } from './transport/account.ts';
import { createCookieCredentials } from './transport/cookie.ts';
import { createSession } from './transport/session.ts';
import { createTabs } from './transport/tabs.ts';
import { createMemoryStore, createTokenCredentials, type SessionStore } from './transport/token.ts';

export type {
  ChangePage,
  HistoryEvent,
  ImportList,
  ImportTask,
  List,
  NewList,
  NewTask,
  Reason,
  RemovedTask,
  ServerReason,
  Task,
  TaskExport,
} from '@todo/contract';
export type { ImportContent, Imported, ImportOptions, Portable } from './files/portable.ts';
export type { History, Lists, Tasks } from './methods.ts';
export { positionBetween } from './position.ts';
export type { Replica, ReplicaOptions, ReplicaState } from './replica/replica.ts';
export type { SavedReplica } from './replica/saved.ts';
export type { AppRouter } from './router.ts';
export type { Account, User } from './transport/account.ts';
export { TodoError } from './transport/error.ts';
export type { CallOptions } from './transport/limit.ts';
export type { SessionStore } from './transport/token.ts';

export interface TodoClientOptions {
  /** Address of the Todo server, such as https://todo.example.com. */
  url: string;
  /** Where to keep the session: 'cookie' for a page on the server's own site, otherwise your own store. By default the client keeps it in memory. */
  session?: 'cookie' | SessionStore;
  /**
   * Time limit of a call in ms, by default 15 seconds. Import, export, rewind, undo, a change of a label on all tasks, the removal of a list and the deletion of an
   * account have 120 seconds.
   */
  timeoutMs?: number;
}

export interface Sync extends SyncMethods {
  /** Connects at once and stays connected until closed. */
  replica(options?: ReplicaOptions): Replica;
}

/**
 * Retries a call a few times within its time limit, when the server is unreachable or says when to try again. A change is still applied only once. A call is
 * made for the user for whom it began, or fails with USER_CHANGED.
 */
export interface TodoClient extends Account, Portable {
  tasks: Tasks;
  labels: Labels;
  lists: Lists;
  history: History;
  sync: Sync;
}

/** A client of one Todo server for one user at a time. It does not connect before the first call. */
export function createTodoClient({ url: address, session: kept = createMemoryStore(), timeoutMs = CALL_MAX_MS }: TodoClientOptions): TodoClient {
  const url = address.replace(/\/+$/, '');
  const authUrl = `${url}/api/auth`;
  const trpcUrl = `${url}/trpc`;
  const credentials = kept === 'cookie' ? createCookieCredentials(authUrl) : createTokenCredentials(authUrl, kept);
  const session = createSession(credentials, createTabs(`todo ${url}`), url);
  const caller = { trpcUrl, begin: session.begin, timeoutMs };
  return {
    ...createAccount(authUrl, session, timeoutMs),
    exportAccount: (options) => download(`${url}/export`, session.begin, options),
    importTasks: createImport(() => {
      const begun = session.begin();
      const callerOfOne = { ...caller, begin: () => begun };
      const [lists, tasks] = [createMethods(callerOfOne, 'lists'), createMethods(callerOfOne, 'tasks')];
      return {
        list: (part, group, options) => lists.import({ lists: part, ...group }, options),
        task: (part, group, options) => tasks.import({ tasks: part, ...group }, options),
      };
    }),
    tasks: createMethods(caller, 'tasks'),
    labels: createMethods(caller, 'labels'),
    lists: createMethods(caller, 'lists'),
    history: createMethods(caller, 'history'),
    sync: {
      changes: createMethods(caller, 'sync').changes,
      replica: (options = {}) => createReplica(createSource(trpcUrl, session, timeoutMs), options),
    },
  };
}
