import { type IdentityDb, schema, type UserId } from '@todo/db';
import DataLoader from 'dataloader';
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { bearerOf, readCookie, verifiedToken } from './credentials.ts';

/** Returns null for credentials of two users, and for an invalid Authorization header even beside a valid cookie. Throws DatabaseFailure. */
export type Identify = (headers: Headers) => Promise<UserId | null>;

export interface IdentifyOptions {
  identity: IdentityDb;
  /** Better Auth's secret, which signs session tokens. */
  secret: string;
  /** Issuer and audience of the JWTs. */
  issuer: string;
  /** The session cookie; the first that a request has counts. */
  cookieNames: readonly string[];
  jwtLifetimeSeconds: number;
}

/** How long verification keys are cached, in ms. */
const KEYS_MAX_AGE = 300_000;
const SESSIONS_MAX_PER_LOOKUP = 100;
/** Size of the cache of verified JWTs. Verifying a signature costs more than everything else here. */
const VERIFIED_MAX = 10_000;
/** Minimum age of the cached keys, in ms, before a JWT with an unknown key causes another read. */
const KEYS_MIN_AGE = 1_000;

export function createIdentify(options: IdentifyOptions): Identify {
  const bySession = createSessionLookup(options);
  const byJwt = createJwtCheck(options);

  return async (headers) => {
    const bearer = bearerOf(headers);
    const cookie = options.cookieNames.map((name) => readCookie(headers, name)).find((value) => value !== undefined);
    const [byHeader, byCookie] = await Promise.all([
      bearer === undefined ? undefined : bearer.split('.').length === 3 ? byJwt(bearer) : bySession(bearer),
      cookie === undefined ? undefined : bySession(cookie),
    ]);
    if (byHeader && byCookie && byHeader !== byCookie) return null;
    return (bearer === undefined ? byCookie : byHeader) ?? null;
  };
}

/** The only cast to `UserId`. The string comes from a verified signature, or from the table of users for an operator. */
const proven = (id: string) => id as UserId;

/** The user with this e-mail address, for the commands of an operator. No request may name its user like this. */
export async function findUser(identity: IdentityDb, email: string): Promise<UserId | undefined> {
  const { user } = schema;
  const [found] = await identity.select({ id: user.id }).from(user).where(eq(user.email, email.toLowerCase()));
  return found && proven(found.id);
}

function createSessionLookup({ identity, secret }: IdentifyOptions): (credential: string) => Promise<UserId | undefined> {
  const { session } = schema;
  const select = identity
    .select({ token: session.token, userId: session.userId })
    .from(session)
    .where(and(sql`${session.token} = any(string_to_array(${sql.placeholder('tokens')}, ','))`, gt(session.expiresAt, sql`now()`)))
    .prepare('sessions_by_token');
  // One query for concurrent requests, without a cache. Only tokens with a valid signature get here, and those contain no comma.
  const lookup = new DataLoader<string, string | undefined>(
    async (tokens) => {
      const owners = new Map((await select.execute({ tokens: tokens.join(',') })).map(({ token, userId }) => [token, userId]));
      return tokens.map((token) => owners.get(token));
    },
    { cache: false, batchScheduleFn: setImmediate, maxBatchSize: SESSIONS_MAX_PER_LOOKUP },
  );

  return async (credential) => {
    const token = verifiedToken(credential, secret);
    const userId = token === undefined ? undefined : await lookup.load(token);
    return userId === undefined ? undefined : proven(userId);
  };
}

/** The keys, and the JWTs verified with them: user and expiry. */
interface Keys {
  text: string;
  set: ReturnType<typeof createLocalJWKSet>;
  verified: LRUCache<string, { userId: UserId; until: number }>;
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
  let keys: Promise<Keys> | undefined;
  let last: Keys | undefined;
  const read = async () => {
    const rows = await select.execute();
    const text = JSON.stringify(rows);
    if (last?.text === text) return last;
    const set = createLocalJWKSet({ keys: rows.map(({ id, publicKey }) => ({ ...JSON.parse(publicKey), kid: id, alg: 'EdDSA' })) });
    last = { text, set, verified: new LRUCache({ max: VERIFIED_MAX }) };
    return last;
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
    const { set, verified } = await keysNotOlderThan(age);
    const before = verified.get(token);
    if (before && Date.now() < before.until) return before.userId;
    const { payload } = await jwtVerify(token, set, { algorithms: ['EdDSA'], issuer, audience: issuer, requiredClaims: ['sub', 'exp'] });
    if (payload.sub === undefined || payload.exp === undefined) return undefined;
    const userId = proven(payload.sub);
    verified.set(token, { userId, until: payload.exp * 1000 });
    return userId;
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
