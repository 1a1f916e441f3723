import { createHmac, timingSafeEqual } from 'node:crypto';
import { type IdentityDb, schema, type UserId } from '@todo/db';
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';

/**
 * The user that a request's credentials prove, or null. A session cookie, a signed session token and a JWT are accepted; two that
 * prove different users, and an Authorization header that proves nobody, are refused. Throws DatabaseFailure.
 */
export type Identify = (headers: Headers) => Promise<UserId | null>;

export interface IdentifyOptions {
  identity: IdentityDb;
  /** Better Auth's secret, with which it signs session tokens. */
  secret: string;
  /** Issuer and audience of the JWTs. */
  issuer: string;
  cookieName: string;
  jwtLifetimeSeconds: number;
}

/** How long verification keys are used before they are read again, in ms. */
const KEYS_MAX_AGE = 300_000;
/** How often a JWT with an unknown key may make us read them, in ms. */
const KEYS_MIN_AGE = 1_000;

export function createIdentify(options: IdentifyOptions): Identify {
  const bySession = createSessionLookup(options);
  const byJwt = createJwtCheck(options);

  return async (headers) => {
    const authorization = headers.get('authorization');
    const cookie = readCookie(headers.get('cookie'), options.cookieName);
    const bearer = authorization === null ? undefined : (/^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '');
    const [byHeader, byCookie] = await Promise.all([
      bearer === undefined ? undefined : bearer.split('.').length === 3 ? byJwt(bearer) : bySession(bearer),
      cookie === undefined ? undefined : bySession(cookie),
    ]);
    if (byHeader && byCookie && byHeader !== byCookie) return null;
    return (bearer === undefined ? byCookie : byHeader) ?? null;
  };
}

/** The one place where a string becomes an owner: it came from a verified signature. */
const proven = (id: string) => id as UserId;

function readCookie(header: string | null, name: string): string | undefined {
  const cookie = header?.split(/; */).find((pair) => pair.startsWith(`${name}=`));
  return cookie?.slice(name.length + 1);
}

/** Session tokens are `token.signature`, percent-encoded in a cookie; the signature is HMAC-SHA-256 in base64. */
function createSessionLookup({ identity, secret }: IdentifyOptions): (credential: string) => Promise<UserId | undefined> {
  const { session } = schema;
  const lookup = identity
    .select({ userId: session.userId })
    .from(session)
    .where(and(eq(session.token, sql.placeholder('token')), gt(session.expiresAt, sql`now()`)))
    .prepare('session_by_token');

  return async (credential) => {
    const [token, signature] = decode(credential).split('.');
    if (!token || !signature) return undefined;
    const expected = Buffer.from(createHmac('sha256', secret).update(token).digest('base64'));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const [found] = await lookup.execute({ token });
    return found && proven(found.userId);
  };
}

function decode(credential: string): string {
  try {
    return decodeURIComponent(credential);
  } catch {
    return '';
  }
}

function createJwtCheck({ identity, issuer, jwtLifetimeSeconds }: IdentifyOptions): (token: string) => Promise<UserId | undefined> {
  const { jwks } = schema;
  const oldestUse = sql`now() - make_interval(secs => ${jwtLifetimeSeconds})`;
  const select = identity
    .select({ id: jwks.id, publicKey: jwks.publicKey })
    .from(jwks)
    .where(or(isNull(jwks.expiresAt), gt(jwks.expiresAt, oldestUse)))
    .prepare('verification_keys');

  let readAt = Number.NEGATIVE_INFINITY;
  let keys: Promise<ReturnType<typeof createLocalJWKSet>> | undefined;
  const read = async () => {
    const rows = await select.execute();
    return createLocalJWKSet({ keys: rows.map(({ id, publicKey }) => ({ ...JSON.parse(publicKey), kid: id, alg: 'EdDSA' })) });
  };
  const keysNotOlderThan = (age: number) => {
    if (!keys || performance.now() - readAt > age) {
      readAt = performance.now();
      keys = read().catch((error: unknown) => {
        keys = undefined;
        throw error;
      });
    }
    return keys;
  };
  const verify = async (token: string, age: number) => {
    const rules = { algorithms: ['EdDSA'], issuer, audience: issuer, requiredClaims: ['sub', 'exp'] };
    const { payload } = await jwtVerify(token, await keysNotOlderThan(age), rules);
    return payload.sub === undefined ? undefined : proven(payload.sub);
  };

  return async (token) => {
    try {
      return await verify(token, KEYS_MAX_AGE).catch((error: unknown) => {
        if (error instanceof errors.JWKSNoMatchingKey) return verify(token, KEYS_MIN_AGE);
        throw error;
      });
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
}
