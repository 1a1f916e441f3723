import { randomUUID } from 'node:crypto';
import { inspect, script } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { BASE_URL, type Proofs, startTestAuth, type TestAuth } from '../testing/identity.ts';

let test: TestAuth;
let ada: Proofs;
let email: string;
beforeAll(async () => {
  test = await startTestAuth();
});
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(async () => {
  ada = await test.signUp();
  const [user] = await run(`select email from "user" where id = '${ada.userId}'`);
  email = String(user?.email);
  test.logged.length = 0;
});

const run = (text: string) => inspect(test.database.superuserUrl, text);
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  test.auth.handle(
    new Request(`${BASE_URL}/api/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: BASE_URL, ...headers },
      body: JSON.stringify(body),
    }),
  );
const signIn = (address: string, password: string) => post('sign-in/email', { email: address, password });
const names = async () => (await run(`select name from security_events where user_id = '${ada.userId}' order by id`)).map(({ name }) => name);

/** Lets every new event fail, while `work` runs. */
async function withoutEvents(work: () => Promise<void>) {
  await script(test.database.superuserUrl, `alter table security_events add constraint no_more check (false) not valid`);
  try {
    await work();
  } finally {
    await script(test.database.superuserUrl, `alter table security_events drop constraint no_more`);
  }
}

/** The statements of a request, and of what goes on after it. */
async function statementsOf(request: () => Promise<Response>) {
  await test.auth.settle();
  test.link.statements();
  const { status } = await request();
  const during = test.link.statements().map(({ text }) => text);
  await test.auth.settle();
  return { status, during, after: test.link.statements().map(({ text }) => text) };
}

it('a failed sign-in is stored after the answer, by the same statement whether or not there is an account', async () => {
  const [known, unknown] = [await statementsOf(() => signIn(email, 'wrong')), await statementsOf(() => signIn(`${randomUUID()}@example.com`, 'wrong'))];
  expect([known.status, unknown.status]).toEqual([401, 401]);
  expect(known.after).toEqual(unknown.after);
  expect(known.after).toHaveLength(1);
  expect([...known.during, ...unknown.during].join()).not.toContain('security_events');
});

it('failed sign-ins of an address that nobody has leave nothing', async () => {
  const stored = () => run('select id, times from security_events order by id');
  const before = await stored();
  for (const _ of [1, 2, 3]) await signIn(`${randomUUID()}@example.com`, 'wrong');
  await test.auth.settle();
  expect(await stored()).toEqual(before);
  await signIn(email, 'wrong');
  await test.auth.settle();
  expect(await stored()).toHaveLength(before.length + 1);
});

it('a sign-in stores its event with the statement that ends the oldest sessions', async () => {
  const { status, during, after } = await statementsOf(() => signIn(email, 'correct horse battery'));
  expect([status, after]).toEqual([200, []]);
  expect(during.filter((text) => text.includes('security_events'))).toHaveLength(1);
  expect(during.filter((text) => /delete from session|security_events/.test(text))).toHaveLength(1);
});

it('nobody is signed in without an event', async () => {
  await withoutEvents(async () => {
    await expect(signIn(email, 'correct horse battery')).rejects.toThrow();
  });
  expect(await names()).toEqual(['signed_up']);
  expect((await signIn(email, 'correct horse battery')).status).toBe(200);
});

it('another event that cannot be stored does not fail what has happened, and the log says that it is lost', async () => {
  await withoutEvents(async () => {
    expect((await post('sign-out', {}, { cookie: ada.cookie })).status).toBe(200);
    expect((await signIn(email, 'wrong')).status).toBe(401);
    await test.auth.settle();
  });
  expect(await test.auth.identify(new Headers({ cookie: ada.cookie }))).toBeNull();
  expect(await names()).toEqual(['signed_up']);
  const lost = expect.stringMatching(/^A security event was not stored: \w+/);
  expect(test.logged).toEqual([lost, lost]);
});

it('a request with the session of one user that signs in another is an event of the other alone', async () => {
  const ben = await test.signUp();
  await post('sign-in/email', { email, password: 'correct horse battery' }, { cookie: ben.cookie });
  await post('sign-in/email', { email, password: 'wrong' }, { cookie: ben.cookie });
  await test.auth.settle();
  expect(await names()).toEqual(['signed_up', 'signed_in', 'sign_in_failed']);
  expect(await run(`select name from security_events where user_id = '${ben.userId}'`)).toEqual([{ name: 'signed_up' }]);
});
