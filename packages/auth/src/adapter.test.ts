import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BASE_URL, startTestAuth, type TestAuth } from './testing/identity.ts';

let test: TestAuth;
beforeAll(async () => {
  test = await startTestAuth({ signInsPerMinute: 100 });
});
afterAll(() => test[Symbol.asyncDispose]());

const run = (text: string) => inspect(test.database.superuserUrl, text);
async function newAddress(): Promise<string> {
  const { userId } = await test.signUp();
  await test.auth.settle();
  return String((await run(`select email from "user" where id = '${userId}'`))[0]?.email);
}

/** The statements of a sign-in with a wrong password, and of what is written after its answer. */
async function statementsOf(email: string): Promise<string[]> {
  test.link.statements();
  const headers = { 'content-type': 'application/json', origin: BASE_URL };
  const body = JSON.stringify({ email, password: 'a wrong horse battery' });
  const answer = await test.auth.handle(new Request(`${BASE_URL}/api/auth/sign-in/email`, { method: 'POST', headers, body }));
  expect(answer.status).toBe(401);
  await test.auth.settle();
  return test.link.statements().map(({ text }) => text);
}

it('a sign-in that fails makes the same statements for an address that somebody has, for one without a password, and for one that nobody has', async () => {
  const unknown = await statementsOf(`${randomUUID()}@example.com`);
  expect(unknown.length).toBeGreaterThan(3);
  const known = await newAddress();
  expect(await statementsOf(known)).toEqual(unknown);
  const disabled = await newAddress();
  await run(`update "user" set disabled_at = now() where email = '${disabled}'`);
  expect(await statementsOf(disabled)).toEqual(unknown);
  const withoutPassword = await newAddress();
  await run(`update account set provider_id = 'https://provider.example' where user_id = (select id from "user" where email = '${withoutPassword}')`);
  expect(await statementsOf(withoutPassword)).toEqual(unknown);
});
