import { codeOf } from '@todo/auth/testing';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { BASE_URL, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { type MailServer, startMailServer } from '../testing/mail-server.ts';
import { type HostileProvider, startHostileProvider } from '../testing/oidc/hostile-provider.ts';
import { newcomer, visitAs } from '../testing/oidc/visit.ts';

const NEW_PASSWORD = 'a new horse battery';

let mailServer: MailServer;
let provider: HostileProvider;
let api: TestApi;
let ada: Person;
beforeAll(async () => {
  mailServer = await startMailServer();
  provider = await startHostileProvider();
  api = await startTestApi({ mailUrl: mailServer.url, signInsPerMinute: 1_000, providers: [provider.settings] });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  await mailServer[Symbol.asyncDispose]();
});
beforeEach(async () => {
  ada = await api.signUp();
});

const signIn = (password: string, cookie = '') =>
  api.fetch('/api/auth/sign-in/email', {
    ...json({ email: ada.email, password }),
    headers: { ...json('').headers, ...(cookie && { cookie, origin: BASE_URL }) },
  });
const subjects = () =>
  mailServer.received
    .filter(({ to, text }) => to.includes(ada.email) && !text.includes('verify-email'))
    .map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1]);
/** A mail that is written later than all others has come, and none waits, so there are no further ones. */
async function allSubjects() {
  await api.fetch('/api/auth/request-password-reset', json({ email: ada.email }));
  await expect.poll(subjects).toContain('Set a new password for Todo');
  await expect.poll(() => inspect(api.database.superuserUrl, 'select from mails')).toEqual([]);
  return subjects().filter((subject) => subject !== 'Set a new password for Todo');
}

it('a sign-in with another device is told, with time and address; one with the same device, a wrong password and a sign-up are not', async () => {
  expect((await signIn(PASSWORD, ada.headers.cookie.cookie)).status).toBe(200);
  expect((await signIn('a wrong password')).status).toBe(401);
  expect((await signIn(PASSWORD)).status).toBe(200);
  expect(await allSubjects()).toEqual(['New sign-in to Todo']);
  const notice = mailServer.received.find(({ to, text }) => to.includes(ada.email) && text.includes('New sign-in'));
  expect(notice?.text).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d UTC, from the address 127\.0\.0\.1/);
  expect(notice?.text).not.toMatch(/http|token/);
});

it('a program that keeps no cookies is told of three times a day', async () => {
  for (let i = 0; i < 5; i += 1) expect((await signIn(PASSWORD)).status).toBe(200);
  expect(await allSubjects()).toEqual(Array.from({ length: 3 }, () => 'New sign-in to Todo'));
});

it('a new password is told, however often', async () => {
  const change = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
  const changed = await ada.fetch('/api/auth/change-password', { ...json(change), headers: { ...json('').headers, origin: BASE_URL } });
  expect(changed.status).toBe(200);
  expect(await allSubjects()).toEqual(['Your Todo password was changed']);
  const token = mailServer.received.map(({ text }) => /reset-password\?token=(\w+)/.exec(text)?.[1]).findLast(Boolean);
  expect((await api.fetch('/api/auth/reset-password', json({ token, newPassword: PASSWORD }))).status).toBe(200);
  await expect.poll(() => subjects().filter((subject) => subject?.includes('was changed'))).toHaveLength(2);
});

it('a second factor is told when it is turned on or off; a password that is reset by mail does not turn it off, if the address was proven before', async () => {
  await inspect(api.database.superuserUrl, `update "user" set email_verified = true where id = '${ada.userId}'`);
  const ask = (path: string, body: object) =>
    ada.fetch(`/api/auth/second-factor/${path}`, { ...json(body), headers: { ...json('').headers, origin: BASE_URL } });
  const { secret } = Object(await (await ask('set-up', { password: PASSWORD })).json());
  const { recoveryCodes } = Object(await (await ask('turn-on', { code: codeOf(secret) })).json());
  expect((await ask('recovery-codes', { password: PASSWORD, code: recoveryCodes[0] })).status).toBe(200);
  const told = ['Your Todo account has a second factor', 'New recovery codes for your Todo account'];
  // Two mails that are under way together may come in either order.
  expect((await allSubjects()).toSorted()).toEqual(told.toSorted());
  const token = mailServer.received.map(({ text }) => /reset-password\?token=(\w+)/.exec(text)?.[1]).findLast(Boolean);
  expect((await api.fetch('/api/auth/reset-password', json({ token, newPassword: NEW_PASSWORD }))).status).toBe(200);
  expect(Object(await (await signIn(NEW_PASSWORD)).json()).code).toBe('SECOND_FACTOR_REQUIRED');
  for (const { text } of mailServer.received) for (const code of [secret, ...recoveryCodes]) expect(text).not.toContain(code);
});

it('a provider that is connected is told, once, and not what it says of the person', async () => {
  const claims = newcomer();
  const cookie = String(ada.headers.cookie.cookie);
  for (let i = 0; i < 2; i += 1)
    expect(await visitAs(api, provider, claims, { cookie, body: { provider: 'oidc', password: PASSWORD } })).toMatchObject({ reason: null });
  expect(await allSubjects()).toEqual(['New way to sign in to your Todo account']);
  const notice = mailServer.received.find(({ to, text }) => to.includes(ada.email) && text.includes('New way to sign in'));
  expect(notice?.text).not.toMatch(new RegExp(`http|token|${claims.sub}|${claims.email}`));
});
