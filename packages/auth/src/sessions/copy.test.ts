import { createHmac } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scrypt } from '../passwords/scrypt.ts';
import { BASE_URL, COOKIE, type Proofs, startTestAuth, type TestAuth } from '../testing/identity.ts';

let test: TestAuth;
let ada: Proofs;
let values: string[];
beforeAll(async () => {
  test = await startTestAuth({ password: scrypt });
  ada = await test.signUp();
  const run = (text: string) => inspect(test.database.superuserUrl, text);
  const tables = await run(`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`);
  const rows = await Promise.all(tables.map(({ name }) => run(`select to_jsonb(t)::text as row from public."${name}" t`)));
  values = [...new Set(rows.flat().flatMap(({ row }) => stringsIn(JSON.parse(String(row)))))];
});
afterAll(() => test[Symbol.asyncDispose]());

/** Every text in a value, and in the JSON that a text may be. */
function stringsIn(value: unknown): string[] {
  if (value !== null && typeof value === 'object') return Object.values(value).flatMap(stringsIn);
  if (typeof value !== 'string' || value === '') return [];
  try {
    const inside: unknown = JSON.parse(value);
    return [value, ...(inside === value ? [] : stringsIn(inside))];
  } catch {
    return [value];
  }
}
const sign = (token: string, secret: string) => `${token}.${createHmac('sha256', secret).update(token).digest('base64')}`;
/** A header cannot hold every character. */
const asHeader = (text: string) => encodeURIComponent(text).replaceAll('%2E', '.');

const opens = async (headers: Record<string, string>) => {
  const answer = await test.auth.handle(new Request(`${BASE_URL}/api/auth/get-session`, { headers: { origin: BASE_URL, ...headers } }));
  return (await test.auth.identify(new Headers(headers))) !== null || (await answer.json()) !== null;
};

it('the copy holds what it should be tried with: session, password hash and signing key', async () => {
  const [session] = await inspect(test.database.superuserUrl, 'select token from session');
  expect(values).toEqual(expect.arrayContaining([String(session?.token), ada.userId]));
  expect(values.length).toBeGreaterThan(15);
  expect(await opens({ cookie: ada.cookie })).toBe(true);
});

it('nothing in a copy of the database opens an account as a cookie, a bearer or a part of a JWT', async () => {
  const [header, payload] = ada.jwt.split('.');
  for (const value of values) {
    const text = asHeader(value);
    for (const credential of [text, `${text}.`, `${text}.${text}`, `${header}.${payload}.${text}`]) {
      expect(await opens({ authorization: `Bearer ${credential}` }), value).toBe(false);
      expect(await opens({ cookie: `${COOKIE}=${credential}` }), value).toBe(false);
    }
  }
});

it('nor does one thing in it signed with another', async () => {
  const identities = await Promise.all(
    values.flatMap((secret) => values.map((token) => test.auth.identify(new Headers({ cookie: `${COOKIE}=${encodeURIComponent(sign(token, secret))}` })))),
  );
  expect(new Set(identities)).toEqual(new Set([null]));
});

it('nor a sign-in with it as password', async () => {
  const [user] = await inspect(test.database.superuserUrl, `select email from "user" where id = '${ada.userId}'`);
  for (const password of values) {
    const request = new Request(`${BASE_URL}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: BASE_URL },
      body: JSON.stringify({ email: user?.email, password }),
    });
    const answer = await test.auth.handle(request).catch(() => null);
    expect(answer?.ok ?? false, password).toBe(false);
  }
});
