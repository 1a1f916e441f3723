import { randomUUID } from 'node:crypto';
import { inspect, script } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BASE_URL, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { invite } from '../testing/invite.ts';
import { type MailServer, startMailServer } from '../testing/mail-server.ts';

let mailServer: MailServer;
let api: TestApi;
let strict: TestApi;
beforeAll(async () => {
  mailServer = await startMailServer();
  api = await startTestApi({ mailUrl: mailServer.url });
  strict = await startTestApi({ mailUrl: mailServer.url, verifyEmail: 'required' });
});
afterAll(async () => {
  await strict[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  await mailServer[Symbol.asyncDispose]();
});

const post = (at: TestApi, path: string, body: object) => at.fetch(`/api/auth/${path}`, json(body));
const own = (person: Person, path: string, body: object) =>
  person.fetch(`/api/auth/${path}`, { ...json(body), headers: { ...json('').headers, origin: BASE_URL } });
const codeOf = async (answer: Response) => [answer.status, Object(await answer.json()).code];
const textsTo = (email: string) => mailServer.received.filter(({ to }) => to.includes(email)).map(({ text }) => text);
const tokensTo = (email: string) => textsTo(email).flatMap((text) => /#\/verify-email\?token=([\w-]+)&/.exec(text)?.[1] ?? []);
async function tokenOf(email: string): Promise<string> {
  await expect.poll(() => tokensTo(email).length).toBeGreaterThan(0);
  return tokensTo(email).at(-1) ?? '';
}
const isVerified = async (at: TestApi, email: string) =>
  (await inspect(at.database.superuserUrl, `select email_verified from "user" where email = '${email}'`))[0]?.email_verified;

describe('where people need not verify their address,', () => {
  let ada: Person;
  let token: string;
  beforeEach(async () => {
    ada = await api.signUp();
    token = await tokenOf(ada.email);
  });

  it('the token of the mail at sign-up verifies it, once, with a session of the account', async () => {
    expect(await isVerified(api, ada.email)).toBe(false);
    expect((await post(api, 'verify-email', { token })).status).toBe(401);
    const answers = await Promise.all([1, 2, 3].map(() => own(ada, 'verify-email', { token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    expect(await codeOf(await own(ada, 'verify-email', { token }))).toEqual([400, 'INVALID_TOKEN']);
    expect(await isVerified(api, ada.email)).toBe(true);
  });

  it('that of somebody else does not, and stays as it is; nor does a reset token, an old one or what is stored', async () => {
    const ben = await api.signUp('Ben');
    expect(await codeOf(await own(ben, 'verify-email', { token }))).toEqual([400, 'INVALID_TOKEN']);
    await post(api, 'request-password-reset', { email: ben.email });
    const reset = () => textsTo(ben.email).flatMap((text) => /reset-password\?token=(\w+)/.exec(text)?.[1] ?? []);
    await expect.poll(reset).toHaveLength(1);
    const rows = await inspect(api.database.superuserUrl, `select identifier from verification where value = '${ben.userId}'`);
    for (const wrong of [...reset(), ...rows.map(({ identifier }) => String(identifier))])
      expect(await codeOf(await own(ben, 'verify-email', { token: wrong }))).toEqual([400, 'INVALID_TOKEN']);
    expect(await codeOf(await post(api, 'reset-password', { token, newPassword: 'a new horse battery' }))).toEqual([400, 'INVALID_TOKEN']);
    await inspect(api.database.superuserUrl, `update verification set expires_at = now() - interval '1 second' where value = '${ben.userId}'`);
    expect((await own(ben, 'verify-email', { token: await tokenOf(ben.email) })).status).toBe(400);
    expect([await isVerified(api, ada.email), await isVerified(api, ben.email)]).toEqual([false, false]);
    expect((await own(ada, 'verify-email', { token })).status).toBe(200);
  });

  it('a new password by mail verifies it too, and ends what opens the account without it or keeps the owner out, which somebody else may have made; the owner reads it', async () => {
    await inspect(
      api.database.superuserUrl,
      `insert into account (id, user_id, account_id, provider_id, created_at, updated_at) values (gen_random_uuid(), '${ada.userId}', 'x', 'elsewhere', now(), now());
       insert into passkeys (id, user_id, credential_id, public_key, counter, name, created_at) values (gen_random_uuid(), '${ada.userId}', '${randomUUID()}', 'x', 0, 'x', now());
       insert into second_factors (user_id, secret, key_id, created_at, confirmed_at, last_step, recovery_codes) values ('${ada.userId}', 'x', 'x', now(), now(), 0, '{}')`,
    );
    const left = async () =>
      Promise.all(
        ['account', 'passkeys', 'second_factors', 'session'].map(
          async (table) => (await inspect(api.database.superuserUrl, `select from ${table} where user_id = '${ada.userId}'`)).length,
        ),
      );
    const reset = async () => {
      await post(api, 'request-password-reset', { email: ada.email });
      const tokens = () => textsTo(ada.email).flatMap((text) => /reset-password\?token=(\w+)/.exec(text)?.[1] ?? []);
      const before = tokens().length;
      await expect.poll(() => tokens().length).toBe(before + 1);
      return post(api, 'reset-password', { token: tokens().at(-1) ?? '', newPassword: 'a new horse battery' });
    };
    expect(await left()).toEqual([2, 1, 1, 1]);
    expect((await reset()).status).toBe(200);
    expect([await isVerified(api, ada.email), ...(await left())]).toEqual([true, 1, 0, 0, 0]);
    const events = await inspect(api.database.superuserUrl, `select name from security_events where user_id = '${ada.userId}' order by id`);
    const gone = ['email_verified', 'passkey_removed', 'provider_disconnected', 'second_factor_off'];
    expect(events.map(({ name }) => name)).toEqual(['signed_up', ...gone, 'password_reset']);
    expect((await own(ada, 'verify-email', { token })).status).toBe(401);
  });
});

describe('where they must,', () => {
  const newcomer = () => ({ name: 'Ada', email: `${randomUUID()}@example.com`, password: PASSWORD });
  const seen = async (answer: Response) => {
    const { date: _, 'x-request-id': __, 'content-length': ___, ...headers } = Object.fromEntries(answer.headers);
    const { user, ...body } = Object(await answer.json());
    return [answer.status, headers, body, Object.keys(user ?? {})];
  };

  it('there is no session before the token of a mail has come with the password', async () => {
    const ada = newcomer();
    const answer = await post(strict, 'sign-up/email', ada);
    expect([answer.status, answer.headers.getSetCookie(), answer.headers.get('set-auth-token')]).toEqual([200, [], null]);
    const token = await tokenOf(ada.email);
    expect(await codeOf(await post(strict, 'sign-in/email', ada))).toEqual([403, 'EMAIL_NOT_VERIFIED']);
    expect(await codeOf(await post(strict, 'sign-in/email', { ...ada, verification: 'x' }))).toEqual([403, 'EMAIL_NOT_VERIFIED']);
    expect(await codeOf(await post(strict, 'sign-in/email', { ...ada, password: 'a wrong password', verification: token }))).toEqual([
      401,
      'INVALID_EMAIL_OR_PASSWORD',
    ]);
    expect((await post(strict, 'sign-in/email', { ...ada, verification: token })).status).toBe(200);
    expect(await isVerified(strict, ada.email)).toBe(true);
    expect((await post(strict, 'sign-in/email', ada)).status).toBe(200);
  });

  it('who signs up with the address of another person gets no session, also when that person has read the mail and takes the account', async () => {
    const victim = newcomer();
    await post(strict, 'sign-up/email', { ...victim, password: 'password of the other' });
    const token = await tokenOf(victim.email);
    expect((await post(strict, 'sign-in/email', { ...victim, verification: token })).status).toBe(401);
    await post(strict, 'request-password-reset', { email: victim.email });
    const resets = () => textsTo(victim.email).flatMap((text) => /reset-password\?token=(\w+)/.exec(text)?.[1] ?? []);
    await expect.poll(resets).toHaveLength(1);
    await post(strict, 'reset-password', { token: resets()[0], newPassword: victim.password });
    expect((await post(strict, 'sign-in/email', victim)).status).toBe(200);
    for (const verification of [undefined, token])
      expect((await post(strict, 'sign-in/email', { ...victim, password: 'password of the other', verification })).status).toBe(401);
  });

  it('a token of another account verifies nothing', async () => {
    const [ada, ben] = [newcomer(), newcomer()];
    for (const person of [ada, ben]) await post(strict, 'sign-up/email', person);
    const verification = await tokenOf(ada.email);
    expect(await codeOf(await post(strict, 'sign-in/email', { ...ben, verification }))).toEqual([403, 'EMAIL_NOT_VERIFIED']);
    expect((await post(strict, 'sign-in/email', { ...ada, verification })).status).toBe(200);
  });

  it('a sign-up answers the same for an address that somebody has, who is told by mail, and makes no device known', async () => {
    const [ada, ben] = [newcomer(), newcomer()];
    await post(strict, 'sign-up/email', ada);
    await tokenOf(ada.email);
    expect(await seen(await post(strict, 'sign-up/email', ada))).toEqual(await seen(await post(strict, 'sign-up/email', ben)));
    await expect.poll(() => textsTo(ada.email).filter((text) => text.includes('There is one already'))).toHaveLength(1);
  });

  it('another mail can be asked for, with the same answer for everybody and before anybody looks for an account', async () => {
    const ada = newcomer();
    await post(strict, 'sign-up/email', ada);
    await tokenOf(ada.email);
    const locking = script(strict.database.superuserUrl, 'begin; lock table "user", verification, mails; select pg_sleep(600)').catch(() => 'ended');
    const sleeper = `from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
    await expect.poll(() => inspect(strict.database.superuserUrl, `select ${sleeper}`)).toHaveLength(1);
    const [known, unknown] = [
      await post(strict, 'send-verification-email', ada),
      await post(strict, 'send-verification-email', { email: 'nobody@example.com' }),
    ];
    expect([known.status, unknown.status]).toEqual([400, 200]);
    const right = await post(strict, 'send-verification-email', { email: ada.email.toUpperCase() });
    expect(await seen(right)).toEqual(await seen(unknown));
    await inspect(strict.database.superuserUrl, `select pg_terminate_backend(pid) ${sleeper}`);
    await locking;
    await expect.poll(() => tokensTo(ada.email)).toHaveLength(2);
  });

  it('an invitation that was mailed has verified the address', async () => {
    const ada = newcomer();
    await post(strict, 'sign-up/email', { ...ada, invitation: await invite(strict, ada.email, 'mail') });
    expect((await post(strict, 'sign-in/email', ada)).status).toBe(200);
    expect(textsTo(ada.email).filter((text) => text.includes('verify-email'))).toEqual([]);
  });
});

it('an address gets five such mails in an hour, besides those for a password', async () => {
  await using limited = await startTestApi({ mailUrl: mailServer.url, signInsPerMinute: 20 });
  const { email } = await limited.signUp();
  const statuses = [];
  for (let i = 0; i < 6; i += 1) statuses.push((await post(limited, 'send-verification-email', { email })).status);
  expect(statuses.slice(0, 4)).toEqual([200, 200, 200, 200]);
  expect(statuses.at(-1)).toBe(429);
  expect((await post(limited, 'request-password-reset', { email })).status).toBe(200);
});

it('without a mail server the request says so, the same for everybody', async () => {
  await using silent = await startTestApi();
  const { email } = await silent.signUp();
  for (const asked of [email, 'nobody@example.com'])
    expect(await codeOf(await post(silent, 'send-verification-email', { email: asked }))).toEqual([400, 'VERIFICATION_EMAIL_NOT_ENABLED']);
});
