import { randomUUID } from 'node:crypto';
import { BASE_URL, script, startTestApi, type TestApi } from '@todo/api/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTodoClient, type TodoClient } from '../index.ts';
import { fetchOfPage, type Loopback, listen } from '../testing/client.ts';

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

let api: TestApi;
let server: Loopback;
beforeAll(async () => {
  api = await startTestApi();
  server = await listen((request) => api.fetch(request.url, request));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

let account: { name: string; email: string; password: string };
let here: TodoClient;
beforeEach(async () => {
  account = { name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse' };
  here = createTodoClient({ url: server.url });
  await here.signUp(account);
});

/** Another place where the user signs in. */
async function elsewhere(headers: Record<string, string> = {}): Promise<TodoClient> {
  const todo = createTodoClient({ url: server.url, headers: () => headers });
  await todo.signIn(account);
  return todo;
}
const isCurrent = (todo: TodoClient) => todo.sessions.list().then((all) => all.map((each) => each.isCurrent));
const ended = expect.objectContaining({ reason: 'UNAUTHENTICATED' });

it('a user sees where they are signed in: device, address, when it began and was last used, and which it is', async () => {
  await elsewhere({ 'user-agent': CHROME });
  const [chrome, node, ...others] = await here.sessions.list();
  expect(others).toEqual([]);
  const times = { createdAt: expect.stringMatching(/^\d{4}-.*Z$/), lastUsedAt: expect.stringMatching(/^\d{4}-.*Z$/) };
  expect(chrome).toEqual({ id: expect.any(String), device: 'Chrome on Linux', ipAddress: '127.0.0.1', ...times, isCurrent: false });
  expect(node).toMatchObject({ device: 'Node.js', isCurrent: true });
});

it('a session of weeks ago can list and revoke others as well', async () => {
  await script(api.database.superuserUrl, `update session set created_at = created_at - interval '20 days'`);
  await elsewhere();
  expect(await isCurrent(here)).toEqual([false, true]);
  await here.sessions.revokeOthers();
  expect(await isCurrent(here)).toEqual([true]);
});

it('a session that is revoked ends at once, and no other', async () => {
  const [lost, kept] = [await elsewhere(), await elsewhere()];
  const id = (await lost.sessions.list()).find((each) => each.isCurrent)?.id ?? '';
  await here.sessions.revoke(id);
  await expect(lost.sessions.list()).rejects.toEqual(ended);
  expect(await isCurrent(kept)).toHaveLength(2);
  await here.sessions.revoke(id);
});

it('all others end at once', async () => {
  const others = [await elsewhere(), await elsewhere()];
  await here.sessions.revokeOthers();
  for (const other of others) await expect(other.sessions.list()).rejects.toEqual(ended);
  expect(await isCurrent(here)).toEqual([true]);
});

it('the own one too: the user is signed out', async () => {
  const [own] = await here.sessions.list();
  await here.sessions.revoke(own?.id ?? '');
  expect(await here.currentUser()).toBeNull();
});

it('nobody lists or revokes the sessions of another user', async () => {
  const ben = createTodoClient({ url: server.url });
  await ben.signUp({ ...account, email: `${randomUUID()}@example.com` });
  const [ada] = await here.sessions.list();
  expect((await ben.sessions.list()).map(({ id }) => id)).not.toContain(ada?.id);
  await ben.sessions.revoke(ada?.id ?? '');
  await ben.sessions.revokeOthers();
  expect(await isCurrent(here)).toEqual([true]);
  await expect(ben.sessions.revoke('x')).rejects.toMatchObject({ reason: 'INVALID_INPUT' });
});

it('a page with a cookie sees and revokes them as well, and no list contains a token', async () => {
  const saved: string[] = [];
  const other = createTodoClient({ url: server.url, session: { load: () => saved[0] ?? null, save: (given) => void saved.push(given), clear: () => {} } });
  const page = createTodoClient({ url: server.url, session: 'cookie', fetch: fetchOfPage(BASE_URL) });
  await other.signIn(account);
  await page.signIn(account);
  expect(await isCurrent(page)).toEqual([true, false, false]);
  const token = saved[0]?.split('.', 1).join() ?? '';
  expect(token).toHaveLength(32);
  expect(JSON.stringify(await page.sessions.list())).not.toContain(token);
  await page.sessions.revokeOthers();
  await expect(other.sessions.list()).rejects.toEqual(ended);
});
