import { CALL_MAX_MS, type ChangePage } from '@todo/contract';
import { v7 as uuidv7 } from 'uuid';
import { type Connection, createConnection } from './connection.ts';
import { createImport, download, type Portable } from './files/portable.ts';
import { createMethods, type History, type Labels, type Lists, type SyncMethods, type Tasks } from './methods.ts';
import { type Account, createAccount } from './transport/account.ts';
import { createCookieCredentials } from './transport/cookie.ts';
import { createFetch, type FetchOptions } from './transport/fetch.ts';
import { createSession } from './transport/session.ts';
import { createTabs } from './transport/tabs.ts';
import { createMemoryStore, createTokenCredentials, type SessionStore } from './transport/token.ts';
import { watch } from './transport/watch.ts';

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
  SecurityEvent,
  ServerReason,
  SignInWays,
  Task,
  TaskExport,
} from '@todo/contract';
export type { Connection, UserConnection } from './connection.ts';
export type { ImportContent, Imported, ImportOptions, Portable } from './files/portable.ts';
export type { History, Lists, Tasks } from './methods.ts';
export type { AppRouter } from './router.ts';
export type { Account, User } from './transport/account.ts';
export type { ConnectedAccount, Connections } from './transport/connections.ts';
export type { EmailAddress } from './transport/email-address.ts';
export { TodoError } from './transport/error.ts';
export type { RequestEvent } from './transport/fetch.ts';
export type { CallOptions } from './transport/limit.ts';
export type { Passkey, Passkeys } from './transport/passkeys.ts';
export type { SecondFactor } from './transport/second-factor.ts';
export type { SecurityEventPage, SecurityEvents } from './transport/security-events.ts';
export type { Proof, Sessions, SignedInDevice } from './transport/sessions.ts';
export type { SignInLinks } from './transport/sign-in-links.ts';
export type { SessionStore } from './transport/token.ts';

export interface TodoClientOptions extends FetchOptions {
  /** Address of the Todo server, such as https://todo.example.com. */
  url: string;
  /** Where to keep the session: 'cookie' for a page on the server's own site, otherwise your own store. By default the client keeps it in memory. */
  session?: 'cookie' | SessionStore;
  /**
   * Time limit of a call in ms, by default 15 seconds. Import, export, rewind, undo, a change of a label on all tasks, the removal of a list and the deletion of an
   * account have 120 seconds.
   */
  timeoutMs?: number;
  /** Makes mutation ids, and the ids of what a replica creates; by default UUIDs of version 7. For platforms without `crypto.getRandomValues`. */
  randomUUID?: () => string;
}

export interface Sync extends SyncMethods {
  /**
   * Streams the pages of changes after the cursor as changes are made, the first at once, until it is aborted, or the server ends it. Throws a TodoError, then and if the
   * server has been silent for too long. Start again from the cursor of the last page; a replica does all this.
   */
  watch(cursor?: string, options?: { signal?: AbortSignal }): AsyncIterable<ChangePage>;
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
  /** For replicas, which make calls for the user whose data they show. */
  connection: Connection;
}

/** A client of one Todo server for one user at a time. It does not connect before the first call. */
export function createTodoClient({
  url: address,
  session: kept = createMemoryStore(),
  timeoutMs = CALL_MAX_MS,
  randomUUID = uuidv7,
  ...fetching
}: TodoClientOptions): TodoClient {
  const fetch = createFetch(fetching);
  const url = address.replace(/\/+$/, '');
  const authUrl = `${url}/api/auth`;
  const trpcUrl = `${url}/trpc`;
  const credentials = kept === 'cookie' ? createCookieCredentials(authUrl, fetch) : createTokenCredentials(authUrl, kept, fetch);
  const session = createSession(credentials, createTabs(`todo ${url}`), url);
  const caller = { trpcUrl, begin: session.begin, timeoutMs, randomUUID };
  return {
    ...createAccount(authUrl, session, timeoutMs, kept === 'cookie' ? 'cookie' : 'answer'),
    exportAccount: (options) => download(`${url}/export`, session.begin, options),
    importTasks: createImport(() => {
      const begun = session.begin();
      const callerOfOne = { ...caller, begin: () => begun };
      const [lists, tasks] = [createMethods(callerOfOne, 'lists'), createMethods(callerOfOne, 'tasks')];
      return {
        list: (part, group, options) => lists.import({ lists: part, ...group }, options),
        task: (part, group, options) => tasks.import({ tasks: part, ...group }, options),
      };
    }, randomUUID),
    tasks: createMethods(caller, 'tasks'),
    labels: createMethods(caller, 'labels'),
    lists: createMethods(caller, 'lists'),
    history: createMethods(caller, 'history'),
    sync: {
      changes: createMethods(caller, 'sync').changes,
      watch: (cursor, { signal = new AbortController().signal } = {}) => watch(session, trpcUrl, undefined, cursor, { signal, openMs: timeoutMs }),
    },
    connection: createConnection(url, session, timeoutMs, randomUUID),
  };
}
