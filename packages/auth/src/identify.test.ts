import { createHmac, randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { base64url, type CryptoKey, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URL, COOKIE, type Proofs, startTestAuth, type TestAuth } from './testing/identity.ts';

let test: TestAuth;
let ada: Proofs;
let ben: Proofs;
beforeAll(async () => {
  test = await startTestAuth();
  [ada, ben] = [await test.signUp(), await test.signUp()];
});
afterAll(() => test[Symbol.asyncDispose]());

const identify = (headers: Record<string, string>) => test.auth.identify(new Headers(headers));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const parts = (text: string, separator = '.') => {
  const at = text.lastIndexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)] as const;
};
const signWith = (secret: string, token: string) => createHmac('sha256', secret).update(token).digest('base64');

describe('a session', () => {
  it('proves its user by cookie, among other cookies, and by signed token', async () => {
    expect(await identify({ cookie: ada.cookie })).toBe(ada.userId);
    expect(await identify({ cookie: `theme=dark; ${ada.cookie};lang=en` })).toBe(ada.userId);
    expect(await identify(bearer(ada.signed))).toBe(ada.userId);
    expect(await identify({ authorization: `bearer  ${ada.signed}` })).toBe(ada.userId);
  });

  it('that arrives with others is looked up together with them, and proves its own user', async () => {
    const people = [ada, ben, ...(await Promise.all(Array.from({ length: 8 }, () => test.signUp())))];
    test.link.statements();
    const found = await Promise.all(people.map(({ cookie }) => identify({ cookie })));
    expect(found).toEqual(people.map(({ userId }) => userId));
    expect(test.link.statements()).toHaveLength(1);
    const strangers = [ada.signed, `forged.${signWith(test.secret, 'forged')}`, ben.signed, `${randomUUID()}.x`];
    expect(await Promise.all(strangers.map((token) => identify(bearer(token))))).toEqual([ada.userId, null, ben.userId, null]);
  });

  const forgeries: Record<string, () => string> = {
    'the raw token': () => parts(ada.signed)[0],
    'the raw token and a dot': () => `${parts(ada.signed)[0]}.`,
    'the signature alone': () => `.${parts(ada.signed)[1]}`,
    'a signature of zeros': () => `${parts(ada.signed)[0]}.${Buffer.alloc(32).toString('base64')}`,
    'the signature of another token': () => `${parts(ada.signed)[0]}.${parts(ben.signed)[1]}`,
    'a signature by another secret': () => `${parts(ada.signed)[0]}.${signWith(randomUUID(), parts(ada.signed)[0])}`,
    'a signature by no secret': () => `${parts(ada.signed)[0]}.${signWith(' ', parts(ada.signed)[0])}`,
    'a signature cut short': () => ada.signed.slice(0, -8),
    'a signature that goes on': () => `${ada.signed}AAAA`,
    'a token cut short': () => ada.signed.slice(1),
    'a well-signed token that is no session': () => `forged.${signWith(test.secret, 'forged')}`,
    'a well-signed id of the user': () => `${ada.userId}.${signWith(test.secret, ada.userId)}`,
    'a well-signed nothing': () => `.${signWith(test.secret, '')}`,
    'broken percent signs': () => '%E0%A4%A.%',
    'a NUL': () => `${parts(ada.signed)[0]}%00.${parts(ada.signed)[1]}`,
    'the id of the user': () => ada.userId,
    nothing: () => '',
  };
  it.each(Object.entries(forgeries))('is not proven by %s', async (_, forge) => {
    expect(await identify(bearer(forge()))).toBeNull();
    expect(await identify({ cookie: `${COOKIE}=${encodeURIComponent(forge())}` })).toBeNull();
    expect(await identify({ cookie: `${COOKIE}=${forge()}` })).toBeNull();
  });

  it('is no more proven by the raw token where sessions and JWTs are given out', async () => {
    for (const path of ['token', 'get-session', 'list-sessions']) {
      const ask = (token: string) =>
        test.auth.handle(new Request(`${BASE_URL}/api/auth/${path}`, { headers: bearer(token) })).then((response) => response.text());
      expect(await ask(ada.signed)).toMatch(/^\{"(token|session|sessions)":/);
      for (const forged of [parts(ada.signed)[0], `${parts(ada.signed)[0]}.${parts(ben.signed)[1]}`]) expect(await ask(forged)).toMatch(/^null$|UNAUTHORIZED/);
    }
  });

  it.each(['session_token', 'better-auth.session', `x${COOKIE}`, `__Secure-${COOKIE}`, `${COOKIE}2`, COOKIE.toUpperCase(), 'authorization'])(
    'is not proven by a cookie named %s',
    async (name) => {
      const [, value] = parts(ada.cookie, '=').map(encodeURI);
      expect(await identify({ cookie: `${name}=${value}` })).toBeNull();
    },
  );

  it.each(['Basic', 'Token', 'Digest', ''])('is not proven by an Authorization header of scheme %j', async (scheme) => {
    expect(await identify({ authorization: `${scheme} ${ada.signed}` })).toBeNull();
    expect(await identify({ authorization: `Bearer ${ada.signed} ${ada.signed}` })).toBeNull();
    expect(await identify({ 'x-authorization': `Bearer ${ada.signed}` })).toBeNull();
  });
});

describe('a JWT', () => {
  const kid = randomUUID();
  let signingKey: CryptoKey;
  let strangersKey: CryptoKey;
  let published: string;
  let pem: string;
  let strangersJwk: object;
  beforeAll(async () => {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    signingKey = privateKey;
    const stranger = await generateKeyPair('EdDSA', { extractable: true });
    strangersKey = stranger.privateKey;
    strangersJwk = await exportJWK(stranger.publicKey);
    published = JSON.stringify(await exportJWK(publicKey));
    pem = await exportSPKI(publicKey);
    await inspect(
      test.database.superuserUrl,
      `insert into jwks (id, public_key, private_key, created_at) values ('${kid}', '${published}', '', now() - interval '1 day')`,
    );
  });

  const claims = () => ({ sub: ada.userId, iss: BASE_URL, aud: BASE_URL, exp: Math.floor(Date.now() / 1000) + 60 });
  const sign = (payload: object, key: CryptoKey | Uint8Array = signingKey, header: object = {}) =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg: 'EdDSA', kid, ...header }).sign(key, { crit: { rule: true } });
  const encode = (value: unknown) => base64url.encode(JSON.stringify(value));
  const unsigned = (header: object, signature = '') => `${encode(header)}.${encode(claims())}.${signature}`;
  const bytes = (text: string) => new TextEncoder().encode(text);
  const hour = 3600;
  const now = () => Math.floor(Date.now() / 1000);

  it('proves its subject', async () => {
    expect(await identify(bearer(ada.jwt))).toBe(ada.userId);
    expect(await identify(bearer(await sign(claims())))).toBe(ada.userId);
  });

  const forgeries: Record<string, () => string | Promise<string>> = {
    'of no algorithm': () => unsigned({ alg: 'none' }),
    'of no algorithm, with the key named': () => unsigned({ alg: 'none', kid }),
    'of algorithm NONE with a signature': () => unsigned({ alg: 'NONE', kid }, 'AAAA'),
    'with its signature removed': () => `${ada.jwt.split('.').slice(0, 2).join('.')}.`,
    'with the signature of another': () => [...ada.jwt.split('.').slice(0, 2), ben.jwt.split('.')[2]].join('.'),
    'with the payload of another': () => [ada.jwt.split('.')[0], ben.jwt.split('.')[1], ada.jwt.split('.')[2]].join('.'),
    'signed HS256 with the public key as secret': () => sign(claims(), bytes(published), { alg: 'HS256' }),
    'signed HS256 with the public key in PEM as secret': () => sign(claims(), bytes(pem), { alg: 'HS256' }),
    'signed HS256 with the point of the public key as secret': () => sign(claims(), base64url.decode(JSON.parse(published).x), { alg: 'HS256' }),
    'signed HS256 with the secret of the sessions': () => sign(claims(), bytes(test.secret), { alg: 'HS256' }),
    'signed by a stranger': () => sign(claims(), strangersKey),
    'signed by a stranger with an unknown key': () => sign(claims(), strangersKey, { kid: randomUUID() }),
    'signed by a stranger whose key it carries': () => sign(claims(), strangersKey, { jwk: strangersJwk }),
    'signed by a stranger who says where the key is': () => sign(claims(), strangersKey, { jku: 'https://evil.example/jwks.json' }),
    'of another issuer': () => sign({ ...claims(), iss: 'https://evil.example' }),
    'of no issuer': () => sign({ ...claims(), iss: undefined }),
    'for another audience': () => sign({ ...claims(), aud: 'https://evil.example' }),
    'for no audience': () => sign({ ...claims(), aud: undefined }),
    'that has expired': () => sign({ ...claims(), exp: now() - 1 }),
    'that never expires': () => sign({ ...claims(), exp: undefined }),
    'without a subject': () => sign({ ...claims(), sub: undefined }),
    'whose subject is no id': () => sign({ ...claims(), sub: 'ada' }),
    'whose subject is a list': () => sign({ ...claims(), sub: Object([ada.userId]) }),
    'that is not valid yet': () => sign({ ...claims(), nbf: now() + hour }),
    'with a rule nobody here knows': () => sign(claims(), signingKey, { crit: ['rule'], rule: 1 }),
    'of five parts': () => `${ada.jwt}.a.b`,
    'of garbage': () => 'a.b.c',
    'of dots': () => '..',
  };
  it.each(Object.entries(forgeries))('%s proves nobody', async (_, forge) => {
    const token = await forge();
    expect(await identify(bearer(token))).toBeNull();
    expect(await identify({ cookie: `${COOKIE}=${token}` })).toBeNull();
  });

  it('is no cookie', async () => {
    expect(await identify({ cookie: `${COOKIE}=${ada.jwt}` })).toBeNull();
  });
});

describe('two credentials', () => {
  it('of one user prove that user', async () => {
    expect(await identify({ cookie: ada.cookie, ...bearer(ada.jwt) })).toBe(ada.userId);
    expect(await identify({ cookie: ada.cookie, ...bearer(ada.signed) })).toBe(ada.userId);
  });

  it('of different users prove nobody', async () => {
    for (const token of [ben.jwt, ben.signed]) expect(await identify({ cookie: ada.cookie, ...bearer(token) })).toBeNull();
  });

  it('prove nobody when the header proves nobody, whatever the cookie', async () => {
    for (const token of ['', 'x', 'a.b.c', parts(ada.signed)[0]]) expect(await identify({ cookie: ada.cookie, ...bearer(token) })).toBeNull();
    expect(await identify({ cookie: ada.cookie, authorization: 'Basic YTpi' })).toBeNull();
  });

  it('prove the user of the header when the cookie is stale', async () => {
    for (const token of [ada.jwt, ada.signed]) expect(await identify({ cookie: `${COOKIE}=stale.cookie`, ...bearer(token) })).toBe(ada.userId);
  });
});
