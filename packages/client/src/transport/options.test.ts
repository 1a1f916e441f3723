import { randomUUID } from 'node:crypto';
import { startTestApi, type TestApi } from '@todo/api/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createTodoClient, type RequestEvent } from '../index.ts';
import { createReplica } from '../replica.ts';
import { type Loopback, listen } from '../testing/client.ts';

let api: TestApi;
let server: Loopback;
const seen: Headers[] = [];
beforeAll(async () => {
  api = await startTestApi();
  server = await listen((request) => {
    seen.push(request.headers);
    return api.fetch(request.url, request);
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

it('sends the given headers with each request, and its own before them', async () => {
  const ada = await api.signUp();
  const headers = {
    ...ada.headers.cookie,
    'content-type': 'text/plain',
    traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
  };
  const client = createTodoClient({ url: server.url, session: 'cookie', headers: async () => headers });
  seen.length = 0;
  expect(await client.currentUser()).toMatchObject({ id: ada.userId });
  const { id } = await client.tasks.create({ title: 'Rendered' });
  expect(await ada.client.jwt.tasks.get.query({ id })).toMatchObject({ title: 'Rendered' });
  expect(seen.map((sent) => sent.get('traceparent'))).toEqual([headers.traceparent, headers.traceparent]);
  expect(seen.at(-1)?.get('content-type')).toBe('application/json');
});

it('a client of one visitor does not act for another', async () => {
  const [ada, ben] = [await api.signUp(), await api.signUp('Ben')];
  const clientOf = (cookie: Record<string, string>) => createTodoClient({ url: server.url, session: 'cookie', headers: () => cookie });
  const [hers, his] = [clientOf(ada.headers.cookie), clientOf(ben.headers.cookie)];
  await Promise.all([hers.tasks.create({ title: 'Hers' }), his.tasks.create({ title: 'His' })]);
  expect((await hers.tasks.list()).items.map(({ title }) => title)).toEqual(['Hers']);
  expect((await his.tasks.list()).items.map(({ title }) => title)).toEqual(['His']);
});

it('sends by the given fetch alone, and takes ids from the given source', async () => {
  const { fetch } = globalThis;
  vi.stubGlobal('fetch', () => Promise.reject(new Error('not this one')));
  try {
    const ids: string[] = [];
    const makeId = () => {
      ids.push(randomUUID());
      return ids.at(-1) ?? '';
    };
    const client = createTodoClient({ url: server.url, fetch, randomUUID: makeId });
    await client.signUp({ name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse battery' });
    const { id } = await client.tasks.create({ title: 'Given an id' });
    const { groupId } = await client.importTasks([{ id: randomUUID(), title: 'Imported' }]);
    const [task] = (await client.history.list({ id })).items;
    expect([task?.mutationId, groupId]).toEqual(ids.slice(0, 2));
    const todo = createReplica(client);
    const queued = todo.mutate.tasks.create({ title: 'Queued' });
    expect([queued.mutationId, queued.id]).toEqual(ids.slice(-2));
    expect(await queued.done).toMatchObject({ id: queued.id, title: 'Queued' });
    await expect.poll(() => todo.tasks().size).toBe(3);
    todo.close();
  } finally {
    vi.unstubAllGlobals();
  }
});

it('tells of each request, also of one that is repeated or gets no response', async () => {
  const events: RequestEvent[] = [];
  const client = createTodoClient({ url: server.url, onEvent: (event) => events.push(event) });
  await client.signUp({ name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse battery' });
  server.lose('/trpc/tasks.create', 1);
  await client.tasks.create({ title: 'Twice' });
  await client.tasks.get({ id: randomUUID() }).catch(() => {});
  expect(events.map(({ method, url, status, error }) => [method, new URL(url).pathname, status ?? error instanceof Error])).toEqual([
    ['POST', '/api/auth/sign-up/email', 200],
    ['GET', '/api/auth/token', 200],
    ['POST', '/trpc/tasks.create', true],
    ['POST', '/trpc/tasks.create', 200],
    ['GET', '/trpc/tasks.get', 404],
  ]);
  for (const { milliseconds, status, requestId } of events) expect([milliseconds >= 0, requestId?.length]).toEqual([true, status && 36]);
});
