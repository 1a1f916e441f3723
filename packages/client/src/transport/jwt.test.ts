import { randomUUID } from 'node:crypto';
import { startTestApi, type TestApi } from '@todo/api/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTodoClient, type TodoClient } from '../index.ts';
import { fakeClock, type Loopback, listen, plain } from '../testing/client.ts';

const JWT_PATH = '/api/auth/token';
const LIFETIME = 300_000;

let api: TestApi;
let server: Loopback;
beforeAll(async () => {
  api = await startTestApi();
  server = await listen((request) => api.fetch(request.url, request));
});
beforeEach(() => server.asked.splice(0));
afterEach(() => vi.useRealTimers());
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const newcomer = (name = 'Ada') => ({ name, email: `${randomUUID()}@example.com`, password: 'correct horse' });
const askedFor = (path: string) => server.asked.filter((asked) => asked === path).length;
const many = (todo: TodoClient) => Promise.allSettled(Array.from({ length: 50 }, () => todo.tasks.counts()));
const fulfilled = Array.from({ length: 50 }, () => ({ status: 'fulfilled', value: { open: 0, completed: 0 } }));

describe('the JWT that calls are made with', () => {
  it('is asked for once by 50 calls that begin together, and serves those that follow', async () => {
    const todo = createTodoClient({ url: server.url });
    await todo.signUp(newcomer());
    expect(await many(todo)).toEqual(fulfilled);
    expect(await many(todo)).toEqual(fulfilled);
    expect(askedFor('/trpc/tasks.counts')).toBe(100);
    expect(askedFor(JWT_PATH)).toBe(1);
  });

  it('is renewed before it expires, once for 50 calls', async () => {
    const todo = createTodoClient({ url: server.url });
    await todo.signUp(newcomer());
    await todo.tasks.counts();
    fakeClock(LIFETIME - 60_000);
    expect(await many(todo)).toEqual(fulfilled);
    expect(askedFor(JWT_PATH)).toBe(1);
    vi.advanceTimersByTime(40_000);
    expect(await many(todo)).toEqual(fulfilled);
    expect(askedFor(JWT_PATH)).toBe(2);
    expect(askedFor('/trpc/tasks.counts')).toBe(101);
  });

  it('is renewed once for 50 calls, which are repeated, when the server finds it expired', async () => {
    const todo = createTodoClient({ url: server.url });
    await todo.signUp(newcomer());
    await todo.tasks.counts();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + LIFETIME + 60_000 });
    expect(await many(todo)).toEqual(fulfilled);
    expect(askedFor(JWT_PATH)).toBe(2);
    expect(askedFor('/trpc/tasks.counts')).toBe(101);
  });

  it('is asked for again after a failure to get it, once for the 50 calls that wait', async () => {
    const todo = createTodoClient({ url: server.url });
    await todo.signUp(newcomer());
    const { fail } = server.hold(JWT_PATH);
    const calls = many(todo);
    await expect.poll(() => askedFor(JWT_PATH)).toBe(1);
    fail();
    expect(await calls).toEqual(fulfilled);
    expect(askedFor(JWT_PATH)).toBe(2);
  });

  it.each([
    ['sent', JWT_PATH],
    ['repeated', '/trpc/tasks.create'],
  ])('is of the person a call began with, also when another signs in before it is %s', async (_, path) => {
    const [ada, bob] = [newcomer(), newcomer('Bob')];
    const todo = createTodoClient({ url: server.url });
    await createTodoClient({ url: server.url }).signUp(bob);
    await todo.signUp(ada);
    if (path !== JWT_PATH) {
      await todo.tasks.counts();
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + LIFETIME + 60_000 });
    }
    const { open } = server.hold(path);
    const creating = todo.tasks.create({ title: 'of Ada' });
    await expect.poll(() => askedFor(path)).toBe(1);
    await todo.signIn(bob);
    open();
    const task = await creating;
    expect(await todo.tasks.list()).toEqual({ items: [], nextCursor: null });
    await todo.signIn(ada);
    expect(await todo.tasks.list()).toEqual({ items: [plain(task)], nextCursor: null });
  });
});
