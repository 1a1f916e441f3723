import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign as signWith } from 'node:crypto';
import { type Account, bearer, type Session } from './account.ts';

/** How a request says whom it comes from. */
export interface Credential {
  /** Whether it acts as the attacker. It never acts as anybody else. */
  acts: 'always' | 'maybe' | 'never';
  /** It holds a live credential of the victim. Better Auth takes the header before the cookie, and leaves a foreign page to the rules of browsers. */
  isStolen?: boolean;
  headers(attacker: Account): Record<string, string>;
}

const inBase64 = (part: object | string) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

/** A JWT of any header and claims. */
function compact(header: object, claims: object, sign: (text: string) => Buffer | string): string {
  const text = `${inBase64(header)}.${inBase64(claims)}`;
  return `${text}.${Buffer.from(sign(text)).toString('base64url')}`;
}

/** A signing key that the server trusts, because the suite has put it into the table of keys. */
export interface TrustedKey {
  id: string;
  publicJwk: object;
  privateKey: KeyObject;
}

export function makeKey(): TrustedKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { id: randomUUID(), publicJwk: publicKey.export({ format: 'jwk' }), privateKey };
}

export interface Victims {
  /** Live sessions, one of them with what an attacker may know. */
  victim: Account;
  expired: Session;
  signedOut: Session;
  disabled: Account;
  deleted: Account;
  key: TrustedKey;
  /** Issuer and audience of this installation. */
  issuer: string;
}

const tokenOf = (signed: string) => signed.split('.')[0] ?? '';
const signatureOf = (signed: string) => signed.split('.')[1] ?? '';

/** Claims and headers of JWTs for the victim that must not count. */
function forgedJwts({ victim, key, issuer }: Victims): Record<string, string> {
  const header = { alg: 'EdDSA', kid: key.id };
  const claims = { sub: victim.userId, iss: issuer, aud: issuer, iat: now(), exp: now() + 300 };
  const byKey = (text: string) => signWith(null, Buffer.from(text), key.privateKey);
  const stranger = makeKey();
  const byStranger = (text: string) => signWith(null, Buffer.from(text), stranger.privateKey);
  const byHmac = (secret: string) => (text: string) => createHmac('sha256', secret).update(text).digest();
  const publicKey = JSON.stringify(key.publicJwk);
  const without = (name: string) => Object.fromEntries(Object.entries(claims).filter(([each]) => each !== name));
  const [theirHeader = '', , theirSignature = ''] = victim.jwt.split('.');
  return {
    'JWT: expired': compact(header, { ...claims, iat: now() - 900, exp: now() - 600 }, byKey),
    'JWT: not yet valid': compact(header, { ...claims, nbf: now() + 86_400 }, byKey),
    'JWT: other issuer': compact(header, { ...claims, iss: 'https://example.org' }, byKey),
    'JWT: other audience': compact(header, { ...claims, aud: 'https://example.org' }, byKey),
    'JWT: no expiry': compact(header, without('exp'), byKey),
    'JWT: no issuer': compact(header, without('iss'), byKey),
    'JWT: no audience': compact(header, without('aud'), byKey),
    'JWT: no subject': compact(header, without('sub'), byKey),
    'JWT: subject is no id': compact(header, { ...claims, sub: "' or true --" }, byKey),
    'JWT: subject is a list': compact(header, { ...claims, sub: [victim.userId] }, byKey),
    'JWT: alg none': compact({ alg: 'none', kid: key.id }, claims, () => ''),
    'JWT: alg none, signed': compact({ alg: 'none', kid: key.id }, claims, byKey),
    'JWT: alg NoNe': compact({ alg: 'NoNe' }, claims, () => ''),
    'JWT: HS256 with the public key': compact({ alg: 'HS256', kid: key.id }, claims, byHmac(publicKey)),
    'JWT: HS256 with an empty key': compact({ alg: 'HS256', kid: key.id }, claims, byHmac('')),
    'JWT: signed by another installation': compact({ ...header, kid: stranger.id }, claims, byStranger),
    'JWT: signed by a stranger, known kid': compact(header, claims, byStranger),
    'JWT: kid is a path': compact({ ...header, kid: '../../../../dev/null' }, claims, byHmac('')),
    'JWT: kid is SQL': compact({ ...header, kid: "x' union all values ('a') --" }, claims, byStranger),
    'JWT: key in the header': compact({ ...header, kid: undefined, jwk: stranger.publicJwk }, claims, byStranger),
    'JWT: key at an address': compact({ ...header, kid: 'x', jku: 'http://127.0.0.1:9/jwks', x5u: 'http://127.0.0.1:9/' }, claims, byStranger),
    'JWT: unknown critical header': compact({ ...header, crit: ['x'], x: 1 }, claims, byKey),
    'JWT: claims replaced': `${theirHeader}.${inBase64(claims)}.${theirSignature}`,
    'JWT: no signature': `${theirHeader}.${inBase64(claims)}.`,
    'JWT: claims are no JSON': `${theirHeader}.${inBase64('x')}.${theirSignature}`,
  };
}

