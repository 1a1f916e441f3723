import { onTestFinished, vi } from 'vitest';
import { createTodoClient, type TodoClient } from '../index.ts';
import { createMemoryStore } from '../transport/token.ts';
import { fetchOfPage, type Loopback } from './client.ts';
import { newcomer } from './replica.ts';

export const changed = { name: 'TodoError', reason: 'USER_CHANGED' };

/** Tabs of one browser, which share a cookie or a store. Ada is signed in, in the first one; Ben has an account. */
export async function openTabs(server: Loopback, origin: string, kind: 'cookie' | 'store') {
  const sent: { url: string; headers: Headers }[] = [];
  const page = fetchOfPage(origin);
  /** Called before each request. */
  const hook = { before: async (_: string) => {} };
  vi.stubGlobal('fetch', async (url: string | URL, init: RequestInit = {}) => {
    await hook.before(String(url));
    sent.push({ url: String(url), headers: new Headers(init.headers) });
    return page(url, init);
  });
  const store = createMemoryStore();
  const open = () => createTodoClient({ url: server.url, session: kind === 'cookie' ? 'cookie' : store });
  const [here, there] = [open(), open()];
  const [ada, ben] = [newcomer('Ada'), newcomer('Ben')];
  const benId = (await createTodoClient({ url: server.url }).signUp(ben)).id;
  const adaId = (await here.signUp(ada)).id;
  /** Another browser of each, with memory of its own. */
  const elsewhere = async (person: typeof ada) => {
    const todo = createTodoClient({ url: server.url });
    await todo.signIn(person);
    return todo;
  };
  sent.splice(0);
  server.asked.splice(0);
  return { open, here, there, ada, ben, adaId, benId, sent, hook, elsewhere };
}

/** The users of whom a client has told its application. */
export function told(todo: TodoClient) {
  const ids: (string | null)[] = [];
  onTestFinished(todo.onUserChange((id) => ids.push(id)));
  return ids;
}
