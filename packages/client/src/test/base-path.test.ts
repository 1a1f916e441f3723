import { listen, startTestApi } from '@todo/api/testing';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { createTodoClient } from '../index.ts';
import { fetchOfPage } from '../testing/client.ts';
import { newcomer, replicaOf, untilEqual, watching } from '../testing/replica.ts';

const ORIGIN = 'https://example.com';
const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());
const api = cleanUp.use(await startTestApi({ baseUrl: `${ORIGIN}/todo`, watching }));
const { port } = cleanUp.use(await listen(api.handle, { host: '127.0.0.1', port: 0, basePath: '/todo' }));
const server = `http://127.0.0.1:${port}`;
afterEach(() => vi.unstubAllGlobals());

describe.each([
  ['passes the path on', `${server}/todo`],
  ['takes the path off', server],
])('behind a proxy that %s', (_, url) => {
  it('a client signs up, changes tasks, exports them and sees changes as they are made', async () => {
    const todo = createTodoClient({ url });
    const user = await todo.signUp(newcomer());
    const { replica } = replicaOf(todo);
    const milk = await todo.tasks.create({ title: 'Buy milk' });
    await untilEqual(replica, todo);
    await todo.tasks.complete({ id: milk.id });
    await untilEqual(replica, todo);
    expect((await todo.exportAccount()).tasks).toMatchObject([{ id: milk.id }]);
    expect(await todo.currentUser()).toEqual(user);
  });

  it('a page of its origin uses the cookie, and a page of another origin is refused', async () => {
    vi.stubGlobal('fetch', fetchOfPage(ORIGIN));
    const todo = createTodoClient({ url, session: 'cookie' });
    await todo.signUp(newcomer());
    await todo.tasks.create({ title: 'Buy milk' });
    expect(await todo.tasks.counts()).toEqual({ open: 1, completed: 0 });
    await todo.signOut();
    expect(await todo.currentUser()).toBeNull();
    vi.unstubAllGlobals();
    vi.stubGlobal('fetch', fetchOfPage('https://evil.example'));
    await expect(createTodoClient({ url, session: 'cookie' }).signUp(newcomer())).rejects.toMatchObject({ reason: 'ORIGIN_REFUSED' });
  });
});

it('the issuer of JWTs, the names of cookies and the links of the landing page have the path', async () => {
  const { headers } = await api.signUp();
  const [, payload = ''] = headers.jwt.authorization?.split('.') ?? [];
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ iss: `${ORIGIN}/todo`, aud: `${ORIGIN}/todo` });
  expect(headers.cookie.cookie).toMatch(/^__Host-better-auth-todo\.session_token=/);
  const page = await (await fetch(`${server}/todo`)).text();
  const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href);
  expect(links).toEqual(['/readyz', '/api/docs', '/openapi.json', '/api/auth/jwks'].map((path) => `/todo${path}`));
  for (const link of links) expect((await fetch(`${server}${link}`)).status).toBe(200);
});
