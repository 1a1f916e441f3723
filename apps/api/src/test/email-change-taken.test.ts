import { inspect, script } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { BASE_URL, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { anAddress, codeOf, type Mailbox, openMailbox } from '../testing/mailbox.ts';

let box: Mailbox;
let api: TestApi;
let ada: Person;
let ben: Person;
beforeAll(async () => {
  box = await openMailbox();
  api = await startTestApi({ mailUrl: box.url, signInByMail: true });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await box[Symbol.asyncDispose]();
});
beforeEach(async () => {
  [ada, ben] = [await api.signUp(), await api.signUp('Ben')];
});

const own = (path: string, body: object, person: Person) =>
  person.fetch(`/api/auth/${path}`, { ...json(body), headers: { ...json('').headers, origin: BASE_URL } });
const ask = (email: string, person: Person) => own('request-email-change', { email, password: PASSWORD }, person);
const confirm = (email: string, token: string, person: Person) => own('confirm-email-change', { email, token }, person);
const run = (text: string) => inspect(api.database.superuserUrl, text);
const ownersOf = async (email: string) => (await run(`select id from "user" where email = '${email}'`)).map(({ id }) => id);
const seen = async (answer: Response) => {
  const { date: _, 'x-request-id': __, ...headers } = Object.fromEntries(answer.headers);
  return [answer.status, headers, await answer.text()];
};
/** Holds what this statement locks until `release`. */
async function holding(statement: string) {
  const ended = script(api.database.superuserUrl, `begin; ${statement}; select pg_sleep(600)`).catch(() => 'ended');
  const sleeper = `from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
  await expect.poll(() => run(`select ${sleeper}`)).toHaveLength(1);
  return async () => {
    await run(`select pg_terminate_backend(pid) ${sleeper}`);
    await ended;
  };
}

it('a request for an address that somebody has is answered as any other, before anybody looks for it; its owner is told, and gets no link', async () => {
  const free = anAddress();
  const release = await holding('lock table verification, mails');
  const answers = [await seen(await ask(ben.email, ada)), await seen(await ask(free, ada))];
  await release();
  expect(answers[0]).toEqual(answers[1]);
  expect(answers[0]?.[0]).toBe(200);
  await box.tokenTo(free, 'change-email');
  const mails = () => box.textsTo(ben.email).filter((text) => text.includes('another Todo account'));
  await expect.poll(() => mails().length).toBe(1);
  expect(mails().join()).not.toMatch(new RegExp(`http|token|${ada.email}`));
  expect(box.tokensTo(ben.email, 'change-email')).toEqual([]);
  // Both requests look alike to the one who asked.
  const told = () => box.textsTo(ada.email).filter((text) => text.includes('Another e-mail address'));
  await expect.poll(() => told().length).toBe(2);
});

it('who is second to take an address that both have asked for is told so, and keeps the former one and the link', async () => {
  const email = anAddress();
  const tokens: string[] = [];
  for (const person of [ada, ben]) {
    expect((await ask(email, person)).status).toBe(200);
    tokens.push(await box.tokenTo(email, 'change-email'));
  }
  const answers = await Promise.all([confirm(email, tokens[0] ?? '', ada), confirm(email, tokens[1] ?? '', ben)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  const [winner, loser] = answers[0]?.ok ? [ada, ben] : [ben, ada];
  const refused = answers.find(({ ok }) => !ok);
  expect(refused && (await codeOf(refused))).toEqual([409, 'EMAIL_TAKEN']);
  expect([await ownersOf(email), await ownersOf(loser.email), await ownersOf(winner.email)]).toEqual([[winner.userId], [loser.userId], []]);
  expect((await loser.fetch('/trpc/tasks.list')).status).toBe(200);
  expect(box.textsTo(loser.email).filter((text) => text.includes('has another e-mail address now'))).toEqual([]);
});

it('somebody may sign up with the address first, and with the former one afterwards', async () => {
  const email = anAddress();
  await ask(email, ada);
  const token = await box.tokenTo(email, 'change-email');
  const signUp = (address: string) => api.fetch('/api/auth/sign-up/email', json({ name: 'Eve', email: address, password: PASSWORD }));
  expect((await signUp(email)).status).toBe(200);
  expect(await codeOf(await confirm(email, token, ada))).toEqual([409, 'EMAIL_TAKEN']);
  const other = anAddress();
  await ask(other, ada);
  expect((await confirm(other, await box.tokenTo(other, 'change-email'), ada)).status).toBe(200);
  expect((await signUp(ada.email)).status).toBe(200);
  expect((await ownersOf(ada.email))[0]).not.toBe(ada.userId);
});

it.each([
  ['request-password-reset', 'reset-password'],
  ['request-sign-in-link', 'sign-in'],
])('a link of %s for the former address that is made while the address changes reaches nobody', async (path, place) => {
  await box.tokenTo(ada.email, 'verify-email');
  const changing = script(
    api.database.superuserUrl,
    `begin; update "user" set email = '${anAddress()}' where id = '${ada.userId}'; select pg_sleep(2); commit`,
  );
  await expect.poll(() => run(`select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`)).toHaveLength(1);
  const ask = (path: string, email: string) => api.fetch(`/api/auth/${path}`, json({ email }));
  await ask(path, ada.email);
  await expect.poll(() => run(`select from verification where value = '${ada.userId}' and identifier !~ ':'`)).toHaveLength(2);
  await changing;
  await ask(path, ben.email);
  await box.tokenTo(ben.email, place);
  expect(box.tokensTo(ada.email, place)).toEqual([]);
});

it('where addresses must be verified, the new one is', async () => {
  await using strict = await startTestApi({ mailUrl: box.url, verifyEmail: 'required', signUp: 'open' });
  const account = { name: 'Cara', email: anAddress(), password: PASSWORD };
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    strict.fetch(`/api/auth/${path}`, { ...json(body), headers: { ...json('').headers, ...headers } });
  await post('sign-up/email', account);
  const answer = await post('sign-in/email', { ...account, verification: await box.tokenTo(account.email, 'verify-email') });
  const bearer = { authorization: `Bearer ${answer.headers.get('set-auth-token')}` };
  const email = anAddress();
  await post('request-email-change', { email, password: PASSWORD }, bearer);
  expect((await post('confirm-email-change', { email, token: await box.tokenTo(email, 'change-email') }, bearer)).status).toBe(200);
  expect((await post('sign-in/email', { email, password: PASSWORD })).status).toBe(200);
});
