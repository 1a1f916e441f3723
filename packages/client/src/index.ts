import type { Input, Output, procedures } from '@todo/contract';
import { createTRPCClient, httpLink } from '@trpc/client';
import { v7 as uuidv7 } from 'uuid';
import { createImport, download, type Portable } from './files/portable.ts';
import type { CallOptions, History, SyncMethods, Tasks } from './methods.ts';
import { createReplica, type Replica, type ReplicaOptions } from './replica/replica.ts';
import { openSource } from './replica/source.ts';
import type { AppRouter } from './router.ts';
import { type Account, createAccount } from './transport/account.ts';
import { toTodoError } from './transport/error.ts';
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
  /**
   * Where to keep the session: 'cookie' for a page on the server's own site, otherwise your own store.
   * By default the client keeps it in memory.
   */
  session?: 'cookie' | SessionStore;
}

export interface Sync extends SyncMethods {
  /** Connects at once and stays connected until closed. */
  replica(options?: ReplicaOptions): Replica;
}

/**
 * Retries a call a few times within seconds before it fails with SERVER_UNREACHABLE or DATABASE_UNAVAILABLE. A change is
 * still applied only once.
 */
export interface TodoClient extends Account, Portable {
  tasks: Tasks;
  history: History;
  sync: Sync;
}

type Import = (typeof procedures.tasks)['import'];
type Call<Given, Answer> = (input: Given, options?: CallOptions) => Promise<Answer>;

const withTodoError =
  <Given, Answer>(procedure: Call<Given, Answer>): Call<Given, Answer> =>
  (input, options) =>
    procedure(input, options).catch((error: unknown) => {
      throw toTodoError(error, options?.signal);
    });

/** Adds an idempotency key, so that retries apply the change only once. */
const withMutationId = <Given extends { mutationId?: string | undefined }, Answer>(procedure: Call<Given, Answer>): Call<Given, Answer> => {
  const call = withTodoError(procedure);
  return (input, options) => call({ ...input, mutationId: input.mutationId ?? uuidv7() }, options);
};

/** A client of one Todo server for one user at a time. It does not connect before the first call. */
export function createTodoClient(options: TodoClientOptions): TodoClient {
  const url = options.url.replace(/\/+$/, '');
  const authUrl = `${url}/api/auth`;
  const trpcUrl = `${url}/trpc`;
  const session = withLogin(
    options.session === 'cookie' ? createCookieSession() : createTokenSession(`${authUrl}/token`, options.session ?? createMemoryStore()),
  );
  const { tasks, history, sync } = createTRPCClient<AppRouter>({
    links: [httpLink({ url: trpcUrl, fetch: (address, init) => session.call(String(address), { ...init, signal: init?.signal ?? null }) })],
  });
  const importTasks: Call<Input<Import>, Output<Import>> = (input, options) =>
    (input.dryRun ? withTodoError : withMutationId)(tasks.import.mutate)(input, options);
  const exportAccount = withTodoError((_: undefined, callOptions?: CallOptions) => download(`${url}/export`, session.call, callOptions));
  return {
    ...createAccount(authUrl, session),
    exportAccount: (callOptions) => exportAccount(undefined, callOptions),
    importTasks: createImport(importTasks),
    tasks: {
      create: withMutationId(tasks.create.mutate),
      get: withTodoError(tasks.get.query),
      list: withTodoError(tasks.list.query),
      counts: withTodoError(tasks.counts.query),
      edit: withMutationId(tasks.edit.mutate),
      complete: withMutationId(tasks.complete.mutate),
      reopen: withMutationId(tasks.reopen.mutate),
      remove: withMutationId(tasks.remove.mutate),
      createMany: withMutationId(tasks.createMany.mutate),
      completeMany: withMutationId(tasks.completeMany.mutate),
      removeMany: withMutationId(tasks.removeMany.mutate),
      import: importTasks,
      removed: withTodoError(tasks.removed.query),
      restore: withMutationId(tasks.restore.mutate),
    },
    history: {
      list: withTodoError(history.list.query),
      rewind: (input, options) => (input.dryRun ? withTodoError(history.rewind.mutate) : withMutationId(history.rewind.mutate))(input, options),
      undo: (input, options) => (input.dryRun ? withTodoError(history.undo.mutate) : withMutationId(history.undo.mutate))(input, options),
    },
    sync: {
      changes: withTodoError(sync.changes.query),
      replica: (replicaOptions = {}) => createReplica(() => openSource(trpcUrl, authUrl, session), session.login(), replicaOptions),
    },
  };
}
