import { BASE_URL, startTestApi } from '@todo/api/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTodoClient, TodoError } from '../index.ts';
import { fetchOfPage, listen } from '../testing/client.ts';
import { newcomer, replicaOf, untilState } from '../testing/replica.ts';
import { createMemoryStore } from './token.ts';

const FOREIGN = 'https://elsewhere.example';

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());
const api = cleanUp.use(await startTestApi());
const server = cleanUp.use(await listen((request) => api.fetch(request.url, request)));
beforeEach(() => {
  server.mend();
  server.asked.splice(0);
});
afterEach(() => vi.unstubAllGlobals());

const failure = async (call: Promise<unknown>): Promise<TodoError> => {
  const error = await call.catch((thrown: unknown) => thrown);
  if (error instanceof TodoError) return error;
  throw new Error('not a TodoError', { cause: error });
};

/** A browser with a page of `origin`. It hides every response that does not name the origin, as if the connection had failed. */
function browse(origin: string, { keepsCookies = true } = {}) {
  const page = fetchOfPage(origin);
  vi.stubGlobal('location', new URL(`${origin}/page`));
  vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
    const answer = await page(url, keepsCookies ? init : { ...init, credentials: 'omit' });
    if (init.mode !== 'no-cors' && answer.headers.get('access-control-allow-origin') !== origin) throw new TypeError('Failed to fetch');
    return answer;
  });
}

/** The reasons of all kinds of requests, and of a replica. */
async function reasonsAt(session: 'cookie' | ReturnType<typeof createMemoryStore>) {
  const todo = createTodoClient({ url: server.url, session, timeoutMs: 5_000 });
  const calls = [todo.currentUser(), todo.signIn(newcomer()), todo.tasks.list(), todo.exportAccount()];
  const { replica } = replicaOf(todo);
  const errors = await Promise.all(calls.map(failure));
  await untilState(replica, 'offline');
  return { errors, reasons: new Set([...errors, replica.error].map((error) => error?.reason)) };
}

describe.each(['cookie', 'store'] as const)('with a %s, a page', (kind) => {
  const session = () => {
    const store = createMemoryStore();
    void store.save('token.signature');
    return kind === 'cookie' ? kind : store;
  };

  it('of an origin that the server does not accept gets ORIGIN_REFUSED, which says what to do', async () => {
    browse(FOREIGN);
    const { errors, reasons } = await reasonsAt(session());
    expect(reasons).toEqual(new Set(['ORIGIN_REFUSED']));
    for (const { message } of errors) expect(message).toContain('TRUSTED_ORIGINS');
  });

  it('of another origin gets SERVER_UNREACHABLE from a server that is away', async () => {
    browse(FOREIGN);
    server.cut();
    expect((await reasonsAt(session())).reasons).toEqual(new Set(['SERVER_UNREACHABLE']));
  });

  it('of an accepted origin is served', async () => {
    browse(BASE_URL);
    const todo = createTodoClient({ url: server.url, session: kind === 'cookie' ? kind : createMemoryStore() });
    await todo.signUp(newcomer());
    expect(await todo.tasks.counts()).toEqual({ open: 0, completed: 0 });
  });
});

describe('a program', () => {
  it('that names a foreign origin itself is refused by the server at sign-in', async () => {
    vi.stubGlobal('fetch', fetchOfPage(FOREIGN));
    const todo = createTodoClient({ url: server.url, session: 'cookie' });
    const error = await failure(todo.signIn(newcomer()));
    expect(error).toMatchObject({ reason: 'ORIGIN_REFUSED', status: 403, message: expect.stringContaining('TRUSTED_ORIGINS') });
  });
});

describe('a sign-in', () => {
  it('whose cookie the browser does not keep is COOKIE_NOT_KEPT, which says what to do', async () => {
    browse(BASE_URL, { keepsCookies: false });
    const todo = createTodoClient({ url: server.url, session: 'cookie' });
    const error = await failure(todo.signUp(newcomer()));
    expect(error).toMatchObject({ reason: 'COOKIE_NOT_KEPT', message: expect.stringContaining('session store') });
    expect(await failure(todo.tasks.counts())).toMatchObject({ reason: 'UNAUTHENTICATED' });
  });

  it('is a success when it is unknown whether the cookie was kept', async () => {
    browse(BASE_URL);
    const todo = createTodoClient({ url: server.url, session: 'cookie' });
    const { fail } = server.hold('/api/auth/get-session');
    const signingUp = todo.signUp(newcomer('Bea'));
    await expect.poll(() => server.asked).toContain('/api/auth/get-session');
    fail();
    expect(await signingUp).toMatchObject({ name: 'Bea' });
    expect(await todo.tasks.counts()).toEqual({ open: 0, completed: 0 });
  });
});
