import { accountChange, newAccount, PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS } from '@todo/contract';
import { findFailure, findRefusedValue, type IdentityDb, schema } from '@todo/db';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { APIError, createAuthMiddleware, getIP } from 'better-auth/api';
import { betterAuth } from 'better-auth/minimal';
import { bearer } from 'better-auth/plugins/bearer';
import { jwt } from 'better-auth/plugins/jwt';
import { v7 as uuidv7 } from 'uuid';
import { createCookies } from './cookies.ts';
import { sessionTokenOf } from './credentials.ts';
import { createIdentify, type Identify } from './identify.ts';
import { createDevices } from './limits/devices.ts';
import { createGuard } from './limits/guard.ts';
import { createPasswordQueue, type PasswordHashing, type PasswordQueue, scrypt } from './limits/passwords.ts';
import { createRateLimits, noLimits } from './limits/rate-limits.ts';
import { createRates } from './limits/rates.ts';
import { lowerPriorityOfThreads } from './limits/threads.ts';
import { kindOf, logPart } from './log.ts';
import { type AuthEventName, routes } from './routes.ts';
import { endOldestSessions, endOtherSessions } from './sessions.ts';
import { storeSigningKey } from './signing-keys.ts';

/** Lifetime of a JWT in seconds. After its session is revoked, a JWT stays valid at most this long. */
export const JWT_LIFETIME_SECONDS = 300;

const DAY_SECONDS = 86_400;

const BASE_PATH = '/api/auth';

/** The paths of all endpoints. */
export const authPaths: readonly string[] = [...routes.keys()].map((route) => `${BASE_PATH}${route.slice(route.indexOf('/'))}`);

/** Gives a disabled user the answer to a wrong password, so that nobody learns whether there is such an account. */
function answerDisabled(error: unknown): Response {
  if (findFailure(error)?.reason !== 'USER_DISABLED') throw error;
  return Response.json({ message: 'Invalid email or password', code: 'INVALID_EMAIL_OR_PASSWORD' }, { status: 401 });
}

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
  /** Wrong passwords, and separately sign-ups, per minute from one IP address. Other limits follow from it; 0 for none at all. */
  signInsPerMinute: number;
  log(message: string): void;
  /** Replaces scrypt. */
  password?: PasswordHashing;
}

/** Somebody signed in or out, or failed to. The user of a failed attempt is not known. */
export interface AuthEvent {
  name: AuthEventName;
  userId: string | undefined;
}

export interface Auth {
  /** Better Auth's endpoints, below /api/auth. Throws RateLimited, ZodError, DatabaseFailure, and PostgreSQL's error for a value that it rejects. */
  handle(request: Request, report?: (event: AuthEvent) => void): Promise<Response>;
  identify: Identify;
  /** The requests that need a password hashed. */
  passwordFigures: PasswordQueue['figures'];
}

