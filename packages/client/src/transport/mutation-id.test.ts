import { randomUUID } from 'node:crypto';
import { startTestApi } from '@todo/api/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTodoClient, type TodoClient } from '../index.ts';
import { listen } from '../testing/client.ts';

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

describe('a mutation id', () => {
  it('of the caller stands for one change, whenever and from wherever it comes', async () => {
    const person = newcomer();
    const [todo, again] = [createTodoClient({ url: server.url }), createTodoClient({ url: server.url })];
    await todo.signUp(person);
    await again.signIn(person);
    const create = { title: 'Buy milk', mutationId: randomUUID() };
    const task = await todo.tasks.create(create);
    expect(await again.tasks.create(create)).toEqual(task);
    expect((await todo.history.list()).items).toMatchObject([{ mutationId: create.mutationId }]);
    await expect(again.tasks.create({ ...create, title: 'Buy bread' })).rejects.toMatchObject({ reason: 'MUTATION_REUSED', status: 409 });
  });

  it('whose answer the log no longer holds says at which position the call was complete', async () => {
    const api = cleanUp.use(await startTestApi());
    const { url } = cleanUp.use(await listen((request) => api.fetch(request.url, request)));
    const todo = createTodoClient({ url });
    const { id: userId } = await todo.signUp(newcomer());
    await todo.tasks.create({ title: 'Buy bread' });
    const create = { title: 'Buy milk', mutationId: randomUUID() };
    await todo.tasks.create(create);
    await api.database.trimLog(userId);
    await expect(todo.tasks.create(create)).rejects.toMatchObject({ reason: 'ALREADY_APPLIED', status: 409, seq: 2 });
    expect(await todo.tasks.counts()).toEqual({ open: 2, completed: 0 });
  });

  it('and a group id say what to undo', async () => {
    const todo = await signedUp();
    const groupId = randomUUID();
    const { id } = await todo.tasks.create({ title: 'Buy milk', groupId });
    await todo.tasks.edit({ id, title: 'Buy oat milk', groupId });
    expect(await todo.history.undo({ of: { groupId } })).toEqual({ restored: 0, edited: 0, removed: 1, kept: [], keptCount: 0, seq: 3 });
    await expect(todo.history.undo({ of: { groupId: randomUUID() } })).rejects.toMatchObject({ reason: 'CALL_NOT_FOUND', status: 404, seq: undefined });
  });

  it('is chosen for every other change, also by a page that has no secure context', async () => {
    const todo = await signedUp();
    const { subtle } = crypto; // for the server, which shares this process
    vi.stubGlobal('crypto', { subtle, getRandomValues: crypto.getRandomValues.bind(crypto) });
    const { id } = await todo.tasks.create({ title: 'Buy milk', mutationId: undefined });
    await todo.tasks.complete({ id });
    const ids = (await todo.history.list()).items.map(({ mutationId }) => mutationId);
    expect(new Set(ids).size).toBe(2);
    expect(ids).not.toContain(null);
  });
});
