import { randomUUID } from 'node:crypto';
import { startTestApi } from '@todo/api/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createTodoClient, type SessionStore, type TodoClient } from '../index.ts';
import { listen } from '../testing/client.ts';

/** Soon over. No test waits for a response that could come within it. */
const SHORT_MS = 50;
const TOKEN_PATH = '/api/auth/token';

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());
const api = cleanUp.use(await startTestApi());
const server = cleanUp.use(await listen((request) => api.fetch(request.url, request)));
/** Accepts every request and never responds. */
const silent = cleanUp.use(await listen(() => new Promise(() => {})));
beforeEach(() => server.asked.splice(0));

const newcomer = () => ({ name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse' });
const storeOf = (load: SessionStore['load']): SessionStore => ({ load, save: () => {}, clear: () => {} });
const never = () => new Promise<never>(() => {});
const askedFor = (path: string) => server.asked.filter((one) => one === path).length;

const sessions = { cookie: 'cookie' as const, 'a token': storeOf(() => 'token.signature'), 'a store that never answers': storeOf(never) };
const rows = Object.entries(sessions);

type Act = (todo: TodoClient, options?: { signal?: AbortSignal; timeoutMs?: number }) => Promise<unknown>;
const acts: Record<string, Act> = {
  'a query': (todo, options) => todo.tasks.list({}, options),
  'a mutation': (todo, options) => todo.tasks.create({ title: 'Late' }, options),
  'a rewind': (todo, options) => todo.history.rewind({ to: 0 }, options),
  'an import': (todo, options) => todo.importTasks([{ id: randomUUID(), title: 'Late' }], options),
  'an export': (todo, options) => todo.exportAccount(options),
  'a sign-up': (todo, options) => todo.signUp(newcomer(), options),
  'a sign-in': (todo, options) => todo.signIn(newcomer(), options),
  'the question who is signed in': (todo, options) => todo.currentUser(options),
  'a sign-out': (todo, options) => todo.signOut(options),
  'a deletion': (todo, options) => todo.deleteAccount({ password: '' }, options),
};

describe.each(rows)('with %s, a server that never answers', (_, session) => {
  it.each(Object.entries(acts))('ends %s by its time limit', async (_name, act) => {
    const todo = createTodoClient({ url: silent.url, session });
    await expect(act(todo, { timeoutMs: SHORT_MS })).rejects.toMatchObject({ name: 'TodoError', reason: 'CALL_TIMED_OUT' });
  });

  it.each(Object.entries(acts))('ends %s when its caller does', async (_name, act) => {
    const todo = createTodoClient({ url: silent.url, session });
    const ending = new AbortController();
    const call = act(todo, { signal: ending.signal });
    ending.abort('left');
    await expect(call).rejects.toMatchObject({ name: 'TodoError', reason: 'CALL_ABORTED', cause: 'left' });
    await expect(act(todo, { signal: ending.signal })).rejects.toMatchObject({ reason: 'CALL_ABORTED' });
  });
});

describe('the time limit', () => {
  it('of a client is that of every call but the long ones', async () => {
    const person = newcomer();
    const todo = createTodoClient({ url: server.url, timeoutMs: 5_000 });
    await todo.signUp(person);
    const hasty = createTodoClient({ url: server.url, timeoutMs: SHORT_MS });
    await hasty.signIn(person, { timeoutMs: 60_000 });
    await hasty.tasks.counts({}, { timeoutMs: 60_000 });
    const gates = ['/trpc/history.rewind', '/trpc/tasks.import', '/export', '/trpc/tasks.counts'].map((path) => server.hold(path));
    const long = Promise.all([hasty.history.rewind({ to: 0 }), hasty.importTasks([{ id: randomUUID(), title: 'Slow' }]), hasty.exportAccount()]);
    await expect(hasty.tasks.counts()).rejects.toMatchObject({ reason: 'CALL_TIMED_OUT' });
    for (const { open } of gates) open();
    expect(await long).toHaveLength(3);
  });

  it('covers the pauses between tries', async () => {
    const todo = createTodoClient({ url: server.url });
    await todo.signUp(newcomer());
    await todo.tasks.counts();
    server.cut();
    const call = todo.tasks.create({ title: 'Lost' }, { timeoutMs: 400 });
    await expect(call).rejects.toMatchObject({ name: 'TodoError' });
    server.mend();
    expect(await todo.tasks.counts()).toEqual({ open: 0, completed: 0 });
  });

  it('has no effect on a call that is over, and any length is accepted', async () => {
    const todo = createTodoClient({ url: server.url });
    await todo.signUp(newcomer(), { timeoutMs: Number.POSITIVE_INFINITY });
    expect(await todo.tasks.counts({}, { timeoutMs: Number.MAX_SAFE_INTEGER })).toEqual({ open: 0, completed: 0 });
  });
});

describe('a call that was ended', () => {
  it('is not sent when what it waited for comes after all', async () => {
    const waiting = Promise.withResolvers<string>();
    const todo = createTodoClient({ url: server.url, session: storeOf(() => waiting.promise) });
    await expect(todo.tasks.create({ title: 'Ended' }, { timeoutMs: SHORT_MS })).rejects.toMatchObject({ reason: 'CALL_TIMED_OUT' });
    const other = createTodoClient({ url: server.url });
    await other.signUp(newcomer());
    server.asked.splice(0);
    waiting.resolve('token.signature');
    await other.tasks.counts();
    await expect(todo.currentUser()).resolves.toBeNull();
    expect(askedFor('/trpc/tasks.create')).toBe(0);
  });

  it('ends nothing for those that wait for the same token', async () => {
    const todo = createTodoClient({ url: server.url });
    await todo.signUp(newcomer());
    const { open } = server.hold(TOKEN_PATH);
    const ending = new AbortController();
    const ended = todo.tasks.counts({}, { signal: ending.signal });
    const other = todo.tasks.counts();
    await expect.poll(() => askedFor(TOKEN_PATH)).toBe(1);
    ending.abort();
    await expect(ended).rejects.toMatchObject({ reason: 'CALL_ABORTED' });
    open();
    expect(await other).toEqual({ open: 0, completed: 0 });
    expect(askedFor(TOKEN_PATH)).toBe(1);
  });
});

describe('a request that is lost', () => {
  it.each([
    ['for a token', TOKEN_PATH, 'store'],
    ['for who is signed in', '/api/auth/get-session', 'cookie'],
  ])('%s harms no call: each gets its answer within its own time limit', async (_, path, kind) => {
    let isLost = false;
    const person = newcomer();
    const far = cleanUp.use(
      await listen(async (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === path && !isLost) {
          isLost = true;
          await never();
        }
        if (kind === 'store' || !pathname.startsWith('/trpc')) return api.fetch(request.url, request);
        return Response.json({ result: { data: { open: 0, completed: 0 } } });
      }),
    );
    const token = createTodoClient({ url: server.url });
    await token.signUp(person);
    const todo = createTodoClient({ url: far.url, ...(kind === 'cookie' && { session: 'cookie' }) });
    if (kind === 'store') await todo.signIn(person);
    const calls = [todo.tasks.counts(), todo.tasks.counts()];
    if (kind === 'store') expect(await Promise.all(calls)).toEqual([1, 2].map(() => ({ open: 0, completed: 0 })));
    else for (const outcome of await Promise.allSettled(calls)) expect(outcome).toMatchObject({ reason: { reason: 'UNAUTHENTICATED' } });
    expect(isLost).toBe(true);
  });
});
