import { codeOf as codeOfApp } from '@todo/auth/testing';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BASE_URL, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { anAddress, codeOf, type Mailbox, openMailbox } from '../testing/mailbox.ts';

let box: Mailbox;
let api: TestApi;
let ada: Person;
beforeAll(async () => {
  box = await openMailbox();
  api = await startTestApi({ mailUrl: box.url });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await box[Symbol.asyncDispose]();
});
beforeEach(async () => {
  ada = await api.signUp();
});

const own = (path: string, body: object, person = ada) =>
  person.fetch(`/api/auth/${path}`, { ...json(body), headers: { ...json('').headers, origin: BASE_URL } });
const post = (path: string, body: object) => api.fetch(`/api/auth/${path}`, json(body));
const ask = (email: string, person = ada) => own('request-email-change', { email, password: PASSWORD }, person);
const confirm = (email: string, token: string, person = ada) => own('confirm-email-change', { email, token }, person);
const tokenFor = async (email: string, person = ada) => {
  expect((await ask(email, person)).status).toBe(200);
  return box.tokenTo(email, 'change-email');
};
const run = (text: string) => inspect(api.database.superuserUrl, text);
const addressOf = async (person = ada) => {
  const [row] = await run(`select email, email_verified from "user" where id = '${person.userId}'`);
  return [row?.email, row?.email_verified];
};
const signIn = async (email: string) => (await post('sign-in/email', { email, password: PASSWORD })).status;

it('an address is changed by the link of a mail to it; other sessions and their JWTs end, this one stays', async () => {
  const email = anAddress();
  const elsewhere = await post('sign-in/email', { email: ada.email, password: PASSWORD });
  const bearer = { authorization: `Bearer ${elsewhere.headers.get('set-auth-token')}` };
  const { token: jwt } = Object(await (await api.fetch('/api/auth/token', { headers: bearer })).json());
  const token = await tokenFor(email.toUpperCase().replace('EXAMPLE.COM', 'example.com'));
  expect(await addressOf()).toEqual([ada.email, false]);
  expect((await confirm(email, token)).status).toBe(200);
  expect(await addressOf()).toEqual([email, true]);
  expect((await ada.fetch('/trpc/tasks.list')).status).toBe(200);
  // An instance compares a JWT that it has not seen with its session at once.
  for (const headers of [bearer, { authorization: `Bearer ${jwt}` }]) expect((await api.fetch('/trpc/tasks.list', { headers })).status).toBe(401);
  expect([await signIn(ada.email), await signIn(email)]).toEqual([401, 200]);
});

it('the former address is told of the request and of the change, without the new one and without a link; the owner reads both events', async () => {
  const email = anAddress();
  await confirm(email, await tokenFor(email));
  const told = () => box.textsTo(ada.email).filter((text) => /^Subject: (Another e-mail address|The e-mail address)/m.test(text));
  await expect.poll(() => told().length).toBe(2);
  for (const text of told()) {
    expect(text).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d UTC, from the address 127\.0\.0\.1/);
    expect(text).not.toMatch(/http|token/);
    expect(text).not.toContain(email);
  }
  const { items } = Object(await (await ada.fetch('/api/auth/list-security-events')).json());
  expect(items.map(({ name }: { name: string }) => name)).toEqual(['email_changed', 'email_change_requested', 'signed_up']);
});

describe('a request is refused', () => {
  it.each([{}, { password: '' }, { password: 'a wrong password' }])('with %j for a password, whoever has the address', async (given) => {
    const ben = await api.signUp();
    for (const email of [anAddress(), ben.email])
      expect(await codeOf(await own('request-email-change', { email, ...given }))).toEqual([400, 'INVALID_PASSWORD']);
  });

  it('without a session, with the session of a page elsewhere, for the same address, and for what is no address', async () => {
    const body = { email: anAddress(), password: PASSWORD };
    expect((await post('request-email-change', body)).status).toBe(401);
    const elsewhere = { ...json(body), headers: { ...json('').headers, origin: 'https://elsewhere.example' } };
    expect((await ada.fetch('/api/auth/request-email-change', elsewhere)).status).toBeGreaterThanOrEqual(400);
    expect(await codeOf(await ask(ada.email.toUpperCase()))).toEqual([400, 'EMAIL_SAME']);
    for (const email of ['ada', 'ada@example.com\r\nBcc: eve@example.com', `${'a'.repeat(250)}@example.com`]) expect((await ask(email)).status).toBe(400);
  });

  it('without the code of a second factor, if there is one', async () => {
    const email = anAddress();
    const { secret } = Object(await (await own('second-factor/set-up', { password: PASSWORD })).json());
    await own('second-factor/turn-on', { code: codeOfApp(secret) });
    expect(await codeOf(await ask(email))).toEqual([401, 'SECOND_FACTOR_REQUIRED']);
    expect(await codeOf(await own('request-email-change', { email, password: PASSWORD, code: '000000' }))).toEqual([401, 'CODE_WRONG']);
    expect((await own('request-email-change', { email, password: PASSWORD, code: codeOfApp(secret, { later: 1 }) })).status).toBe(200);
    expect((await confirm(email, await box.tokenTo(email, 'change-email'))).status).toBe(200);
  });

  it('of an account without a password, ten minutes after the sign-in', async () => {
    await run(`delete from account where user_id = '${ada.userId}'`);
    const age = (minutes: number) => run(`update session set created_at = now() - interval '${minutes} minutes' where user_id = '${ada.userId}'`);
    await age(11);
    expect(await codeOf(await own('request-email-change', { email: anAddress() }))).toEqual([403, 'SESSION_NOT_FRESH']);
    await age(9);
    expect((await own('request-email-change', { email: anAddress() })).status).toBe(200);
  });

  it('where no mail is sent', async () => {
    await using silent = await startTestApi();
    const ben = await silent.signUp();
    expect(await codeOf(await ask(anAddress(), ben))).toEqual([400, 'EMAIL_CHANGE_NOT_ENABLED']);
  });

  it('after five in an hour by one user, or for one address by all', async () => {
    await using limited = await startTestApi({ mailUrl: box.url, signInsPerMinute: 100 });
    const [cara, dan, eve] = [await limited.signUp(), await limited.signUp(), await limited.signUp()];
    const email = anAddress();
    const statuses = [];
    for (const to of [email, email, email, anAddress(), anAddress(), anAddress()]) statuses.push((await ask(to, cara)).status);
    for (const by of [dan, dan, eve, dan]) statuses.push((await ask(email, by)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 200, 200, 429, 429]);
  });
});

