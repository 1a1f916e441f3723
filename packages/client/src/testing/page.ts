import { createTodoClient } from '../index.ts';
import { createReplica, indexedDbStorage, type Notice } from '../replica.ts';

declare const location: { origin: string; search: string };
declare const indexedDB: { databases(): Promise<{ name: string }[]> };

const url = new URLSearchParams(location.search).get('server') ?? location.origin;
const todo = createTodoClient({ url, session: 'cookie' });
const storage = indexedDbStorage();
const replica = createReplica(todo, { storage });
const notices: Notice[] = [];
replica.onNotice((notice) => notices.push(notice));

/** When it had data, in ms since the page was opened. */
const times: { first?: number } = {};
replica.subscribe(() => {
  if (replica.tasks().size > 0) times.first ??= performance.now();
});

/** What a test calls in a page that shows a replica. */
const app = { todo, replica, storage, notices, times, databases: async () => (await indexedDB.databases()).map(({ name }) => name) };
export type App = typeof app;

Object.assign(globalThis, { app });
