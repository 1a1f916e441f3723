import { randomUUID } from 'node:crypto';
import { BASE_URL, json, script, startTestApi, type TestApi } from '@todo/api/testing';
import { FAILED_SIGN_INS_MAX_PER_USER, SECURITY_EVENTS_MAX_PER_USER } from '@todo/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createTodoClient, type SecurityEvent, type SecurityEventPage, type TodoClient } from '../index.ts';
import { type Loopback, listen } from '../testing/client.ts';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0';

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
let userId: string;
beforeEach(async () => {
  account = { name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse' };
  here = createTodoClient({ url: server.url });
  userId = (await here.signUp(account)).id;
});

const client = () => createTodoClient({ url: server.url, headers: () => ({ 'user-agent': FIREFOX }) });
const names = async () => (await here.securityEvents.list()).items.map(({ name }) => name);
const failSignIn = (email = account.email, todo = client()) =>
  expect(todo.signIn({ email, password: 'wrong horse' })).rejects.toMatchObject({ reason: 'CREDENTIALS_WRONG' });
/** Failed sign-ins are stored after the answer. */
const newest = (expected: object) => expect.poll(async () => (await here.securityEvents.list({ limit: 1 })).items[0]).toMatchObject(expected);
/** All events, newest first. */
async function everything(limit = 200) {
  const found: SecurityEvent[] = [];
  let cursor: string | null = null;
  do {
    const page: SecurityEventPage = await here.securityEvents.list({ limit, cursor });
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

it('a user reads what happened: what it was and how, when, where, and by whom', async () => {
  const other = client();
  await other.signIn(account);
  await other.signOut();
  const { items, nextCursor } = await here.securityEvents.list();
  const common = { id: expect.any(String), at: expect.stringMatching(/^\d{4}-.*Z$/), times: 1, by: 'user', ipAddress: '127.0.0.1' };
  expect(items).toEqual([
    { ...common, name: 'signed_out', way: null, device: 'Firefox on Linux' },
    { ...common, name: 'signed_in', way: 'password', device: 'Firefox on Linux' },
    { ...common, name: 'signed_up', way: 'password', device: 'Node.js' },
  ]);
  expect(nextCursor).toBeNull();
  const times = items.map(({ at }) => Date.parse(at));
  expect(times).toEqual(times.toSorted((left, right) => right - left));
});

it('sessions that are ended are counted, and one that was not there is none', async () => {
  for (const _ of [1, 2, 3]) await client().signIn(account);
  const [, first] = await here.sessions.list();
  await here.sessions.revoke(first?.id ?? '');
  await here.sessions.revoke(randomUUID());
  await here.sessions.revokeOthers();
  await here.sessions.revokeOthers();
  const { items } = await here.securityEvents.list();
  expect(items.map(({ name, times }) => [name, times]).slice(0, 3)).toEqual([
    ['session_revoked', 2],
    ['session_revoked', 1],
    ['signed_in', 1],
  ]);
  const session = `Bearer ${(await api.fetch('/api/auth/sign-in/email', json(account))).headers.get('set-auth-token')}`;
  await api.fetch('/api/auth/revoke-sessions', { ...json({}), headers: { ...json({}).headers, authorization: session } });
  await here.signIn(account);
  expect((await names()).slice(0, 2)).toEqual(['signed_in', 'session_revoked']);
});

it('a new password is an event, and so is one that is wrong', async () => {
  const session = `Bearer ${(await api.fetch('/api/auth/sign-in/email', json(account))).headers.get('set-auth-token')}`;
  const change = { currentPassword: account.password, newPassword: 'another horse' };
  const answer = await api.fetch('/api/auth/change-password', { ...json(change), headers: { ...json({}).headers, authorization: session, origin: BASE_URL } });
  expect(answer.status).toBe(200);
  await failSignIn();
  await here.signIn({ ...account, password: 'another horse' });
  await expect.poll(names).toContain('sign_in_failed');
  expect(await names()).toContain('password_changed');
});

it('failed sign-ins from one device within an hour are one event that counts them', async () => {
  for (const _ of [1, 2, 3]) await failSignIn();
  await newest({ name: 'sign_in_failed', times: 3, way: 'password', device: 'Firefox on Linux' });
  await failSignIn(account.email.toUpperCase(), createTodoClient({ url: server.url }));
  await newest({ name: 'sign_in_failed', times: 1, device: 'Node.js' });
  await script(api.database.superuserUrl, `update security_events set at = at - interval '61 minutes' where user_id = '${userId}'`);
  await failSignIn();
  await newest({ name: 'sign_in_failed', times: 1, device: 'Firefox on Linux' });
  expect(await names()).toHaveLength(4);
});

it('a user keeps the newest events, and failed sign-ins push out neither the others nor anything of another user', async () => {
  const ben = createTodoClient({ url: server.url });
  await ben.signUp({ ...account, email: `${randomUUID()}@example.com` });
  const add = (name: string, count: number, prefix: string) =>
    script(
      api.database.superuserUrl,
      `insert into security_events (user_id, id, name, at, times)
       select '${userId}', ('${prefix}-' || lpad(to_hex(n), 4, '0') || '-7000-8000-000000000000')::uuid, '${name}', now(), n from generate_series(1, ${count}) n`,
    );
  await add('sign_in_failed', FAILED_SIGN_INS_MAX_PER_USER + 5, 'fffffff0');
  const kept = async () => (await everything()).map(({ name, times }) => ({ name, times })).toReversed();
  expect(await kept()).toEqual([
    { name: 'signed_up', times: 1 },
    ...Array.from({ length: FAILED_SIGN_INS_MAX_PER_USER }, (_, i) => ({ name: 'sign_in_failed', times: i + 6 })),
  ]);
  await script(api.database.superuserUrl, `delete from security_events where user_id = '${userId}' and times > 10`);
  await add('signed_in', SECURITY_EVENTS_MAX_PER_USER + 5, 'fffffff1');
  const all = await kept();
  expect(all.filter(({ name }) => name === 'sign_in_failed')).toHaveLength(5);
  expect(all.filter(({ name }) => name !== 'sign_in_failed')).toEqual(
    Array.from({ length: SECURITY_EVENTS_MAX_PER_USER }, (_, i) => ({ name: 'signed_in', times: i + 6 })),
  );
  expect((await ben.securityEvents.list()).items).toHaveLength(1);
});

it('pages lead through all events without a gap or a repeat', async () => {
  for (const _ of [1, 2, 3, 4]) await client().signIn(account);
  const all = (await here.securityEvents.list()).items;
  expect(await everything(2)).toEqual(all);
  expect(all).toHaveLength(5);
  for (const input of [{ limit: 0 }, { limit: 201 }, { cursor: 'x' }])
    await expect(here.securityEvents.list(input)).rejects.toMatchObject({ reason: 'INVALID_INPUT' });
});

it('nobody reads the events of another user, not even by the id of one', async () => {
  const ben = createTodoClient({ url: server.url });
  await ben.signUp({ ...account, email: `${randomUUID()}@example.com` });
  await here.signIn(account);
  const [latest] = (await here.securityEvents.list()).items;
  expect((await ben.securityEvents.list({ cursor: latest?.id ?? '' })).items.map(({ name }) => name)).toEqual(['signed_up']);
  const stranger = createTodoClient({ url: server.url });
  await expect(stranger.securityEvents.list()).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
});
