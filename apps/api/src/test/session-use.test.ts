import { USER_HEADER } from '@todo/contract';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BASE_URL, json, type Person, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const run = (text: string) => inspect(api.database.superuserUrl, text);

/** A user who last used the session two days ago, or as long ago as given. */
async function signUp(ago = '2 days'): Promise<Person> {
  const person = await api.signUp();
  await run(`update session set expires_at = expires_at - interval '${ago}', updated_at = updated_at - interval '${ago}' where user_id = '${person.userId}'`);
  return person;
}
const daysLeft = async ({ userId }: Person) =>
  (await run(`select round(extract(epoch from expires_at - now()) / 86400)::int as days from session where user_id = '${userId}'`))[0]?.days;
const cookiesOf = (response: Response) => response.headers.getSetCookie().map((line) => line.split('=', 1).join());

const uses: [string, string, RequestInit?][] = [
  ['a query', '/trpc/tasks.list'],
  ['several at once', '/trpc/tasks.list,tasks.counts?batch=1&input={}'],
  ['a change', '/trpc/tasks.create', json({ title: 'Milk' })],
  ['a call that fails', '/trpc/tasks.get?input={"id":"019a0000-0000-7000-8000-000000000000"}'],
  ['REST', '/api/v1/tasks'],
  ['a stream', '/trpc/sync.watch'],
  ['an export', '/export'],
];
it.each(uses)('%s extends a session, and the cookie with it', async (_, path, init) => {
  const ada = await signUp('29 days');
  const stop = new AbortController();
  const response = await ada.fetch(path, { ...init, signal: stop.signal });
  expect(cookiesOf(response)).toEqual(['better-auth.session_token']);
  await expect.poll(() => daysLeft(ada)).toBe(30);
  stop.abort();
  await response.body?.cancel().catch(() => {});
});

it('a session that was used today is not written, and its cookie not sent again', async () => {
  const ada = await signUp('5 hours');
  const [before] = await run(`select xmin::text from session where user_id = '${ada.userId}'`);
  for (const [, path, init] of uses.slice(0, 5)) expect(cookiesOf(await ada.fetch(path, init))).toEqual([]);
  expect(await run(`select xmin::text from session where user_id = '${ada.userId}'`)).toEqual([before]);
});

it('signing out removes the cookie, also when it is the first use for days', async () => {
  const ada = await signUp();
  const headers = { 'content-type': 'application/json', origin: BASE_URL, [USER_HEADER]: ada.userId };
  const response = await ada.fetch('/api/auth/sign-out', { method: 'POST', headers, body: '{}' });
  const lines = response.headers.getSetCookie().filter((line) => line.startsWith('better-auth.session_token='));
  expect(lines).toEqual([expect.stringMatching(/^better-auth\.session_token=; Max-Age=0/)]);
});

it('a page of another origin neither extends a session nor gets a cookie', async () => {
  const ada = await signUp();
  const response = await ada.fetch('/trpc/tasks.list', { headers: { origin: 'https://evil.example' } });
  expect([response.status, cookiesOf(response)]).toEqual([401, []]);
  expect(await daysLeft(ada)).toBe(28);
});
