import { codeOf } from '@todo/auth/testing';
import { inspect } from '@todo/db/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { json, PASSWORD, type Person } from '../testing/api.ts';
import { type Links, startLinks, type Visitor } from '../testing/links.ts';
import { anAddress, codeOf as codeOfAnswer } from '../testing/mailbox.ts';

let links: Links;
let ada: Person;
let browser: Visitor;
let token: string;
beforeAll(async () => {
  links = await startLinks();
});
afterAll(() => links[Symbol.asyncDispose]());
beforeEach(async () => {
  ada = await links.api.signUp();
  browser = links.visitor();
  token = await links.ask(browser, ada.email);
});

const run = (text: string) => inspect(links.api.database.superuserUrl, text);
const open = async (visitor: Visitor, more: object = {}) => codeOfAnswer(await visitor.post('sign-in/link', { token, ...more }));
const sessions = async () => (await run(`select from session where user_id = '${ada.userId}'`)).length;
const DONE = [200, undefined];
const INVALID = [401, 'INVALID_TOKEN'];

describe('a link opens nothing', () => {
  it('in another browser, also one that has asked for a link itself; it goes on to work where it was asked for', async () => {
    const [other, asking] = [links.visitor(), links.visitor()];
    await links.ask(asking, ada.email);
    expect(await open(other)).toEqual([401, 'LINK_ELSEWHERE']);
    expect(await open(asking)).toEqual(INVALID);
    expect(await open(other, { secret: 'x'.repeat(32) })).toEqual(INVALID);
    expect([other.cookies(), await sessions()]).toEqual([[], 1]);
    expect(await open(browser)).toEqual(DONE);
  });

  it('a second time, also when it is used several times at once', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => browser.post('sign-in/link', { token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    // The sessions from before end, because nobody had verified the address.
    expect(await sessions()).toBe(1);
    expect(await open(browser)).toEqual([401, 'LINK_ELSEWHERE']);
  });

  it('after a quarter of an hour', async () => {
    const [row] = await run(`select round(extract(epoch from min(expires_at) - now()) / 60)::int as minutes from verification where value = '${ada.userId}'`);
    expect(row?.minutes).toBe(15);
    await run(`update verification set expires_at = now() - interval '1 second'`);
    expect(await open(browser)).toEqual(INVALID);
  });

  it('after a change of the password', async () => {
    const change = { currentPassword: PASSWORD, newPassword: 'changed horse battery' };
    expect((await links.visitor(ada).post('change-password', change)).status).toBe(200);
    expect(await open(browser)).toEqual(INVALID);
  });

  it('after a change of the address, so the former mailbox opens nothing', async () => {
    const [own, email] = [links.visitor(ada), anAddress()];
    expect((await own.post('request-email-change', { email, password: PASSWORD })).status).toBe(200);
    const proof = { email, token: await links.mailbox.tokenTo(email, 'change-email') };
    expect((await own.post('confirm-email-change', proof)).status).toBe(200);
    expect(await open(browser)).toEqual(INVALID);
    expect((await links.visitor().post('request-sign-in-link', { email: ada.email })).status).toBe(200);
    await links.ask(links.visitor(), email);
    expect(links.tokensTo(ada.email)).toEqual([token]);
  });

  it('to the account of somebody who is disabled, who gets no other', async () => {
    await run(`update "user" set disabled_at = now() where id = '${ada.userId}'`);
    expect(await open(browser)).toEqual(INVALID);
    expect((await links.visitor().post('request-sign-in-link', { email: ada.email })).status).toBe(200);
    const ben = await links.api.signUp('Ben');
    await links.ask(links.visitor(), ben.email);
    expect(links.tokensTo(ada.email)).toEqual([token]);
  });

  it('after the account was deleted', async () => {
    await run(`delete from "user" where id = '${ada.userId}'`);
    expect(await open(browser)).toEqual(INVALID);
  });
});

it('a token has one purpose, and what the database holds is no token', async () => {
  await browser.post('request-password-reset', { email: ada.email });
  const tokensOf = (place: string) => links.mailbox.tokensTo(ada.email, place);
  await expect.poll(() => [...tokensOf('reset-password'), ...tokensOf('verify-email')]).toHaveLength(2);
  const stored = await run(`select identifier, value from verification where value = '${ada.userId}'`);
  expect(stored).toHaveLength(3);
  expect(JSON.stringify(stored)).not.toContain(token);
  for (const wrong of [...tokensOf('reset-password'), ...tokensOf('verify-email'), ...stored.map(({ identifier }) => identifier)])
    expect(await open(browser, { token: wrong })).toEqual(INVALID);
  expect(await codeOfAnswer(await browser.post('reset-password', { token, newPassword: 'a new horse battery' }))).toEqual([400, 'INVALID_TOKEN']);
  expect(await codeOfAnswer(await links.visitor(ada).post('verify-email', { token }))).toEqual([400, 'INVALID_TOKEN']);
  expect(await open(browser)).toEqual(DONE);
});

it('a second factor is asked for; until its code is right, the link stays and nobody has a session', async () => {
  const own = links.visitor(ada);
  const { secret } = Object(await (await own.post('second-factor/set-up', { password: PASSWORD })).json());
  const { recoveryCodes } = Object(await (await own.post('second-factor/turn-on', { code: codeOf(secret) })).json());
  const before = browser.cookies();
  expect(await open(browser)).toEqual([401, 'SECOND_FACTOR_REQUIRED']);
  for (const _ of [1, 2, 3]) expect(await open(browser, { code: '000000' })).toEqual([401, 'CODE_WRONG']);
  expect([browser.cookies(), await sessions(), await run(`select email_verified from "user" where id = '${ada.userId}'`)]).toEqual([
    before,
    1,
    [{ email_verified: false }],
  ]);
  expect(await open(links.visitor(), { code: recoveryCodes[0] })).toEqual([401, 'LINK_ELSEWHERE']);
  expect(await open(browser, { code: recoveryCodes[0] })).toEqual(DONE);
  const { items } = Object(await (await browser.get('/api/auth/list-security-events')).json());
  expect(items.slice(0, 3)).toMatchObject([
    { name: 'signed_in', way: 'mail' },
    { name: 'email_verified', times: 1 },
    { name: 'sign_in_failed', way: 'mail', times: 3 },
  ]);
});

it('somebody else who is signed in there is not, after it; their session stays theirs', async () => {
  const ben = await links.api.signUp('Ben');
  const shared = links.visitor(ben);
  token = await links.ask(shared, ada.email);
  expect(await links.whose(shared)).toBe(ben.email);
  expect(await open(shared)).toEqual(DONE);
  expect(await links.whose(shared)).toBe(ada.email);
  expect((await ben.fetch('/trpc/tasks.counts')).status).toBe(200);
});

describe.each(['request-sign-in-link', 'sign-in/link'])('a foreign page calls %s:', (path) => {
  it.each([
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
    { origin: 'https://evil.example', 'content-type': 'text/plain' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  ])('with %j it sets no cookie', async (headers) => {
    // The secret is the attacker's own, so that the call would succeed.
    const body = path === 'sign-in/link' ? { token, secret: 'x'.repeat(32) } : { email: ada.email };
    const answer = await links.api.fetch(`/api/auth/${path}`, { ...json(body), headers: { ...json('').headers, ...headers } });
    expect([answer.ok, answer.headers.getSetCookie()]).toEqual([false, []]);
  });
});

it.each([
  {},
  { email: 5 },
  { email: 'ada' },
  { email: 'a\0da@example.com' },
  { email: 'ada@example.com', callbackURL: 'https://evil.example' },
  { email: 'ada@example.com', binding: 'none' },
])('a request %j is refused', async (body) => {
  const answer = await links.visitor().post('request-sign-in-link', body);
  expect([answer.ok, answer.headers.getSetCookie()]).toEqual([false, []]);
});

describe('where sign-ins are limited,', () => {
  let limited: Links;
  let person: Person;
  let visitor: Visitor;
  beforeEach(async () => {
    limited = await startLinks({ signInsPerMinute: 20 });
    person = await limited.api.signUp();
    visitor = limited.visitor();
  });
  afterEach(() => limited[Symbol.asyncDispose]());
  const statusesOf = async (count: number, act: (number: number) => Promise<Response>) => {
    const statuses = [];
    for (let i = 0; i < count; i += 1) statuses.push((await act(i)).status);
    return statuses;
  };
  const times = (count: number, status: number) => Array.from({ length: count }, () => status);

  it('links that do not work are: twenty a minute from one address', async () => {
    await limited.ask(visitor, person.email);
    expect(await statusesOf(21, (i) => visitor.post('sign-in/link', { token: `wrong${i}` }))).toEqual([...times(20, 401), 429]);
  });

  it('wrong codes that come with a link count as elsewhere: ten in a quarter of an hour', async () => {
    const { secret } = Object(await (await limited.visitor(person).post('second-factor/set-up', { password: PASSWORD })).json());
    await limited.visitor(person).post('second-factor/turn-on', { code: codeOf(secret) });
    const own = await limited.ask(visitor, person.email);
    expect(await statusesOf(11, () => visitor.post('sign-in/link', { token: own, code: '000000' }))).toEqual([...times(10, 401), 429]);
    const fresh = await limited.ask(visitor, person.email);
    expect((await visitor.post('sign-in/link', { token: fresh, code: codeOf(secret, { later: 1 }) })).status).toBe(429);
  });

  it('an address gets five links an hour, whether or not somebody has it; strangers do not use up what a known device gets', async () => {
    for (const email of [person.email, 'nobody@example.com'])
      expect(await statusesOf(6, () => limited.visitor().post('request-sign-in-link', { email }))).toEqual([...times(5, 200), 429]);
    await expect.poll(() => limited.tokensTo(person.email)).toHaveLength(5);
    expect(await limited.ask(limited.visitor(person), person.email)).toMatch(/^[\w-]{32}$/);
  });
});
