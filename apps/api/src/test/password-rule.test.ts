import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { BASE_URL, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { type MailServer, startMailServer } from '../testing/mail-server.ts';

let mailServer: MailServer;
let api: TestApi;
let ada: Person;
beforeAll(async () => {
  mailServer = await startMailServer();
  api = await startTestApi({ mailUrl: mailServer.url });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await mailServer[Symbol.asyncDispose]();
});
beforeEach(async () => {
  ada = await api.signUp('Ada');
  // The mail that asks to confirm the address.
  await expect.poll(() => mailServer.received.some(({ to, text }) => to.includes(ada.email) && text.includes('verify-email'))).toBe(true);
  mailServer.received.length = 0;
});

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  api.fetch(`/api/auth/${path}`, { ...json(body), headers: { ...json('').headers, origin: BASE_URL, ...headers } });
const codeOf = async (answer: Response) => [answer.status, Object(await answer.json()).code];
const refused = [400, 'PASSWORD_TOO_COMMON'];
const own = () => [ada.email, ada.email.toUpperCase(), 'ada12345', 'Ada--2026'];
const signIn = async (password: string) => (await post('sign-in/email', { email: ada.email, password })).status;

it('nobody signs up with a common password, or with an own name or address', async () => {
  const email = `${randomUUID()}@example.com`;
  for (const password of ['Password123', email, email.slice(0, 36), 'grace1906'])
    expect(await codeOf(await post('sign-up/email', { name: 'Grace Hopper', email, password })), password).toEqual(refused);
  expect(await inspect(api.database.superuserUrl, `select from "user" where email = '${email}'`)).toEqual([]);
});

it.each(['cookie', 'bearer'] as const)('nobody changes to one, with a %s', async (kind) => {
  for (const newPassword of ['iloveyou', ...own()])
    expect(await codeOf(await post('change-password', { currentPassword: PASSWORD, newPassword }, ada.headers[kind])), newPassword).toEqual(refused);
  expect(await signIn(PASSWORD)).toBe(200);
  expect((await post('change-password', { currentPassword: PASSWORD, newPassword: 'ada loves engines' }, ada.headers[kind])).status).toBe(200);
});

it('nobody resets to one, and the link works afterwards', async () => {
  await post('request-password-reset', { email: ada.email });
  const link = () => mailServer.received.map(({ text }) => /token=(\w+)/.exec(text)?.[1]).find(Boolean);
  await expect.poll(link).toBeDefined();
  for (const newPassword of ['iloveyou', ...own()])
    expect(await codeOf(await post('reset-password', { token: link(), newPassword })), newPassword).toEqual(refused);
  expect((await post('reset-password', { token: link(), newPassword: 'ada loves engines' })).status).toBe(200);
  expect(await signIn('ada loves engines')).toBe(200);
});

it('a refusal says nothing of accounts: of an address with an account, without a session and without a token', async () => {
  const taken = await post('sign-up/email', { name: 'Eve', email: ada.email, password: 'iloveyou' });
  const free = await post('sign-up/email', { name: 'Eve', email: `${randomUUID()}@example.com`, password: 'iloveyou' });
  expect([taken.status, await taken.text()]).toEqual([free.status, await free.text()]);
  expect((await post('change-password', { currentPassword: PASSWORD, newPassword: ada.email })).status).toBe(401);
  expect(await codeOf(await post('reset-password', { token: 'unknown', newPassword: ada.email }))).toEqual([400, 'INVALID_TOKEN']);
});

it('somebody who has such a password from before signs in with it', async () => {
  await inspect(api.database.superuserUrl, `update account set password = 'cheap:password' where user_id = '${ada.userId}'`);
  expect(await signIn('password')).toBe(200);
  expect((await post('change-password', { currentPassword: 'password', newPassword: PASSWORD }, ada.headers.cookie)).status).toBe(200);
});
