import { randomUUID } from 'node:crypto';
import { startTestApi } from '@todo/api/testing';
import { type Procedure, procedures } from '@todo/contract';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTodoClient, type TodoClient } from '../index.ts';
import { listen, plain } from '../testing/client.ts';
import { mutations } from '../testing/mutations.ts';

const TRIES = 5;

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());

async function start(options?: Parameters<typeof startTestApi>[0]) {
  const api = cleanUp.use(await startTestApi(options));
  return cleanUp.use(await listen((request) => api.fetch(request.url, request)));
}
const server = await start();
beforeEach(() => {
  server.asked.splice(0);
  server.lost.splice(0);
});
afterEach(() => vi.unstubAllGlobals());

const newcomer = (name = 'Ada') => ({ name, email: `${randomUUID()}@example.com`, password: 'correct horse' });
async function signedUp({ url } = server): Promise<TodoClient> {
  const todo = createTodoClient({ url });
  await todo.signUp(newcomer());
  return todo;
}
const askedFor = (path: string, { asked } = server) => asked.filter((one) => one === path).length;

/** The first response, which the client did not receive. */
const firstAnswer = () => expect.objectContaining({ result: { data: expect.anything() } });

describe('a change whose answer is lost', () => {
  it('is tried for every mutation of the contract', () => {
    const declared = Object.entries(procedures).flatMap(([group, members]) =>
      Object.entries<Procedure>(members).flatMap(([name, { kind }]) => (kind === 'mutation' ? [`${group}.${name}`] : [])),
    );
    expect(mutations.map(([name]) => name).sort(), 'rows of packages/client/src/testing/mutations.ts').toEqual(declared.sort());
  });

  it.each(mutations)('by %s is made once and gets its first answer', async (name, call, prepare) => {
    const path = `/trpc/${name}`;
    const todo = await signedUp();
    const id = randomUUID();
    await todo.tasks.create({ id, title: 'Buy milk', mutationId: id });
    await prepare?.(todo, id);
    const made = (await todo.history.list()).items.length;
    server.lose(path, 2);
    server.asked.splice(0);
    const answer = await call(todo, id);
    expect(askedFor(path)).toBe(3);
    expect(server.lost).toEqual([firstAnswer(), firstAnswer()]);
    expect(server.lost).toContainEqual({ result: { data: answer } });
    expect((await todo.history.list()).items.length - made).toBe(name === 'tasks.createMany' ? 2 : 1);
  });

  it('of a dry run changes nothing, and the retry returns the same result', async () => {
    const todo = await signedUp();
    await todo.tasks.create({ title: 'Buy milk' });
    server.lose('/trpc/history.rewind', 1);
    expect(await todo.history.rewind({ to: 0, dryRun: true })).toEqual({ restored: 0, edited: 0, removed: 1, seq: 1 });
    const [made] = (await todo.history.list()).items;
    server.lose('/trpc/history.undo', 1);
    const undone = { restored: 0, edited: 0, removed: 1, kept: [], keptCount: 0, seq: 1 };
    expect(await todo.history.undo({ of: { mutationId: made?.mutationId ?? '' }, dryRun: true })).toEqual(undone);
    expect(await todo.tasks.counts()).toEqual({ open: 1, completed: 0 });
  });

  it('by restore is made once and gets its first answer', async () => {
    const todo = await signedUp();
    const { id } = await todo.tasks.create({ title: 'Buy milk' });
    await todo.tasks.remove({ id });
    server.lose('/trpc/tasks.restore', 1);
    const answer = await todo.tasks.restore({ id });
    expect(server.lost).toEqual([{ result: { data: answer } }]);
    expect((await todo.history.list()).items.map(({ action }) => action)).toEqual(['restored', 'removed', 'created']);
    expect(await todo.tasks.list()).toEqual({ items: [plain(answer)], nextCursor: null });
  });

  it('is applied once when sent with many others', async () => {
    const todo = await signedUp();
    server.lose('/trpc/tasks.create', 60);
    const made = await Promise.all(Array.from({ length: 30 }, (_, i) => todo.tasks.create({ title: `Task ${i}` })));
    const { items } = await todo.tasks.list({ limit: 200 });
    expect(items.map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort());
    expect(server.lost).toHaveLength(60);
  });

  it('is refused as the first time when it was refused', async () => {
    const todo = await signedUp();
    const { id } = await todo.tasks.create({ title: 'Buy milk' });
    server.lose('/trpc/tasks.edit', 1);
    await expect(todo.tasks.edit({ id, title: 'Late', expectedVersion: 7 })).rejects.toMatchObject({ reason: 'VERSION_CONFLICT' });
  });
});

