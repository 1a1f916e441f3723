import { randomUUID } from 'node:crypto';
import { type AuthOptions, createAuth, createOutbox, createSmtp, type Delivery, startDelivery } from '@todo/auth';
import { openDatabase } from '@todo/db';
import { createTestDatabase, type TestDatabase } from '@todo/db/testing';
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { z } from 'zod';
import { type AppDeps, createApp } from '../http/app.ts';
import type { Fetch } from '../http/shed-load.ts';
import type { AppRouter } from '../router.ts';

export { codeOf } from '@todo/auth/testing';
export { authEvents, FAILED_SIGN_INS_MAX_PER_USER, SECURITY_EVENTS_KEEP_DAYS, SECURITY_EVENTS_MAX_PER_USER } from '@todo/contract';
export { createEmptyDatabase, script } from '@todo/db/testing';
export { listen } from '../http/listen.ts';
export { readPage } from '../http/page.ts';
export { type DrillServer, startDrillServer } from './drill/server.ts';
export { invite } from './invite.ts';
export { type MailServer, startMailServer } from './mail-server.ts';
export { type ProviderProgram, startProvider } from './oidc/provider.ts';

export const BASE_URL = 'http://localhost:3000';
export const PASSWORD = 'correct horse battery';

export const credentialKinds = ['cookie', 'bearer', 'jwt'] as const;
export type CredentialKind = (typeof credentialKinds)[number];

export interface Person {
  userId: string;
  email: string;
  /** Headers that authenticate this user. */
  headers: Record<CredentialKind, Record<string, string>>;
  /** A typed client for each kind of credential. */
  client: Record<CredentialKind, TRPCClient<AppRouter>>;
  /** Sends a request to any path as this user, by cookie. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export interface TestApi extends AsyncDisposable {
  database: TestDatabase;
  secret: string;
  /** All log messages. */
  logged: string[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The fetch handler of the API. */
  handle: Fetch;
  signUp(name?: string): Promise<Person>;
  /** What has become of mails. */
  mails(): ReturnType<Delivery['figures']> | undefined;
  clientWith(headers: Record<string, string>): TRPCClient<AppRouter>;
}

export interface TestOptions extends Partial<AppDeps> {
  signInsPerMinute?: number;
  /** URL of an existing database, instead of a new one. */
  appUrl?: string;
  /** The secret of another instance on the same database, so that its sessions are valid here too. */
  secret?: string;
  numberedSecrets?: AuthOptions['numberedSecrets'];
  signUp?: AuthOptions['signUp'];
  verifyEmail?: AuthOptions['verifyEmail'];
  signInByMail?: boolean;
  /** Size of the connection pool. */
  connections?: number;
  providers?: AuthOptions['providers'];
  /** URL of a mail server. */
  mailUrl?: string;
  /** Replaces the cheap password hashes; null for the real ones. */
  password?: AuthOptions['password'] | null;
  /** Timeout for a connection from the pool, in ms. */
  acquireTimeout?: number;
}

/** Without hashing: scrypt would take most of a test's time. */
export const cheapPassword = {
  hash: async (password: string) => `cheap:${password}`,
  verify: async ({ hash, password }: { hash: string; password: string }) => hash === `cheap:${password}`,
};

/** The output of a change without `seq`, to compare with a read. */
export const plain = <Changed extends { seq: number }>({ seq: _, ...answer }: Changed): Omit<Changed, 'seq'> => answer;

/** A POST of JSON. */
export const json = (body: unknown) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** The whole API on its own database, called through its fetch handler. */
export async function startTestApi(options: TestOptions = {}): Promise<TestApi> {
  const own = await createTestDatabase();
  const { connections: max = 8, acquireTimeout = 5_000, telemetry } = options;
  const database = openDatabase(options.appUrl ?? own.appUrl, { max, acquireTimeout, observe: telemetry?.observe });
  const logged: string[] = [];
  const log = (message: string) => logged.push(message);
  const secret = options.secret ?? randomUUID().repeat(2);
  const signInsPerMinute = options.signInsPerMinute ?? 0;
  const { identity } = database;
  const transport = options.mailUrl === undefined ? undefined : await createSmtp({ url: options.mailUrl, from: 'Todo <todo@example.com>' });
  const mail = transport && startDelivery({ outbox: createOutbox(identity, { secret }), transport, log, pollMs: 50 });
  const auth = await createAuth({
    identity,
    mail,
    secret,
    numberedSecrets: options.numberedSecrets,
    baseUrl: options.baseUrl ?? BASE_URL,
    trustedOrigins: options.trustedOrigins ?? [],
    signInsPerMinute,
    providers: options.providers,
    signInByMail: options.signInByMail ?? false,
    log,
    ...(options.signUp && { signUp: options.signUp }),
    ...(options.verifyEmail && { verifyEmail: options.verifyEmail }),
    ...(options.password !== null && { password: options.password ?? cheapPassword }),
  });
  const app = createApp({ database, auth, baseUrl: BASE_URL, trustedOrigins: [], callsPerMinute: 0, clientAddress: () => '127.0.0.1', log, ...options });

  const fetch = async (path: string, init?: RequestInit) => app.fetch(new Request(new URL(path, BASE_URL), init));
  const clientWith = (headers: Record<string, string>) =>
    createTRPCClient<AppRouter>({
      links: [
        httpLink({
          url: `${BASE_URL}/trpc`,
          headers,
          fetch: async (url, init) => app.fetch(new Request(url, { ...init, signal: null })),
        }),
      ],
    });

  const signUp = async (name = 'Ada'): Promise<Person> => {
    const email = `${name.toLowerCase()}-${randomUUID()}@example.com`;
    const response = await fetch('/api/auth/sign-up/email', json({ name, email, password: PASSWORD }));
    if (!response.ok) throw new Error(`sign-up answered ${response.status}: ${await response.text()}`);
    const { user } = z.object({ user: z.object({ id: z.string() }) }).parse(await response.json());
    const cookie = {
      cookie: response.headers
        .getSetCookie()
        .map((line) => line.split(';', 1)[0])
        .join('; '),
    };
    const bearer = { authorization: `Bearer ${response.headers.get('set-auth-token')}` };
    const { token } = z.object({ token: z.string() }).parse(await (await fetch('/api/auth/token', { headers: bearer })).json());
    const headers = { cookie, bearer, jwt: { authorization: `Bearer ${token}` } };
    const client = { cookie: clientWith(headers.cookie), bearer: clientWith(headers.bearer), jwt: clientWith(headers.jwt) };
    return { userId: user.id, email, headers, client, fetch: (path, init) => fetch(path, { ...init, headers: { ...init?.headers, ...cookie } }) };
  };

  const stop = async () => {
    await auth.settle();
    await mail?.[Symbol.asyncDispose]();
    await database.close();
    await own[Symbol.asyncDispose]();
  };
  return { database: own, secret, logged, fetch, handle: app.fetch, signUp, mails: () => mail?.figures(), clientWith, [Symbol.asyncDispose]: stop };
}
