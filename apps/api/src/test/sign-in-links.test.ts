import { inspect, script } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BASE_URL, json, PASSWORD, type Person, startTestApi } from '../testing/api.ts';
import { type Links, seen, startLinks } from '../testing/links.ts';
import { codeOf } from '../testing/mailbox.ts';

let links: Links;
let ada: Person;
beforeAll(async () => {
  links = await startLinks();
});
afterAll(() => links[Symbol.asyncDispose]());
beforeEach(async () => {
  ada = await links.api.signUp();
});

const run = (text: string) => inspect(links.api.database.superuserUrl, text);
const signIn = (password: string) => links.api.fetch('/api/auth/sign-in/email', json({ email: ada.email, password }));

describe('a link', () => {
  it('signs in the browser that has asked for it, and verifies the address', async () => {
    const browser = links.visitor();
    const asked = await browser.post('request-sign-in-link', { email: ada.email.toUpperCase() });
    expect([asked.status, await asked.json()]).toEqual([200, { status: true }]);
    expect(asked.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^better-auth\.sign_in_link=[\w-]{32}; Max-Age=900; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
    await expect.poll(() => links.tokensTo(ada.email)).toHaveLength(1);
    const answer = await browser.post('sign-in/link', { token: links.tokensTo(ada.email)[0] });
    expect([answer.status, await answer.json()]).toEqual([200, { user: { id: ada.userId, name: 'Ada', email: ada.email, emailVerified: true } }]);
    expect(answer.headers.get('set-auth-token')).toMatch(/^.+\..+$/);
    expect(await links.whose(browser)).toBe(ada.email);
    expect(browser.cookies()).not.toContain('sign_in_link');
    expect((await browser.get('/trpc/tasks.counts')).status).toBe(200);
  });

  it('is told as a sign-in by mail, and from a new device by a mail too', async () => {
    const browser = links.visitor();
    expect((await browser.post('sign-in/link', { token: await links.ask(browser, ada.email) })).status).toBe(200);
    const { items } = Object(await (await browser.get('/api/auth/list-security-events')).json());
    expect(items[0]).toMatchObject({ name: 'signed_in', way: 'mail', times: 1 });
    await expect.poll(() => links.textsTo(ada.email).filter((text) => text.includes('New sign-in to Todo'))).toHaveLength(1);
    await browser.post('sign-out', {});
    expect((await browser.post('sign-in/link', { token: await links.ask(browser, ada.email) })).status).toBe(200);
    expect(links.textsTo(ada.email).filter((text) => text.includes('New sign-in to Todo'))).toHaveLength(1);
  });

  it.each([0, 1])('is asked for twice: both work until one is used, here number %i', async (used) => {
    const browser = links.visitor();
    const tokens = [await links.ask(browser, ada.email), await links.ask(browser, ada.email)];
    expect((await browser.post('sign-in/link', { token: tokens[used] })).status).toBe(200);
    expect(await codeOf(await browser.post('sign-in/link', { token: tokens[1 - used] }))).toEqual([401, 'LINK_ELSEWHERE']);
  });

  it('works for a client without cookies with the secret of the answer, which gets no cookie', async () => {
    const asked = await links.api.fetch('/api/auth/request-sign-in-link', json({ email: ada.email, binding: 'answer' }));
    const { secret } = Object(await asked.json());
    expect([asked.status, secret, asked.headers.getSetCookie()]).toEqual([200, expect.stringMatching(/^[\w-]{32}$/), []]);
    await expect.poll(() => links.tokensTo(ada.email)).toHaveLength(1);
    const [token] = links.tokensTo(ada.email);
    const open = (body: object) => links.api.fetch('/api/auth/sign-in/link', json(body));
    expect(await codeOf(await open({ token }))).toEqual([401, 'LINK_ELSEWHERE']);
    const answer = await open({ token, secret });
    const headers = { authorization: `Bearer ${answer.headers.get('set-auth-token')}` };
    expect((await links.api.fetch('/trpc/tasks.counts', { headers })).status).toBe(200);
  });
});

describe('an address that nobody has verified', () => {
  const mailWith = (token: string) => links.textsTo(ada.email).find((text) => text.includes(token));
  const left = async () =>
    Promise.all(['account', 'passkeys', 'session'].map(async (table) => (await run(`select from ${table} where user_id = '${ada.userId}'`)).length));
  beforeEach(async () => {
    await run(
      `insert into passkeys (id, user_id, credential_id, public_key, counter, name, created_at) values (gen_random_uuid(), '${ada.userId}', '${ada.userId}', 'x', 0, 'x', now())`,
    );
  });

  it('gets the account, and nothing of what somebody else may have set up goes on', async () => {
    const browser = links.visitor();
    const token = await links.ask(browser, ada.email);
    expect(mailWith(token)).toContain('It also ends the password');
    const pending = () => run(`select from verification where value = '${ada.userId}'`);
    // The mail that greets a newcomer may be written later than the link.
    await expect.poll(async () => (await pending()).length).toBe(2);
    expect(await left()).toEqual([1, 1, 1]);
    expect((await browser.post('sign-in/link', { token })).status).toBe(200);
    expect([await left(), await pending()]).toEqual([[0, 0, 1], []]);
    expect((await ada.fetch('/trpc/tasks.counts')).status).toBe(401);
    expect((await signIn(PASSWORD)).status).toBe(401);
  });

  it('keeps what there is where its user has signed in before', async () => {
    const browser = links.visitor(ada);
    await browser.post('sign-out', {});
    const token = await links.ask(browser, ada.email);
    expect(mailWith(token)).not.toContain('It also ends the password');
    expect((await browser.post('sign-in/link', { token })).status).toBe(200);
    expect(await left()).toEqual([1, 1, 1]);
    expect((await signIn(PASSWORD)).status).toBe(200);
    expect(await run(`select email_verified from "user" where id = '${ada.userId}'`)).toEqual([{ email_verified: true }]);
  });

  it('that must be verified first, is by the link', async () => {
    await using strict = await startLinks({ verifyEmail: 'required' });
    const email = `${ada.userId}@example.com`;
    await strict.api.fetch('/api/auth/sign-up/email', json({ name: 'Ada', email, password: PASSWORD }));
    const browser = strict.visitor();
    expect((await browser.post('sign-in/link', { token: await strict.ask(browser, email) })).status).toBe(200);
    expect(await strict.whose(browser)).toBe(email);
  });
});

describe('an address that nobody has', () => {
  it('gets the same answer, and no mail', async () => {
    const [known, unknown] = [links.visitor(), links.visitor()];
    const right = await known.post('request-sign-in-link', { email: ada.email });
    expect(await seen(await unknown.post('request-sign-in-link', { email: 'nobody@example.com' }))).toEqual(await seen(right));
    await expect.poll(() => links.tokensTo(ada.email)).toHaveLength(1);
    expect(links.textsTo('nobody@example.com')).toEqual([]);
    expect(await run('select from "user" where email = \'nobody@example.com\'')).toEqual([]);
  });

  it('gets its answer before anybody looks for an account', async () => {
    const locking = script(links.api.database.superuserUrl, 'begin; lock table "user", verification, mails; select pg_sleep(600)').catch(() => 'ended');
    const sleeper = `from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
    await expect.poll(() => run(`select ${sleeper}`)).toHaveLength(1);
    for (const email of ['nobody@example.com', ada.email]) expect((await links.visitor().post('request-sign-in-link', { email })).status).toBe(200);
    await run(`select pg_terminate_backend(pid) ${sleeper}`);
    await locking;
    await expect.poll(() => links.tokensTo(ada.email)).toHaveLength(1);
  });
});

it('the way is offered where it is on and mails are sent; elsewhere it is refused', async () => {
  const waysOf = async (fetch: typeof ada.fetch) => Object(await (await fetch('/api/auth/ways')).json()).ways.links;
  expect(await waysOf(links.api.fetch)).toBe(true);
  await using silent = await startTestApi({ signInByMail: true });
  expect(await waysOf(silent.fetch)).toBe(false);
  const calls: [string, object][] = [
    ['request-sign-in-link', { email: ada.email }],
    ['sign-in/link', { token: 'x' }],
  ];
  for (const [path, body] of calls) expect(await codeOf(await silent.fetch(`/api/auth/${path}`, json(body)))).toEqual([400, 'LINKS_OFF']);
});

it('with https the cookie is sent there alone, and only to this host', async () => {
  const baseUrl = 'https://todo.example.com';
  await using secure = await startLinks({ baseUrl, trustedOrigins: [BASE_URL] });
  const answer = await secure.api.fetch(`${baseUrl}/api/auth/request-sign-in-link`, json({ email: ada.email }));
  expect(answer.headers.getSetCookie()).toEqual([
    expect.stringMatching(/^__Host-better-auth\.sign_in_link=[\w-]{32}; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
  ]);
});