export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { identity, secret, baseUrl, signInsPerMinute } = options;
  await lowerPriorityOfThreads();
  const cookies = createCookies(baseUrl);
  const devices = createDevices({ cookieName: cookies.deviceName, isSecure: cookies.isSecure, secret });
  const limits = signInsPerMinute > 0 ? createRateLimits(identity, secret) : noLimits;
  const queue = createPasswordQueue();
  const guard = createGuard({ limits, rates: createRates(signInsPerMinute), queue, hashing: options.password ?? scrypt });

  const log = (_level: string, message: unknown, ...details: unknown[]) => {
    const parts = [message, ...details];
    const failures = parts.map((part) => findFailure(part) ?? findRefusedValue(part)).filter((failure) => failure !== undefined);
    guard.hide(failures);
    // Better Auth logs what it refuses, in the caller's words; the response says it. A defect comes with its error.
    const isRefusal = guard.isRunning() && !parts.some((part) => part instanceof Error);
    if (failures.length === 0 && !isRefusal) options.log(`${typeof message === 'string' ? logPart(message) : ''}${parts.map(kindOf).join('')}`);
  };

  const checkBody = createAuthMiddleware(async ({ path, body }) => {
    if (path === '/sign-up/email') guard.beginSignUp(newAccount.parse(body));
    if (path === '/sign-in/email' && typeof body?.email === 'string') guard.beginSignIn(body.email);
    if (path === '/update-user') accountChange.parse(body);
    // Without a password, Better Auth lets any session created in the last day delete the account.
    if (path === '/delete-user' && !body?.password) throw new APIError('UNAUTHORIZED', { code: 'INVALID_PASSWORD', message: 'Invalid password' });
  });

  const database: IdentityDb = Object.create(identity, {
    transaction: { value: (...work: Parameters<IdentityDb['transaction']>) => guard.prepareTransaction().then(() => identity.transaction(...work)) },
  });
  const ipAddress = { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] };
  const auth = betterAuth({
    // Better Auth ignores basePath beside a URL with a path.
    baseURL: new URL(baseUrl).origin,
    basePath: BASE_PATH,
    secret,
    trustedOrigins: options.trustedOrigins,
    database: drizzleAdapter(database, { provider: 'pg', schema, transaction: true }),
    emailAndPassword: { enabled: true, minPasswordLength: PASSWORD_MIN_CHARACTERS, maxPasswordLength: PASSWORD_MAX_CHARACTERS, password: guard.password },
    session: { expiresIn: 30 * DAY_SECONDS, updateAge: DAY_SECONDS, cookieCache: { enabled: false } },
    user: {
      deleteUser: {
        enabled: true,
        // One statement deletes everything by cascade, so Better Auth's own deletions find no rows.
        beforeDelete: ({ id }) => {
          guard.leaveQueue();
          guard.note(id);
          return identity.deleteUser(id);
        },
      },
    },
    hooks: { before: checkBody },
    databaseHooks: {
      // Within the transaction that changes the password, so that neither happens alone.
      account: {
        update: {
          before: async ({ password }, context) => {
            if (!password) return;
            if (context?.context.session) guard.note(context.context.session.user.id);
            await endOtherSessions(context?.context);
          },
        },
      },
      session: {
        create: {
          after: ({ userId }) => {
            guard.note(userId);
            return endOldestSessions(identity, userId);
          },
        },
        delete: { after: async ({ userId }) => guard.note(userId) },
      },
    },
    rateLimit: { enabled: false },
    advanced: {
      // Without this, Better Auth does not check origins if NODE_ENV is test or TEST is set.
      disableOriginCheck: false,
      database: { generateId: () => uuidv7() },
      ipAddress,
      ...cookies.options,
    },
    plugins: [
      bearer({ requireSignature: true }),
      jwt({
        disableSettingJwtHeader: true,
        jwks: { keyPairConfig: { alg: 'EdDSA', crv: 'Ed25519' }, rotationInterval: 30 * DAY_SECONDS, gracePeriod: DAY_SECONDS },
        jwt: { issuer: baseUrl, audience: baseUrl, expirationTime: `${JWT_LIFETIME_SECONDS}s`, definePayload: () => ({}) },
        adapter: { createJwk: (key) => storeSigningKey(identity, key) },
      }),
    ],
    logger: { level: 'error', log },
    onAPIError: { throw: true },
    telemetry: { enabled: false },
  });
  const identify = createIdentify({ identity, secret, issuer: baseUrl, cookieNames: cookies.sessionNames, jwtLifetimeSeconds: JWT_LIFETIME_SECONDS });

  const handle: Auth['handle'] = async (request, report = () => {}) => {
    const { headers, method, url } = request;
    const route = routes.get(`${method} ${new URL(url).pathname.slice(BASE_PATH.length)}`);
    if (!route) return new Response(null, { status: 404 });
    const origin = {
      use: route.use,
      // The addresses of one IPv6 network count as one.
      address: getIP(headers, { advanced: { ipAddress } }) ?? '',
      session: sessionTokenOf(headers, cookies.sessionNames, secret),
      device: devices.of(headers),
    };
    cookies.renameFormer(headers);
    return guard.run(origin, request.signal, async (asked) => {
      const answer = await auth.handler(request).catch(answerDisabled);
      const lines = cookies.removalOfFormer(headers, answer);
      if (answer.ok && asked.email !== '') lines.push(devices.remember(headers, asked.email));
      for (const line of lines) answer.headers.append('set-cookie', line);
      if (answer.ok && route.event && asked.userId !== undefined) report({ name: route.event, userId: asked.userId });
      if (answer.status === 401 && route.failure) report({ name: route.failure, userId: undefined });
      return answer;
    });
  };
  return { handle, identify, passwordFigures: queue.figures };
}