describe('a call is sent again', () => {
  it('when it only reads, too', async () => {
    const todo = await signedUp();
    server.lose('/trpc/tasks.counts', 1);
    server.lose('/api/auth/token', 1);
    expect(await todo.tasks.counts()).toEqual({ open: 0, completed: 0 });
    expect([askedFor('/trpc/tasks.counts'), askedFor('/api/auth/token')]).toEqual([2, 2]);
  });

  it('only a few times', async () => {
    const todo = await signedUp();
    server.lose('/trpc/tasks.create', 100);
    await expect(todo.tasks.create({ title: 'Buy milk' })).rejects.toMatchObject({ reason: 'SERVER_UNREACHABLE' });
    server.lose('/trpc/tasks.create', 0);
    expect(askedFor('/trpc/tasks.create')).toBe(TRIES);
    expect(await todo.tasks.counts()).toEqual({ open: 1, completed: 0 });
  });

  it('once the database is back, and not before it was said to be', async () => {
    const api = cleanUp.use(await startTestApi());
    const lost = cleanUp.use(await startTestApi({ appUrl: 'postgres://nobody@127.0.0.1:1/none', acquireTimeout: 100 }));
    let isBack = true;
    const far = cleanUp.use(await listen((request) => (isBack ? api : lost).fetch(request.url, request)));
    const todo = await signedUp(far);
    await todo.tasks.counts();
    isBack = false;
    const beganAt = performance.now();
    const creating = todo.tasks.create({ title: 'Buy milk' });
    await expect.poll(() => askedFor('/trpc/tasks.create', far)).toBe(2);
    const RETRY_AFTER = 1_000;
    expect(performance.now() - beganAt).toBeGreaterThan(RETRY_AFTER);
    isBack = true;
    const task = await creating;
    expect(await todo.tasks.list()).toEqual({ items: [plain(task)], nextCursor: null });
  });

  it('not when the caller ends it meanwhile', async () => {
    const todo = await signedUp();
    server.lose('/api/auth/token', 100);
    const ending = new AbortController();
    const creating = todo.tasks.create({ title: 'Buy milk' }, { signal: ending.signal });
    await expect.poll(() => server.lost.length).toBe(2);
    ending.abort('left');
    await expect(creating).rejects.toMatchObject({ reason: 'CALL_ABORTED', cause: 'left' });
    server.lose('/api/auth/token', 0);
    await (await signedUp()).tasks.counts();
    expect([askedFor('/api/auth/token'), askedFor('/trpc/tasks.create')]).toEqual([3, 0]);
  });

  it('not after any other answer', async () => {
    const busy = await start({ callsPerMinute: 3 });
    const todo = await signedUp(busy);
    const { id } = await todo.tasks.create({ title: 'Buy milk' });
    await expect(todo.tasks.edit({ id, title: 'Late', expectedVersion: 2 })).rejects.toMatchObject({ reason: 'VERSION_CONFLICT' });
    await expect(todo.tasks.remove({ id: randomUUID() })).rejects.toMatchObject({ reason: 'TASK_NOT_FOUND' });
    await expect(todo.tasks.complete({ id })).rejects.toMatchObject({ reason: 'RATE_LIMITED' });
    await expect(todo.tasks.reopen({ id: 'none' })).rejects.toMatchObject({ reason: 'RATE_LIMITED' });
    const paths = ['tasks.create', 'tasks.edit', 'tasks.remove', 'tasks.complete', 'tasks.reopen'];
    expect(paths.map((path) => askedFor(`/trpc/${path}`, busy))).toEqual([1, 1, 1, 1, 1]);
  });

  it('as the person it began with, also when another has signed in', async () => {
    const [ada, bob] = [newcomer(), newcomer('Bob')];
    const todo = createTodoClient({ url: server.url });
    await todo.signUp(ada);
    await createTodoClient({ url: server.url }).signUp(bob);
    const { fail } = server.hold('/trpc/tasks.create');
    const creating = todo.tasks.create({ title: 'of Ada' });
    await expect.poll(() => askedFor('/trpc/tasks.create')).toBe(1);
    await todo.signIn(bob);
    fail();
    const task = await creating;
    expect(await todo.tasks.counts()).toEqual({ open: 0, completed: 0 });
    await todo.signIn(ada);
    expect(await todo.tasks.list()).toEqual({ items: [plain(task)], nextCursor: null });
  });
});
