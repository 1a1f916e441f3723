import { randomUUID } from 'node:crypto';
import { BASE_URL, startTestApi, type TestApi } from '@todo/api/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTodoClient, type SessionStore, type TodoClient } from '../index.ts';
import { fakeClock, fetchOfPage, type Loopback, listen } from '../testing/client.ts';

const JWT_PATH = '/api/auth/token';
const LIFETIME = 300_000;

let api: TestApi;
let server: Loopback;
beforeAll(async () => {
  api = await startTestApi();
  server = await listen((request) => api.fetch(request.url, request));
});
beforeEach(() => server.asked.splice(0));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const newcomer = (name = 'Ada') => ({ name, email: `${randomUUID()}@example.com`, password: 'correct horse' });
const askedFor = (path: string) => server.asked.filter((asked) => asked === path).length;
const many = (todo: TodoClient) => Promise.allSettled(Array.from({ length: 50 }, () => todo.tasks.counts()));
const fulfilled = Array.from({ length: 50 }, () => ({ status: 'fulfilled', value: { open: 0, completed: 0 } }));
const rejected = (reason: string) => Array.from({ length: 50 }, () => ({ status: 'rejected', reason: expect.objectContaining({ name: 'TodoError', reason }) }));

/** A store whose content a test can read. */
function watchedStore(): SessionStore & { kept: string | null } {
  const store: SessionStore & { kept: string | null } = {
    kept: null,
    load: async () => store.kept,
    save: async (token) => {
      store.kept = token;
    },
    clear: async () => {
      store.kept = null;
    },
  };
  return store;
}

describe('a session', () => {
  it('that another client has ended is UNAUTHENTICATED and forgotten, asking once for 50 calls', async () => {
    const store = watchedStore();
    const todo = createTodoClient({ url: server.url, session: store });
    await todo.signUp(newcomer());
    await todo.tasks.counts();
    await createTodoClient({ url: server.url, session: { ...watchedStore(), load: () => store.kept } }).signOut();
    fakeClock(LIFETIME);
    expect(await many(todo)).toEqual(rejected('UNAUTHENTICATED'));
    expect(askedFor(JWT_PATH)).toBe(2);
    expect(askedFor('/trpc/tasks.counts')).toBe(1);
    expect(store.kept).toBeNull();
    expect(await many(todo)).toEqual(rejected('UNAUTHENTICATED'));
    expect(askedFor(JWT_PATH)).toBe(2);
  });

  it('goes on in another client with the same store', async () => {
    const store = watchedStore();
    const todo = createTodoClient({ url: server.url, session: store });
    const user = await todo.signUp(newcomer());
    const later = createTodoClient({ url: server.url, session: store });
    expect(await later.currentUser()).toEqual(user);
    await later.tasks.create({ title: 'Later' });
    expect(await todo.tasks.counts()).toEqual({ open: 1, completed: 0 });
    await later.signOut();
    expect(store.kept).toBeNull();
    await expect(todo.tasks.counts()).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
  });

  it('that began meanwhile in the same store is not forgotten for one that is over', async () => {
    const store = watchedStore();
    const todo = createTodoClient({ url: server.url, session: store });
    await todo.signUp(newcomer());
    const over = store.kept;
    await createTodoClient({ url: server.url, session: { ...watchedStore(), load: () => over } }).signOut();
    const { open } = server.hold(JWT_PATH);
    const calls = many(todo);
    await expect.poll(() => askedFor(JWT_PATH)).toBe(1);
    await createTodoClient({ url: server.url, session: store }).signUp(newcomer());
    open();
    expect(await calls).toEqual(rejected('UNAUTHENTICATED'));
    expect(await many(todo)).toEqual(rejected('USER_CHANGED'));
    await todo.currentUser();
    expect(await many(todo)).toEqual(fulfilled);
  });

  it('is cleared by signing out, even if the server is unreachable', async () => {
    const store = watchedStore();
    const elsewhere = await listen(async () => new Response());
    await elsewhere[Symbol.asyncDispose]();
    await createTodoClient({ url: server.url, session: store }).signUp(newcomer());
    await expect(createTodoClient({ url: elsewhere.url, session: store }).signOut()).rejects.toMatchObject({ reason: 'SERVER_UNREACHABLE' });
    expect(store.kept).toBeNull();
  });

  it('whose store fails is STORE_FAILED, with what the store has thrown', async () => {
    const full = new Error('quota');
    const fail = () => Promise.reject(full);
    const failed = { name: 'TodoError', reason: 'STORE_FAILED', cause: full };
    await expect(createTodoClient({ url: server.url, session: { ...watchedStore(), save: fail } }).signUp(newcomer())).rejects.toMatchObject(failed);
    await expect(createTodoClient({ url: server.url, session: { ...watchedStore(), load: fail } }).tasks.counts()).rejects.toMatchObject(failed);
    const broken = createTodoClient({ url: server.url, session: { ...watchedStore(), load: () => 'no\ntoken' } });
    await expect(broken.currentUser()).rejects.toMatchObject({ reason: 'STORE_FAILED', cause: expect.any(TypeError) });
    await expect(createTodoClient({ url: server.url, session: { ...watchedStore(), clear: fail } }).signOut()).rejects.toMatchObject(failed);
  });
});

describe('a page', () => {
  it("with the session 'cookie' leaves it to the browser, and knows who is signed in when it is loaded again", async () => {
    const sent: Headers[] = [];
    vi.stubGlobal('fetch', fetchOfPage(BASE_URL, sent));
    const user = await createTodoClient({ url: server.url, session: 'cookie' }).signUp(newcomer());
    const reloaded = createTodoClient({ url: server.url, session: 'cookie' });
    expect(await reloaded.currentUser()).toEqual(user);
    await reloaded.tasks.create({ title: 'By cookie' });
    expect(await reloaded.tasks.counts()).toEqual({ open: 1, completed: 0 });
    await reloaded.signOut();
    await expect(reloaded.tasks.counts()).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
    expect(sent.filter((headers) => headers.has('authorization'))).toEqual([]);
    expect(askedFor(JWT_PATH)).toBe(0);
    expect(askedFor('/trpc/tasks.counts')).toBe(1);
  });

  it('with any other session neither sends nor keeps a cookie', async () => {
    const sent: Headers[] = [];
    vi.stubGlobal('fetch', fetchOfPage(BASE_URL, sent));
    const todo = createTodoClient({ url: server.url });
    await todo.signUp(newcomer());
    await todo.tasks.counts();
    await expect(createTodoClient({ url: server.url, session: 'cookie' }).tasks.counts()).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
    expect(sent.filter((headers) => headers.has('cookie'))).toEqual([]);
  });

  it('sends no call again for another person than it began with', async () => {
    vi.stubGlobal('fetch', fetchOfPage(BASE_URL));
    const [ada, bob] = [newcomer(), newcomer('Bob')];
    const todo = createTodoClient({ url: server.url, session: 'cookie' });
    await todo.signUp(bob);
    await todo.signUp(ada);
    const { fail } = server.hold('/trpc/tasks.create');
    const creating = todo.tasks.create({ title: 'of Ada' });
    await expect.poll(() => askedFor('/trpc/tasks.create')).toBe(1);
    await todo.signIn(bob);
    fail();
    await expect(creating).rejects.toMatchObject({ reason: 'USER_CHANGED', status: 412 });
    expect(await todo.tasks.counts()).toEqual({ open: 0, completed: 0 });
    server.lose('/trpc/tasks.create', 1);
    await todo.tasks.create({ title: 'of Bob' });
    expect(await todo.tasks.counts()).toEqual({ open: 1, completed: 0 });
  });
});
