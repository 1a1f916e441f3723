import { AsyncLocalStorage } from 'node:async_hooks';
import { findFailure, findRefusedValue, type IdentityDb, schema } from '@todo/db';
import { betterAuth } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { APIError, createAuthMiddleware } from 'better-auth/api';
import { bearer, jwt } from 'better-auth/plugins';
import { v7 as uuidv7 } from 'uuid';
import { createIdentify, type Identify } from './identify.ts';

/** Lifetime of a JWT in seconds. After its session is revoked, a JWT stays valid at most this long. */
export const JWT_LIFETIME_SECONDS = 300;

const DAY_SECONDS = 86_400;

/** The only header from which Better Auth reads the client's address. The API overwrites it on every request. */
export const CLIENT_ADDRESS_HEADER = 'x-todo-client-address';

export interface AuthOptions {
  identity: IdentityDb;
  /** Signs cookies and encrypts signing keys. It allows impersonating every user. */
  secret: string;
  /** Public URL of the API, and issuer and audience of its JWTs. */
  baseUrl: string;
  /** Other origins whose pages may sign users in. */
  trustedOrigins: string[];
  /** Sign-ins and sign-ups per minute from one IP address; 0 for no limit. */
  signInsPerMinute: number;
  log(message: string): void;
  /** Replaces Better Auth's scrypt. */
  password?: { hash(password: string): Promise<string>; verify(attempt: { hash: string; password: string }): Promise<boolean> };
}

export interface Auth {
  /** Better Auth's endpoints, below /api/auth. Throws DatabaseFailure, and PostgreSQL's error for a value that it rejects. */
  handle(request: Request): Promise<Response>;
  identify: Identify;
}

/** Without a password, Better Auth lets any session created in the last day delete the account. */
const assertPassword = createAuthMiddleware(async ({ path, body }) => {
  if (path === '/delete-user' && !body?.password) throw new APIError('UNAUTHORIZED', { code: 'INVALID_PASSWORD', message: 'Invalid password' });
});

/** Class and code of an error, without the message, which may contain statements and e-mail addresses. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error.cause instanceof Error) return kindOf(error.cause);
  return ` ${error.name}${'code' in error ? ` ${String(error.code)}` : ''}`;
}

export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { identity, secret, baseUrl, signInsPerMinute } = options;
  const signIns = { window: 60, max: signInsPerMinute };
  const hiddenFailures = new AsyncLocalStorage<Error[]>();
  const log = (_level: string, message: unknown, ...details: unknown[]) => {
    const failures = [message, ...details].map((part) => findFailure(part) ?? findRefusedValue(part)).filter((failure) => failure !== undefined);
    if (failures.length > 0) hiddenFailures.getStore()?.push(...failures);
    else options.log(`${typeof message === 'string' ? message : ''}${[message, ...details].map(kindOf).join('')}`);
  };
  const auth = betterAuth({
    baseURL: baseUrl,
    secret,
    trustedOrigins: options.trustedOrigins,
    database: drizzleAdapter(identity, { provider: 'pg', schema, transaction: true }),
    emailAndPassword: { enabled: true, ...(options.password && { password: options.password }) },
    session: { expiresIn: 30 * DAY_SECONDS, updateAge: DAY_SECONDS, cookieCache: { enabled: false } },
    user: {
      deleteUser: {
        enabled: true,
        // One statement deletes everything by cascade, so Better Auth's own deletions find no rows.
        beforeDelete: ({ id }) => identity.deleteUser(id),
      },
    },
    hooks: { before: assertPassword },
    rateLimit: {
      enabled: signInsPerMinute > 0,
      storage: 'database',
      window: 60,
      max: 300,
      customRules: { '/sign-in/*': signIns, '/sign-up/*': signIns, '/change-password': signIns, '/delete-user': signIns },
    },
    advanced: {
      // Without this, Better Auth does not check origins if NODE_ENV is test or TEST is set.
      disableOriginCheck: false,
      database: { generateId: () => uuidv7() },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] },
    },
    plugins: [
      bearer({ requireSignature: true }),
      jwt({
        disableSettingJwtHeader: true,
        jwks: { keyPairConfig: { alg: 'EdDSA', crv: 'Ed25519' }, rotationInterval: 30 * DAY_SECONDS, gracePeriod: DAY_SECONDS },
        jwt: { issuer: baseUrl, audience: baseUrl, expirationTime: `${JWT_LIFETIME_SECONDS}s`, definePayload: () => ({}) },
      }),
    ],
    logger: { level: 'error', log },
    onAPIError: { throw: true },
    telemetry: { enabled: false },
  });
  const { authCookies } = await auth.$context;
  const identify = createIdentify({ identity, secret, issuer: baseUrl, cookieName: authCookies.sessionToken.name, jwtLifetimeSeconds: JWT_LIFETIME_SECONDS });
  // Better Auth reports some database failures as rejected requests, and one as a successful sign-out.
  const handle = async (request: Request) => {
    const failures: Error[] = [];
    const answer = await hiddenFailures.run(failures, () => auth.handler(request));
    if (failures[0]) throw failures[0];
    return answer;
  };
  return { handle, identify };
}
