import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { JWT_CHECK_SECONDS } from './jwts.ts';
import { BASE_URL, type Proofs, startTestAuth, type TestAuth } from './testing/identity.ts';

const PASSWORD = 'correct horse battery';

let test: TestAuth;
let ada: Proofs & { email: string };
let token = '';
beforeAll(async () => {
  const mail = {
    add: async (_: string, { text }: { text: string }) => {
      token = /token=(\w+)/.exec(text)?.[1] ?? token;
    },
  };
  test = await startTestAuth({ mail });
});
afterAll(() => test[Symbol.asyncDispose]());

/** The clock for the age of what was found. It stands still unless a test advances it. */
let elapsed = 0;
beforeEach(async () => {
  elapsed += 3_600_000;
  vi.spyOn(performance, 'now').mockImplementation(() => elapsed);
  const proofs = await test.signUp();
  const [user] = await run(`select email from "user" where id = '${proofs.userId}'`);
  ada = { ...proofs, email: String(user?.email) };
});
afterEach(() => {
  vi.restoreAllMocks();
});

const run = (text: string) => inspect(test.database.superuserUrl, text);
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
const identify = (text: string, auth = test.auth) => auth.identify(new Headers(bearer(text)));
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  test.auth.handle(
    new Request(`${BASE_URL}/api/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: BASE_URL, ...headers },
      body: JSON.stringify(body),
    }),
  );
/** Another session of Ada, with a JWT. */
async function another() {
  const answer = await post('sign-in/email', { email: ada.email, password: PASSWORD });
  const signed = answer.headers.get('set-auth-token') ?? '';
  return { signed, jwt: await test.jwtFor(signed) };
}
const sessionOf = (jwt: string) => decodeJwt<{ sid: string }>(jwt).sid;

const endings: Record<string, () => Promise<unknown>> = {
  'it is signed out': () => post('sign-out', {}, bearer(ada.signed)),
  'its user ends it elsewhere': async () => post('revoke-session', { id: sessionOf(ada.jwt) }, bearer((await another()).signed)),
  'its user ends all others': async () => post('revoke-other-sessions', {}, bearer((await another()).signed)),
  'its user changes the password elsewhere': async () =>
    post('change-password', { currentPassword: PASSWORD, newPassword: 'another horse battery' }, bearer((await another()).signed)),
  'its user resets the password': async () => {
    await post('request-password-reset', { email: ada.email });
    await test.auth.settle();
    return post('reset-password', { token, newPassword: 'another horse battery' });
  },
  'an operator disables its user': async () => {
    await run(`update "user" set disabled_at = now() where id = '${ada.userId}'; delete from session where user_id = '${ada.userId}'`);
    return new Response();
  },
  'its account is deleted': () => post('delete-user', { password: PASSWORD }, bearer(ada.signed)),
  'it has expired': async () => {
    await run(`update session set expires_at = now() where user_id = '${ada.userId}'`);
    return new Response();
  },
};

it.each(Object.entries(endings))('a JWT of a session works a minute at most after %s, and no new one is given out', async (_, end) => {
  expect(await identify(ada.jwt)).toBe(ada.userId);
  expect(await end()).toMatchObject({ status: 200 });
  elapsed += JWT_CHECK_SECONDS * 1000 - 1;
  expect(await identify(ada.jwt), 'within the minute').toBe(ada.userId);
  expect(await identify(ada.jwt, await test.start()), 'by an instance that has not seen it').toBeNull();
  elapsed += 1;
  expect(await identify(ada.jwt)).toBeNull();
  const answer = await test.auth.handle(new Request(`${BASE_URL}/api/auth/token`, { headers: bearer(ada.signed) }));
  expect(answer.status).toBe(401);
  expect(JWT_CHECK_SECONDS).toBe(60);
});

it('JWTs of other sessions, and of the one that changes the password, go on', async () => {
  const [own, ended] = [await another(), await another()];
  const ben = await test.signUp();
  const all = [ada.jwt, own.jwt, ended.jwt, ben.jwt];
  const users = () => Promise.all(all.map((jwt) => identify(jwt)));
  expect(await users()).toEqual([ada.userId, ada.userId, ada.userId, ben.userId]);
  await post('revoke-session', { id: sessionOf(ended.jwt) }, bearer(own.signed));
  elapsed += JWT_CHECK_SECONDS * 1000;
  expect(await users()).toEqual([ada.userId, ada.userId, null, ben.userId]);
  await post('change-password', { currentPassword: PASSWORD, newPassword: 'another horse battery' }, bearer(own.signed));
  elapsed += JWT_CHECK_SECONDS * 1000;
  expect(await users()).toEqual([null, ada.userId, null, ben.userId]);
});

it('a minute of calls costs one statement for all JWTs, and an ended one none', async () => {
  const sessions = [ada, await test.signUp(), await another()];
  const calls = () => Promise.all(Array.from({ length: 50 }, (_, i) => identify(sessions[i % sessions.length]?.jwt ?? '')));
  await calls();
  await run(`delete from session where id = '${sessionOf(ada.jwt)}'`);
  for (const expected of [1, 0, 1]) {
    if (expected) elapsed += JWT_CHECK_SECONDS * 1000;
    test.link.roundTrips();
    for (let round = 0; round < 3; round += 1) await calls();
    expect(test.link.roundTrips()).toBe(expected);
  }
  expect(await identify(ada.jwt)).toBeNull();
});

it('a failure of the database while a session is looked up is reported, and the next call asks again', async () => {
  expect(await identify(ada.jwt)).toBe(ada.userId);
  elapsed += JWT_CHECK_SECONDS * 1000;
  await run('alter table session rename to hidden');
  await expect(identify(ada.jwt)).rejects.toThrow();
  await run('alter table hidden rename to session');
  expect(await identify(ada.jwt)).toBe(ada.userId);
});

it('a JWT names a session of its own user; those of the version before, which name none, work until they expire', async () => {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const [kid, ben] = [randomUUID(), await test.signUp()];
  await run(
    `insert into jwks (id, public_key, private_key, created_at) values ('${kid}', '${JSON.stringify(await exportJWK(publicKey))}', '', now() - interval '1 hour')`,
  );
  const sign = (claims: Record<string, string>) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid })
      .setSubject(ada.userId)
      .setIssuer(BASE_URL)
      .setAudience(BASE_URL)
      .setExpirationTime('1m')
      .sign(privateKey);
  expect(await identify(await sign({}))).toBe(ada.userId);
  expect(await identify(await sign({ sid: sessionOf(ada.jwt) }))).toBe(ada.userId);
  for (const sid of [sessionOf(ben.jwt), randomUUID(), '', 'no id']) expect(await identify(await sign({ sid }))).toBeNull();
});