/** Session tokens of the victim that must not count, in a header and in a cookie. */
function forgedTokens({ victim, expired, signedOut, deleted, disabled }: Victims): Record<string, string> {
  const [token, signature] = [tokenOf(victim.signed), signatureOf(victim.signed)];
  const hash = createHash('sha256').update(token).digest('hex');
  const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  return {
    'token: expired': expired.signed,
    'token: signed out': signedOut.signed,
    'token: of a disabled user': disabled.signed,
    'token: of a deleted account': deleted.signed,
    'token: without its signature': token,
    'token: changed signature': `${token}.${flipped}`,
    'token: empty signature': `${token}.`,
    'token: signed with an empty secret': `${token}.${createHmac('sha256', '').update(token).digest('base64')}`,
    'token: the stored hash': hash,
    'token: the stored hash, signed for the token': `${hash}.${signature}`,
    'token: chosen before the sign-in': `${'f'.repeat(32)}.${flipped}`,
    'token: garbage': randomBytes(24).toString('base64'),
    'token: of 8,000 characters': 'x'.repeat(8_000),
    'token: percent signs': '%00%ff%.%',
  };
}

/** The id of the session for which the server has issued a JWT. */
const sessionOf = (jwt: string): unknown => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).sid;

const COOKIE = 'better-auth.session_token';

/** All kinds of credential, by name. */
export function credentialsOf(victims: Victims): Record<string, Credential> {
  const { victim, disabled, deleted } = victims;
  const acting: Record<string, Credential> = {
    cookie: { acts: 'always', headers: ({ cookie }) => ({ cookie }) },
    bearer: { acts: 'always', headers: ({ signed }) => bearer(signed) },
    JWT: { acts: 'always', headers: ({ jwt }) => bearer(jwt) },
    'a second cookie with a forged token': { acts: 'maybe', headers: ({ cookie }) => ({ cookie: `${cookie}; ${COOKIE}=${tokenOf(victim.signed)}.x` }) },
    'a first cookie with a forged token': { acts: 'maybe', headers: ({ cookie }) => ({ cookie: `${COOKIE}=${tokenOf(victim.signed)}.x; ${cookie}` }) },
    'cookies of other names': {
      acts: 'maybe',
      headers: ({ cookie }) => ({
        cookie: `${cookie}; __Host-${COOKIE}=${victim.signed}; __Secure-${COOKIE}=${victim.signed}; session_token=${victim.signed}`,
      }),
    },
  };
  const refused: Record<string, Credential> = {
    none: { acts: 'never', headers: () => ({}) },
    "own cookie, another's token": { acts: 'never', isStolen: true, headers: ({ cookie }) => ({ cookie, ...bearer(victim.signed) }) },
    "own token, another's cookie": { acts: 'never', isStolen: true, headers: ({ signed }) => ({ cookie: victim.cookie, ...bearer(signed) }) },
    "own JWT, another's cookie": { acts: 'never', isStolen: true, headers: ({ jwt }) => ({ cookie: victim.cookie, ...bearer(jwt) }) },
    'names another user': { acts: 'never', headers: ({ signed }) => ({ ...bearer(signed), 'x-todo-user': victim.userId }) },
    "another's cookie from a foreign page": { acts: 'never', isStolen: true, headers: () => ({ cookie: victim.cookie, origin: 'https://example.org' }) },
    'own cookie beside a broken header': { acts: 'never', headers: ({ cookie }) => ({ cookie, authorization: 'Bearer' }) },
    'basic password': { acts: 'never', headers: () => ({ authorization: `Basic ${Buffer.from(`${victim.email}:x`).toString('base64')}` }) },
    'JWT of another, for the own session': { acts: 'never', headers: ({ jwt }) => bearer(rightJwt(victims, victim, sessionOf(jwt))) },
    'JWT of a session that was ended with its user': { acts: 'never', headers: () => bearer(rightJwt(victims, disabled, sessionOf(disabled.jwt))) },
    'JWT of a session that there never was': { acts: 'never', headers: () => bearer(rightJwt(victims, victim, randomUUID())) },
    // Without a session, as the version before issues it, a JWT reads what its user may read, for its lifetime.
    'JWT of a disabled user': { acts: 'maybe', headers: () => bearer(rightJwt(victims, disabled)) },
    'JWT of a deleted account': { acts: 'maybe', headers: () => bearer(rightJwt(victims, deleted)) },
    'JWT in a cookie': { acts: 'never', headers: () => ({ cookie: `${COOKIE}=${victim.jwt}` }) },
    'cookie that is signed out': { acts: 'never', headers: () => ({ cookie: victims.signedOut.cookie }) },
  };
  for (const [name, jwt] of Object.entries(forgedJwts(victims))) refused[name] = { acts: 'never', headers: () => bearer(jwt) };
  for (const [name, token] of Object.entries(forgedTokens(victims))) {
    refused[name] = { acts: 'never', headers: () => bearer(token) };
    refused[`${name}, in a cookie`] = { acts: 'never', headers: () => ({ cookie: `${COOKIE}=${encodeURIComponent(token)}` }) };
  }
  return { ...acting, ...refused };
}

/** A JWT that the trusted key has signed rightly. If it did not count, the forged ones would prove nothing. */
export function rightJwt({ key, issuer }: Victims, { userId }: Account, sid?: unknown): string {
  const claims = { sub: userId, iss: issuer, aud: issuer, iat: now(), exp: now() + 300, sid };
  return compact({ alg: 'EdDSA', kid: key.id }, claims, (text) => signWith(null, Buffer.from(text), key.privateKey));
}