describe('a link', () => {
  let email: string;
  let token: string;
  beforeEach(async () => {
    email = anAddress();
    token = await tokenFor(email);
  });
  const isInvalid = async (answer: Promise<Response>) => expect(await codeOf(await answer)).toEqual([400, 'INVALID_TOKEN']);

  it('changes nothing with the session of another person, or without one, and stays as it is', async () => {
    const eve = await api.signUp('Eve');
    await isInvalid(confirm(email, token, eve));
    expect((await post('confirm-email-change', { email, token })).status).toBe(401);
    expect([await addressOf(), (await addressOf(eve))[0]]).toEqual([[ada.email, false], eve.email]);
    expect((await confirm(email, token)).status).toBe(200);
  });

  it('works once, also when it is used three times at a time', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => confirm(email, token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    const other = anAddress();
    await confirm(other, await tokenFor(other));
    await isInvalid(confirm(email, token));
    expect(await addressOf()).toEqual([other, true]);
  });

  it('does not work after an hour, for another address, or as a link of another kind, and what is stored is none', async () => {
    const [stored] = await run(`select identifier, value from verification where value = '${ada.userId}' and identifier like 'change-email:%'`);
    expect(JSON.stringify(stored)).not.toMatch(new RegExp(`${token}|${email}`));
    await isInvalid(confirm(anAddress(), token));
    for (const each of [String(stored?.identifier), String(stored?.identifier).slice('change-email:'.length)]) await isInvalid(confirm(email, each));
    await isInvalid(own('verify-email', { token }));
    await isInvalid(post('reset-password', { token, newPassword: 'a new horse battery' }));
    await isInvalid(confirm(ada.email, await box.tokenTo(ada.email, 'verify-email')));
    await run(`update verification set expires_at = now() - interval '1 second' where value = '${ada.userId}'`);
    await isInvalid(confirm(email, token));
    expect(await addressOf()).toEqual([ada.email, false]);
  });

  it('ends with the next request, of whatever address, and with a new password', async () => {
    const ben = await api.signUp('Ben');
    const open = () => run(`select from verification where value = '${ada.userId}' and identifier like 'change-email:%'`);
    for (const other of [anAddress(), ben.email]) {
      expect((await ask(other)).status).toBe(200);
      await expect.poll(() => box.textsTo(other).some((text) => /change-email|another Todo account/.test(text))).toBe(true);
      await isInvalid(confirm(email, token));
      expect(await open()).toHaveLength(1);
      token = await tokenFor(email);
    }
    await own('change-password', { currentPassword: PASSWORD, newPassword: 'a new horse battery' });
    await isInvalid(confirm(email, token));
    expect(await open()).toEqual([]);
  });

  it('ends with the first password of an account, which is set by a mail to the former address', async () => {
    await run(`delete from account where user_id = '${ada.userId}'`);
    // The mail that greets a newcomer, which may be written later than others.
    await box.tokenTo(ada.email, 'verify-email');
    await post('request-password-reset', { email: ada.email });
    expect((await post('reset-password', { token: await box.tokenTo(ada.email, 'reset-password'), newPassword: 'a new horse battery' })).status).toBe(200);
    expect(await run(`select from verification where value = '${ada.userId}'`)).toEqual([]);
  });

  it('ends what was sent to the former address, and what is on its way there', async () => {
    await post('request-password-reset', { email: ada.email });
    const reset = await box.tokenTo(ada.email, 'reset-password');
    const verification = await box.tokenTo(ada.email, 'verify-email');
    expect((await confirm(email, token)).status).toBe(200);
    await isInvalid(post('reset-password', { token: reset, newPassword: 'a new horse battery' }));
    await isInvalid(own('verify-email', { token: verification }));
    const before = box.textsTo(ada.email).length;
    await post('request-password-reset', { email: ada.email });
    await post('request-password-reset', { email });
    await box.tokenTo(email, 'reset-password');
    expect(
      box
        .textsTo(ada.email)
        .slice(before)
        .filter((text) => text.includes('reset-password')),
    ).toEqual([]);
  });
});
