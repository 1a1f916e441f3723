import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BASE_URL, json, PASSWORD, startTestApi, type TestApi } from '../testing/api.ts';

const apps = ['capacitor://localhost', 'tauri://localhost', 'chrome-extension://abcdefghijklmnop'];

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ trustedOrigins: ['https://front.example', ...apps] });
});
afterAll(() => api[Symbol.asyncDispose]());

const newcomer = () => ({ name: 'Ada', email: `${randomUUID()}@example.com`, password: PASSWORD });
const post = async (path: string, body: object, headers: Record<string, string>) => {
  const sent = json(body);
  return (await api.fetch(`/api/auth/${path}`, { ...sent, headers: { ...sent.headers, ...headers } })).status;
};

const signUpWith = (headers: Record<string, string>) => post('sign-up/email', newcomer(), headers);

it.each(
  Object.entries({
    curl: {},
    "Node's fetch": { 'sec-fetch-mode': 'cors' },
    'a page of the API': { origin: BASE_URL, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    'a page of a trusted origin': { origin: 'https://front.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
  }),
)('%s can sign somebody up', async (_, headers) => {
  expect(await signUpWith(headers)).toBe(200);
});

it.each(
  Object.entries({
    'a page of a foreign origin': { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
    'an older browser on a foreign page': { origin: 'https://evil.example' },
    'a page that hides its origin': { origin: 'null', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
    'a form of a foreign page': { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  }),
)('%s can sign nobody up', async (_, headers) => {
  expect(await signUpWith(headers)).toBe(403);
});

it.each(apps)('the page of an app, %s, signs up and in, and is served with the cookie', async (origin) => {
  const someone = newcomer();
  expect(await post('sign-up/email', someone, { origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' })).toBe(200);
  expect(await post('sign-in/email', someone, { origin })).toBe(200);
  const { headers } = await api.signUp();
  const answer = await api.fetch('/trpc/tasks.counts', { headers: { ...headers.cookie, origin } });
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
  for (const other of [`${origin}.evil.example`, 'capacitor://evil', `${origin}:1`]) {
    expect(await post('sign-up/email', newcomer(), { origin: other })).toBe(403);
    expect((await api.fetch('/trpc/tasks.counts', { headers: { ...headers.cookie, origin: other } })).status).toBe(401);
  }
});

it('no credential deletes an account without its password', async () => {
  const { headers } = await api.signUp();
  for (const body of [{}, { password: '' }]) {
    for (const proof of Object.values(headers)) expect(await post('delete-user', body, { ...proof, origin: BASE_URL })).toBeOneOf([400, 401]);
  }
  expect((await api.fetch('/trpc/tasks.counts', { headers: headers.bearer })).status).toBe(200);
});
