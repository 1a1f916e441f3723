import { randomUUID } from 'node:crypto';
import { openDatabase } from '@todo/db';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Auth, createAuth } from './auth.ts';
import type { SecretOptions } from './secrets.ts';
import { BASE_URL, COOKIE, type Proofs, startTestAuth, type TestAuth } from './testing/identity.ts';

let test: TestAuth;
let ada: Proofs;
beforeAll(async () => {
  test = await startTestAuth();
  ada = await test.signUp();
});
afterAll(() => test[Symbol.asyncDispose]());

const next = randomUUID().repeat(2);
const old = () => ({ version: 1, value: test.secret });
const fresh = { version: 2, value: next };
/** The settings of an instance before, during and after a rotation. */
const settings: Record<'before' | 'prepared' | 'rotated' | 'after', () => SecretOptions> = {
  before: () => ({ secret: test.secret }),
  prepared: () => ({ secret: test.secret, numberedSecrets: [old(), fresh] }),
  rotated: () => ({ secret: test.secret, numberedSecrets: [fresh, old()] }),
  after: () => ({ secret: next, numberedSecrets: [fresh] }),
};

async function start(stage: keyof typeof settings): Promise<Auth> {
  const { identity, ...database } = openDatabase(test.database.appUrl);
  onTestFinished(() => database.close());
  const password = { hash: async (text: string) => text, verify: async (given: { hash: string; password: string }) => given.hash === given.password };
  return createAuth({
    identity,
    baseUrl: BASE_URL,
    trustedOrigins: [],
    signInsPerMinute: 20,
    log: (line) => test.logged.push(line),
    password,
    ...settings[stage](),
  });
}

const bearer = (signed: string) => ({ authorization: `Bearer ${signed}` });
const identify = (auth: Auth, headers: Record<string, string>) => auth.identify(new Headers(headers));
function ask(auth: Auth, path: string, headers: Record<string, string>): Promise<Response> {
  return auth.handle(new Request(`${BASE_URL}/api/auth/${path}`, { headers: { origin: BASE_URL, ...headers } }));
}
const userOf = async (auth: Auth, headers: Record<string, string>) => Object(await (await ask(auth, 'get-session', headers)).json())?.user?.id;
/** The user of a JWT that one instance issues, by another. */
async function userByJwt(issuer: Auth, verifier: Auth, headers: Record<string, string>) {
  const { token } = Object(await (await ask(issuer, 'token', headers)).json());
  return identify(verifier, bearer(String(token)));
}
const sessionCookie = (lines: string[]) => lines.map((line) => line.split(';', 1).join()).find((line) => line.startsWith(`${COOKIE}=`)) ?? '';

it('what a former secret has signed and encrypted stays valid, beside instances with the former settings', async () => {
  const stages = [await start('before'), await start('prepared'), await start('rotated')];
  for (const issuer of stages) {
    for (const headers of [{ cookie: ada.cookie }, bearer(ada.signed)]) {
      expect(await identify(issuer, headers)).toBe(ada.userId);
      expect(await userOf(issuer, headers)).toBe(ada.userId);
      for (const verifier of stages) expect(await userByJwt(issuer, verifier, headers)).toBe(ada.userId);
    }
  }
});

it('each use signs with the current secret, after which the former one can go', async () => {
  const [rotated, prepared] = [await start('rotated'), await start('prepared')];
  const lines: string[] = [];
  await rotated.identify(new Headers({ cookie: ada.cookie }), (line) => lines.push(line));
  const byUse = sessionCookie(lines);
  const bySession = sessionCookie((await ask(rotated, 'get-session', { cookie: ada.cookie })).headers.getSetCookie());
  const byToken = (await ask(rotated, 'token', bearer(ada.signed))).headers.get('set-auth-token') ?? '';
  await inspect(test.database.superuserUrl, 'delete from jwks');

  const after = await start('after');
  for (const headers of [{ cookie: byUse }, { cookie: bySession }, bearer(byToken)]) {
    for (const instance of [prepared, rotated, after]) {
      expect(await identify(instance, headers)).toBe(ada.userId);
      expect(await userOf(instance, headers)).toBe(ada.userId);
    }
    expect(await userByJwt(after, after, headers)).toBe(ada.userId);
  }
  for (const headers of [{ cookie: ada.cookie }, bearer(ada.signed)]) expect(await identify(after, headers)).toBeNull();
  const again: string[] = [];
  await rotated.identify(new Headers({ cookie: byUse }), (line) => again.push(line));
  expect(again, 'a cookie that the current secret has signed').toEqual([]);
});

it('a credential that no secret has signed is not signed anew', async () => {
  const rotated = await start('rotated');
  const [token] = ada.signed.split('.');
  for (const forged of [`${token}.${Buffer.alloc(32).toString('base64')}`, String(token)]) {
    const response = await ask(rotated, 'get-session', { cookie: `${COOKIE}=${encodeURIComponent(forged)}` });
    expect([await response.json(), response.headers.getSetCookie()]).toEqual([null, []]);
  }
});
