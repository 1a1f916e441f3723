import { createHmac } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URL, COOKIE, type Proofs, startTestAuth, type TestAuth } from '../testing/identity.ts';

/** What a later version does to the database: it stores hashes, of tokens that instances of this version insert as well. */
const HASHES = `
  create function hash_token() returns trigger language plpgsql as $$
  begin
    if new.token !~ '^[0-9a-f]{64}$' then new.token := encode(sha256(convert_to(new.token, 'UTF8')), 'hex'); end if;
    return new;
  end $$;
  create trigger session_20_hash before insert or update of token on session for each row execute function hash_token();
  update session set token = token`;

let test: TestAuth;
let before: Proofs;
beforeAll(async () => {
  test = await startTestAuth();
});
afterAll(() => test[Symbol.asyncDispose]());

const run = (text: string) => inspect(test.database.superuserUrl, text);
const bearer = (signed: string) => ({ authorization: `Bearer ${signed}` });
const identify = (headers: Record<string, string>) => test.auth.identify(new Headers(headers));
function ask(path: string, headers: Record<string, string>, body?: object): Promise<Response> {
  const all = { origin: BASE_URL, 'content-type': 'application/json', ...headers };
  return test.auth.handle(new Request(`${BASE_URL}/api/auth/${path}`, body ? { method: 'POST', headers: all, body: JSON.stringify(body) } : { headers: all }));
}
const userOf = async (headers: Record<string, string>) => Object(await (await ask('get-session', headers)).json())?.user?.id;
const sessionCookieIn = (response: Response) => response.headers.getSetCookie().find((line) => line.startsWith(`${COOKIE}=`)) ?? '';

describe.each(['as it is today', 'with hashed tokens'])('on a database %s', (kind) => {
  beforeAll(async () => {
    before = await test.signUp();
    if (kind !== 'as it is today') await run(HASHES);
  });

  it('those who were signed in stay so, and those who sign in are', async () => {
    for (const person of [before, await test.signUp()]) {
      for (const headers of [{ cookie: person.cookie }, bearer(person.signed)]) {
        expect(await identify(headers)).toBe(person.userId);
        expect(await userOf(headers)).toBe(person.userId);
        expect((await ask('token', headers)).status).toBe(200);
      }
    }
  });

  it('a cookie that is extended is the same cookie', async () => {
    const ada = await test.signUp();
    await run(`update session set updated_at = now() - interval '3 days', expires_at = now() + interval '27 days' where user_id = '${ada.userId}'`);
    const response = await ask('get-session', { cookie: ada.cookie });
    expect(sessionCookieIn(response)).toContain(ada.cookie);
    expect(decodeURIComponent(response.headers.get('set-auth-token') ?? '')).toBe(ada.signed);
    expect(await run(`select from session where user_id = '${ada.userId}' and updated_at > now() - interval '1 day'`)).toHaveLength(1);
  });

  it('signing out ends the session and removes the cookie', async () => {
    const ada = await test.signUp();
    const response = await ask('sign-out', { cookie: ada.cookie }, {});
    expect(sessionCookieIn(response)).toMatch(/=; Max-Age=0/);
    expect([await identify({ cookie: ada.cookie }), await identify(bearer(ada.signed))]).toEqual([null, null]);
  });

  it('an expired session is removed, and so is its cookie', async () => {
    const ada = await test.signUp();
    await run(`update session set expires_at = now() - interval '1 day' where user_id = '${ada.userId}'`);
    expect(sessionCookieIn(await ask('get-session', { cookie: ada.cookie }))).toMatch(/=; Max-Age=0/);
    expect(await run(`select from session where user_id = '${ada.userId}'`)).toEqual([]);
  });

  it('a new password ends the other sessions and not the one of the request', async () => {
    const ada = await test.signUp();
    const [found] = await run(`select email from "user" where id = '${ada.userId}'`);
    const other = (await ask('sign-in/email', {}, { email: found?.email, password: 'correct horse battery' })).headers.get('set-auth-token') ?? '';
    expect(await identify(bearer(other))).toBe(ada.userId);
    const change = { currentPassword: 'correct horse battery', newPassword: 'another horse battery' };
    expect((await ask('change-password', { cookie: ada.cookie }, change)).status).toBe(200);
    expect([await identify({ cookie: ada.cookie }), await identify(bearer(other))]).toEqual([ada.userId, null]);
  });
});

it('a hash that is stored opens nothing, not even with a right signature', async () => {
  const [row] = await run(`select token from session where user_id = '${before.userId}'`);
  const token = String(row?.token);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  const signed = `${token}.${createHmac('sha256', test.secret).update(token).digest('base64')}`;
  for (const headers of [bearer(signed), { cookie: `${COOKIE}=${encodeURIComponent(signed)}` }, bearer(token)]) {
    expect(await identify(headers)).toBeNull();
    expect(await userOf(headers)).toBeUndefined();
  }
});
