import { type IdentityDb, schema } from '@todo/db';
import { gt, isNull, or, sql } from 'drizzle-orm';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { createSessionUser } from './sessions/liveness.ts';

/** Lifetime of a JWT in seconds. */
export const JWT_LIFETIME_SECONDS = 300;

/** A JWT is compared with its session this often, so it works this long at most after the session has ended. */
export const JWT_CHECK_SECONDS = 60;

/** The claim with the id of the session for which a JWT was issued. The id opens nothing. */
export const SESSION_CLAIM = 'sid';

/** How long verification keys are cached, in ms. */
const KEYS_MAX_AGE = 300_000;
/** Size of the cache of verified JWTs. Verifying a signature costs more than everything else here. */
const VERIFIED_MAX = 10_000;
/** How often JWTs with unknown keys make the keys be read again, in each window of this many ms. A new key is found at once, and a flood of invented ones costs little. */
const UNKNOWN_READS_MAX = 5;
const UNKNOWN_WINDOW = 5_000;

const ids = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const isId = (claim: unknown) => typeof claim === 'string' && ids.test(claim);

/** What a JWT whose signature was valid says, and what was last found about its session. */
interface Verified {
  userId: string;
  until: number;
  sessionId: string | undefined;
  checkedAt: number;
  isLive: Promise<boolean>;
}

/** The keys, and the JWTs verified with them. */
interface Keys {
  text: string;
  set: ReturnType<typeof createLocalJWKSet>;
  verified: LRUCache<string, Verified>;
}

export interface JwtCheckOptions {
  identity: IdentityDb;
  /** Issuer and audience of the JWTs. */
  issuer: string;
}

/** Returns the user of a JWT. Throws DatabaseFailure. */
export function createJwtCheck({ identity, issuer }: JwtCheckOptions): (token: string) => Promise<string | undefined> {
  const { jwks } = schema;
  const userOfSession = createSessionUser(identity);
  const oldestUse = sql`now() - make_interval(secs => ${JWT_LIFETIME_SECONDS})`;
  const select = identity
    .select({ id: jwks.id, publicKey: jwks.publicKey })
    .from(jwks)
    .where(or(isNull(jwks.expiresAt), gt(jwks.expiresAt, oldestUse)))
    .prepare('verification_keys');

  /** How many reads have begun, and when the last one has. */
  let [begun, readAt] = [0, Number.NEGATIVE_INFINITY];
  let unknown = { since: Number.NEGATIVE_INFINITY, reads: 0 };
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
  const readAgain = () => {
    begun += 1;
    readAt = performance.now();
    keys = read().catch((error: unknown) => {
      keys = undefined;
      throw error;
    });
    return keys;
  };
  const current = () => (keys && performance.now() - readAt <= KEYS_MAX_AGE ? keys : readAgain());
  /** Keys of a later read, which calls that come together share; the same ones if there were too many. */
  const readAfter = (number: number) => {
    if (begun > number) return current();
    if (performance.now() - unknown.since > UNKNOWN_WINDOW) unknown = { since: performance.now(), reads: 0 };
    unknown.reads += 1;
    return unknown.reads > UNKNOWN_READS_MAX ? current() : readAgain();
  };

  const verify = async (token: string, { set, verified }: Keys): Promise<Verified | undefined> => {
    const before = verified.get(token);
    if (before && Date.now() < before.until) return before;
    const { payload } = await jwtVerify(token, set, { algorithms: ['EdDSA'], issuer, audience: issuer, requiredClaims: ['sub', 'exp'] });
    const { sub, exp, [SESSION_CLAIM]: sessionId } = payload;
    // A signature does not say that the claims have their types: jose leaves the subject as it is.
    if (sub === undefined || !isId(sub) || exp === undefined || (sessionId !== undefined && !isId(sessionId))) return undefined;
    // Calls that come together share what is found about the session.
    const same = verified.get(token);
    if (same) return same;
    const made = { userId: sub, until: exp * 1000, sessionId: typeof sessionId === 'string' ? sessionId : undefined };
    const found = { ...made, checkedAt: Number.NEGATIVE_INFINITY, isLive: Promise.resolve(true) };
    verified.set(token, found);
    return found;
  };

  const isLive = (jwt: Verified): Promise<boolean> => {
    const { sessionId, userId } = jwt;
    // The version before issues JWTs without the id of their session.
    if (sessionId === undefined || performance.now() - jwt.checkedAt < JWT_CHECK_SECONDS * 1000) return jwt.isLive;
    jwt.checkedAt = performance.now();
    jwt.isLive = userOfSession(sessionId).then(
      (user) => user === userId,
      (error: unknown) => {
        jwt.checkedAt = Number.NEGATIVE_INFINITY;
        throw error;
      },
    );
    return jwt.isLive;
  };

  return async (token) => {
    try {
      const reading = current();
      const number = begun;
      const jwt = await verify(token, await reading).catch(async (error: unknown) => {
        if (error instanceof errors.JWKSNoMatchingKey) return verify(token, await readAfter(number));
        throw error;
      });
      return jwt && (await isLive(jwt)) ? jwt.userId : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
}
