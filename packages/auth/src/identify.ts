import { type IdentityDb, schema, type UserId } from '@todo/db';
import { eq } from 'drizzle-orm';
import type { Cookies } from './cookies.ts';
import { bearerOf, readCookie, type Signing } from './credentials.ts';
import { createJwtCheck } from './jwts.ts';
import { createSessionLookup } from './sessions/lookup.ts';

/**
 * Returns null for credentials of two users, and for an invalid Authorization header even beside a valid cookie. `setCookie` gets the line that makes a browser keep
 * its cookie as long as the session, which this use has extended, or signs the cookie with the current secret. Throws DatabaseFailure.
 */
export type Identify = (headers: Headers, setCookie?: (line: string) => void) => Promise<UserId | null>;

export interface IdentifyOptions {
  identity: IdentityDb;
  signing: Signing;
  /** Issuer and audience of the JWTs. */
  issuer: string;
  cookies: Cookies;
  log(message: string): void;
}

export function createIdentify(options: IdentifyOptions): Identify {
  const { identity, signing, cookies, log } = options;
  const findSession = createSessionLookup(identity, log);
  const userOfJwt = createJwtCheck(options);
  const byJwt = async (token: string) => {
    const userId = await userOfJwt(token);
    return userId === undefined ? undefined : proven(userId);
  };
  const bySession = async (credential: string, setCookie?: (line: string) => void) => {
    const verified = signing.verify(credential);
    if (!verified) return undefined;
    const found = await findSession(verified.token);
    if (found && (found.isExtended || verified.isFormer)) setCookie?.(cookies.sessionCookie(signing.sign(verified.token)));
    return found && proven(found.userId);
  };

  return async (headers, setCookie) => {
    const bearer = bearerOf(headers);
    // The first cookie that a request has counts.
    const cookie = cookies.sessionNames.map((name) => readCookie(headers, name)).find((value) => value !== undefined);
    const [byHeader, byCookie] = await Promise.all([
      bearer === undefined ? undefined : bearer.split('.').length === 3 ? byJwt(bearer) : bySession(bearer),
      cookie === undefined ? undefined : bySession(cookie, setCookie),
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
