import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BASE_URL, cheapPassword, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { anAddress, codeOf, type Mailbox, openMailbox } from '../testing/mailbox.ts';

const NEW_PASSWORD = 'a new horse battery';

/** Checks of passwords wait here while it is closed. */
let gate = { opened: Promise.resolve(), reached: () => {} };
const close = () => {
  const [opened, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  gate = { opened: opened.promise, reached: reached.resolve };
  return { open: opened.resolve, reached: reached.promise };
};

let box: Mailbox;
/** Two instances on one database: each hashes its passwords one after the other. */
let api: TestApi;
let slow: TestApi;
let ada: Person;
beforeAll(async () => {
  box = await openMailbox();
  const verify: typeof cheapPassword.verify = async (attempt) => {
    gate.reached();
    await gate.opened;
    return cheapPassword.verify(attempt);
  };
  api = await startTestApi({ mailUrl: box.url });
  slow = await startTestApi({ appUrl: api.database.appUrl, secret: api.secret, password: { ...cheapPassword, verify } });
});
afterAll(async () => {
  await slow[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  await box[Symbol.asyncDispose]();
});
beforeEach(async () => {
  ada = await api.signUp();
});

const post = (path: string, body: object) => api.fetch(`/api/auth/${path}`, json(body));
const own = (path: string, body: object, person = ada) =>
  person.fetch(`/api/auth/${path}`, { ...json(body), headers: { ...json('').headers, origin: BASE_URL } });
const sessions = async () => (await inspect(api.database.superuserUrl, `select from session where user_id = '${ada.userId}'`)).length;
const resetToken = async () => {
  await post('request-password-reset', { email: ada.email });
  return box.tokenTo(ada.email, 'reset-password');
};

it('a sign-in whose password was right when it began gives no session after that password was replaced', async () => {
  const token = await resetToken();
  const { open, reached } = close();
  const signIn = slow.fetch('/api/auth/sign-in/email', json({ email: ada.email, password: PASSWORD }));
  await reached;
  expect((await post('reset-password', { token, newPassword: NEW_PASSWORD })).status).toBe(200);
  open();
  const answer = await signIn;
  expect([answer.headers.get('set-auth-token'), await sessions()]).toEqual([null, 0]);
  expect(await codeOf(answer)).toEqual([401, 'INVALID_EMAIL_OR_PASSWORD']);
});

describe('of two changes of one account at the same time, both are made or one is refused, and none fails:', () => {
  const reset = async () => {
    const token = await resetToken();
    return () => post('reset-password', { token, newPassword: NEW_PASSWORD });
  };
  const address = async () => {
    const email = anAddress();
    await own('request-email-change', { email, password: PASSWORD });
    const token = await box.tokenTo(email, 'change-email');
    return () => own('confirm-email-change', { email, token });
  };
  const password = async () => () => own('change-password', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD });
  const verification = async () => {
    const token = await box.tokenTo(ada.email, 'verify-email');
    return () => own('verify-email', { token });
  };
  const deletion = async () => () => own('delete-user', { password: PASSWORD });

  it.each([
    ['address and reset', address, reset],
    ['address and password', address, password],
    ['address and verification', address, verification],
    ['address and deletion', address, deletion],
    ['reset and password', reset, password],
    ['reset and verification', reset, verification],
    ['reset and deletion', reset, deletion],
    ['password and deletion', password, deletion],
  ])('%s', async (_, one, other) => {
    const answers = [];
    for (let round = 0; round < 5; round += 1) {
      ada = await api.signUp();
      for (let n = 0; n < 3; n += 1) await post('sign-in/email', { email: ada.email, password: PASSWORD });
      const [first, second] = [await one(), await other()];
      answers.push(...(await Promise.all([first(), second()])));
    }
    expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
  });
});

it('where addresses must be verified, two sign-ups at once with an address that nobody has are answered as two with one that somebody has', async () => {
  await using strict = await startTestApi({ appUrl: api.database.appUrl, secret: api.secret, mailUrl: box.url, verifyEmail: 'required' });
  const signUps = (email: string) =>
    Promise.all([1, 2].map(async () => (await strict.fetch('/api/auth/sign-up/email', json({ name: 'Ada', email, password: PASSWORD }))).status));
  for (let round = 0; round < 5; round += 1) expect([await signUps(anAddress()), await signUps(ada.email)]).toEqual(Array(2).fill([200, 200]));
});
