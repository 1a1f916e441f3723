import { randomUUID } from 'node:crypto';
import { openDatabase } from '@todo/db';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { createAuth } from '../auth.ts';
import type { Mail } from '../mail/mail.ts';
import { BASE_URL, startTestAuth, type TestAuth } from '../testing/identity.ts';
import { createScrypt, type PasswordHashing } from './scrypt.ts';

const PASSWORD = 'correct horse battery';
const weak = createScrypt({ N: 1_024, r: 8, p: 1 });
const strong = createScrypt({ N: 2_048, r: 8, p: 1 });
const mails: Mail[] = [];
const mail = {
  add: async (_: string, one: Mail) => {
    mails.push(one);
  },
};

let test: TestAuth;
beforeAll(async () => {
  test = await startTestAuth({ password: weak, mail });
});
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(async () => {
  await test.auth.settle();
  mails.length = 0;
});

/** An instance of a version with these parameters. */
async function start(password: PasswordHashing) {
  const { identity, ...database } = openDatabase(test.database.appUrl);
  onTestFinished(() => database.close());
  return createAuth({
    identity,
    secret: test.secret,
    baseUrl: BASE_URL,
    trustedOrigins: [],
    signInsPerMinute: 0,
    log: (line) => test.logged.push(line),
    mail,
    password,
  });
}

const post = (auth: Pick<TestAuth['auth'], 'handle'>, path: string, body: object, headers: Record<string, string> = {}) =>
  auth.handle(
    new Request(`${BASE_URL}/api/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: BASE_URL, ...headers },
      body: JSON.stringify(body),
    }),
  );
const run = (text: string) => inspect(test.database.superuserUrl, text);
async function someone() {
  const email = `${randomUUID()}@example.com`;
  const answer = await post(test.auth, 'sign-up/email', { name: 'Ada', email, password: PASSWORD });
  const { user } = Object(await answer.json());
  const [{ password: hash } = {}] = await run(`select password from account where user_id = '${user.id}'`);
  expect(hash).toMatch(/:scrypt,1024,8,1$/);
  const stored = async () => String((await run(`select password from account where user_id = '${user.id}'`))[0]?.password);
  const headers = { authorization: `Bearer ${answer.headers.get('set-auth-token')}` };
  return { id: String(user.id), email, headers, stored, login: { email, password: PASSWORD } };
}

it('a sign-in stores a stronger hash of the same password, once, which an instance with the former parameters verifies and keeps', async () => {
  const [ada, ben, next] = [await someone(), await someone(), await start(strong)];
  const untouched = await ben.stored();
  expect((await post(next, 'sign-in/email', { ...ada.login, email: ada.email.toUpperCase() })).status).toBe(200);
  const stronger = await ada.stored();
  expect(stronger).toMatch(/:scrypt,2048,8,1$/);
  for (const auth of [next, test.auth]) expect((await post(auth, 'sign-in/email', ada.login)).status).toBe(200);
  expect([await ada.stored(), await ben.stored()]).toEqual([stronger, untouched]);
});

it('that is no change of the password: sessions go on, links in mails work, and no mail tells of it', async () => {
  const [ada, next] = [await someone(), await start(strong)];
  await post(test.auth, 'request-password-reset', { email: ada.email });
  await test.auth.settle();
  const token = mails.map(({ text }) => /reset-password\?token=(\w+)/.exec(text)?.[1]).find(Boolean);
  await post(next, 'sign-in/email', ada.login);
  await next.settle();
  expect(await ada.stored()).toMatch(/,2048,/);
  expect(mails.filter(({ to }) => to === ada.email).map(({ subject }) => subject)).toEqual([
    'Confirm your e-mail address for Todo',
    'Set a new password for Todo',
    'New sign-in to Todo',
  ]);
  expect(await next.identify(new Headers(ada.headers))).toBe(ada.id);
  expect((await post(next, 'reset-password', { token, newPassword: 'another horse battery' })).status).toBe(200);
});

it('a wrong password stores nothing, nor does one that is entered elsewhere', async () => {
  const [ada, next] = [await someone(), await start(strong)];
  const before = await ada.stored();
  expect((await post(next, 'sign-in/email', { ...ada.login, password: 'another horse battery' })).status).toBe(401);
  expect((await post(next, 'delete-user', { password: 'another horse battery' }, ada.headers)).status).toBe(400);
  expect(await ada.stored()).toBe(before);
});

it('a change of the password meanwhile is not overwritten', async () => {
  const ada = await someone();
  const [asked, allowed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = await start({
    ...strong,
    hash: async (password) => {
      asked.resolve();
      await allowed.promise;
      return strong.hash(password);
    },
  });
  const signingIn = post(slow, 'sign-in/email', ada.login);
  await asked.promise;
  const change = { currentPassword: PASSWORD, newPassword: 'another horse battery' };
  expect((await post(test.auth, 'change-password', change, ada.headers)).status).toBe(200);
  const changed = await ada.stored();
  allowed.resolve();
  await signingIn;
  expect(await ada.stored()).toBe(changed);
});
