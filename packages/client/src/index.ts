import { createTRPCUntypedClient, httpLink } from '@trpc/client';
import { createImport, download, type Portable } from './files/portable.ts';
import { createMethods, type History, type SyncMethods, type Tasks } from './methods.ts';
import { createReplica, type Replica, type ReplicaOptions } from './replica/replica.ts';
import { openSource } from './replica/source.ts';
import type { AppRouter } from './router.ts';
import { type Account, createAccount } from './transport/account.ts';
import { createCookieSession, createMemoryStore, createTokenSession, type SessionStore, withLogin } from './transport/session.ts';

export type { ChangePage, HistoryEvent, ImportTask, NewTask, Reason, RemovedTask, ServerReason, Task, TaskExport } from '@todo/contract';
export type { Imported, ImportOptions, Portable, TaskFile } from './files/portable.ts';
export { readTaskFile } from './files/task-file.ts';
export type { CallOptions, History, Tasks } from './methods.ts';
export type { Replica, ReplicaOptions, ReplicaState, SavedReplica } from './replica/replica.ts';
export type { AppRouter } from './router.ts';
export type { Account, User } from './transport/account.ts';
export { TodoError } from './transport/error.ts';
export type { SessionStore } from './transport/session.ts';

export interface TodoClientOptions {
  /** Address of the Todo server, such as https://todo.example.com. */
  url: string;
  /** Where to keep the session: 'cookie' for a page on the server's own site, otherwise your own store. By default the client keeps it in memory. */
  session?: 'cookie' | SessionStore;
}

export interface Sync extends SyncMethods {
  /** Connects at once and stays connected until closed. */
  replica(options?: ReplicaOptions): Replica;
}

/** Retries a call a few times within seconds before it fails with SERVER_UNREACHABLE or DATABASE_UNAVAILABLE. A change is still applied only once. */
export interface TodoClient extends Account, Portable {
  tasks: Tasks;
  history: History;
  sync: Sync;
}

/** A client of one Todo server for one user at a time. It does not connect before the first call. */
export function createTodoClient(options: TodoClientOptions): TodoClient {
  const url = options.url.replace(/\/+$/, '');
  const authUrl = `${url}/api/auth`;
  const trpcUrl = `${url}/trpc`;
  const session = withLogin(
    options.session === 'cookie' ? createCookieSession() : createTokenSession(`${authUrl}/token`, options.session ?? createMemoryStore()),
  );
  const client = createTRPCUntypedClient<AppRouter>({
    links: [httpLink({ url: trpcUrl, fetch: (address, init) => session.call(String(address), { ...init, signal: init?.signal ?? null }) })],
  });
  const tasks = createMethods(client, 'tasks');
  return {
    ...createAccount(authUrl, session),
    exportAccount: (callOptions) => download(`${url}/export`, session.call, callOptions),
    importTasks: createImport(tasks.import),
    tasks,
    history: createMethods(client, 'history'),
    sync: {
      changes: createMethods(client, 'sync').changes,
      replica: (replicaOptions = {}) => createReplica(() => openSource(trpcUrl, authUrl, session), session.login(), replicaOptions),
    },
  };
}
