import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { base64url, decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { JWT_LIFETIME_SECONDS } from './jwts.ts';
import { BASE_URL, type Proofs, startTestAuth, type TestAuth } from './testing/identity.ts';

const CACHE_MINUTES = 5;

let test: TestAuth;
let ada: Proofs;
beforeAll(async () => {
  test = await startTestAuth();
  ada = await test.signUp();
});
afterAll(() => test[Symbol.asyncDispose]());

/** The clock for the age of keys. It stands still unless a test advances it. */
let elapsed = 0;
beforeEach(() => {
  elapsed += 3_600_000;
  vi.spyOn(performance, 'now').mockImplementation(() => elapsed);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const run = (text: string) => inspect(test.database.superuserUrl, text);
const bearer = (token: string) => new Headers({ authorization: `Bearer ${token}` });
const kidOf = (token: string) => decodeProtectedHeader(token).kid;
/** Makes the signing key expire `seconds` ago. */
const expire = (token: string, seconds: number) => run(`update jwks set expires_at = now() - interval '${seconds} seconds' where id = '${kidOf(token)}'`);

it('a JWT says who its user and what its session is, for whom and until when, and nothing else', async () => {
  const [session] = await run(`select id from session where user_id = '${ada.userId}'`);
  const { iat = 0, ...claims } = decodeJwt(ada.jwt);
  expect(claims).toEqual({ sub: ada.userId, iss: BASE_URL, aud: BASE_URL, exp: iat + JWT_LIFETIME_SECONDS, sid: session?.id });
  expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(60);
  expect(decodeProtectedHeader(ada.jwt)).toEqual({ alg: 'EdDSA', kid: expect.any(String) });
  expect(JWT_LIFETIME_SECONDS).toBeLessThanOrEqual(300);
});

it('private keys are stored encrypted for a month, and never published', async () => {
  const [key] = await run('select private_key, round(extract(epoch from expires_at - created_at) / 86400)::int as days from jwks');
  expect(String(key?.private_key)).not.toMatch(/"d"|"kty"|OKP/);
  expect(key?.days).toBe(30);
  const response = await test.auth.handle(new Request(`${BASE_URL}/api/auth/jwks`));
  const { keys } = Object(await response.json());
  expect(keys).toEqual([{ alg: 'EdDSA', crv: 'Ed25519', kty: 'OKP', kid: kidOf(ada.jwt), x: expect.any(String) }]);
});

it('a JWT is proven without the database once the keys are known, a session with one round trip', async () => {
  const { identify } = test.auth;
  expect(await identify(bearer(ada.jwt))).toBe(ada.userId);
  expect(await identify(bearer(ada.signed))).toBe(ada.userId);
  test.link.roundTrips();
  for (let i = 0; i < 10; i += 1) expect(await identify(bearer(ada.jwt))).toBe(ada.userId);
  expect(test.link.roundTrips()).toBe(0);
  for (let i = 0; i < 10; i += 1) expect(await identify(bearer(ada.signed))).toBe(ada.userId);
  expect(test.link.roundTrips()).toBe(10);
  for (const forged of ['x', 'x.y', `${ada.signed}x`]) expect(await identify(bearer(forged))).toBeNull();
  expect(test.link.roundTrips()).toBe(0);
});

it('many JWTs at once cost no more than one', async () => {
  const [first, second] = [await test.start(), await test.start()];
  test.link.roundTrips();
  expect(await first.identify(bearer(ada.jwt))).toBe(ada.userId);
  const one = test.link.roundTrips();
  const found = await Promise.all(Array.from({ length: 50 }, () => second.identify(bearer(ada.jwt))));
  expect(new Set(found)).toEqual(new Set([ada.userId]));
  expect(test.link.roundTrips()).toBe(one);
});

it('JWTs with unknown keys make the keys be read again five times in five seconds at most', async () => {
  const { identify } = test.auth;
  expect(await identify(bearer(ada.jwt))).toBe(ada.userId);
  const [, payload, signature] = ada.jwt.split('.');
  const unknown = () => `${base64url.encode(JSON.stringify({ alg: 'EdDSA', kid: randomUUID() }))}.${payload}.${signature}`;
  elapsed += 5_001;
  test.link.roundTrips();
  for (let i = 0; i < 50; i += 1, elapsed += 10) expect(await identify(bearer(unknown()))).toBeNull();
  expect(test.link.roundTrips()).toBe(5);
});

it('a key that expires gives way to a new one, which running instances pick up, and still verifies what it has signed', async () => {
  const running = await test.start();
  const before = await test.jwtFor(ada.signed);
  expect(await running.identify(bearer(before))).toBe(ada.userId);
  await expire(before, 1);
  const after = await test.jwtFor(ada.signed);
  expect(kidOf(after)).not.toBe(kidOf(before));

  const fresh = await test.start();
  for (const { identify } of [running, fresh]) {
    // However short the time since the keys were read, and however many come at once.
    const users = await Promise.all(Array.from({ length: 20 }, () => identify(bearer(after))));
    expect(users).toEqual(users.map(() => ada.userId));
    expect(await identify(bearer(before))).toBe(ada.userId);
  }
  await expire(before, JWT_LIFETIME_SECONDS + 1);
  const late = await test.start();
  expect(await late.identify(bearer(before))).toBeNull();
  expect(await late.identify(bearer(after))).toBe(ada.userId);
});

it('a removed key verifies nothing once the keys are read again', async () => {
  const { identify } = await test.start();
  const token = await test.jwtFor(ada.signed);
  expect(await identify(bearer(token))).toBe(ada.userId);
  await run(`delete from jwks where id = '${kidOf(token)}'`);
  expect(await identify(bearer(token))).toBe(ada.userId);
  elapsed += CACHE_MINUTES * 60_000 + 1;
  expect(await identify(bearer(token))).toBeNull();
  elapsed += 1_001;
  expect(await identify(bearer(await test.jwtFor(ada.signed)))).toBe(ada.userId);
});

it('a JWT that was proven before is proven no longer than it lives', async () => {
  const { identify } = test.auth;
  const token = await test.jwtFor(ada.signed);
  const { exp = 0 } = decodeJwt(token);
  const clock = vi.spyOn(Date, 'now');
  expect(await identify(bearer(token))).toBe(ada.userId);
  clock.mockReturnValue(exp * 1000 - 1);
  expect(await identify(bearer(token))).toBe(ada.userId);
  vi.useFakeTimers({ toFake: ['Date'], now: exp * 1000 });
  try {
    expect(await identify(bearer(token))).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});

it('a database failure while keys are read is reported as such, and the next call reads them', async () => {
  const { identify } = await test.start();
  const token = await test.jwtFor(ada.signed);
  await run('alter table jwks rename to hidden');
  await expect(identify(bearer(token))).rejects.toThrow();
  await run('alter table hidden rename to jwks');
  expect(await identify(bearer(token))).toBe(ada.userId);
});
