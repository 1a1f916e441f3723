import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@todo/db';
import { createTestDatabase, type Link, openLink, type TestDatabase } from '@todo/db/testing';
import { type Auth, type AuthOptions, createAuth } from '../auth.ts';

export const BASE_URL = 'http://localhost:3000';
/** Added latency, in ms. What is sent without waiting is sent before a response arrives. */
const LATENCY = 10;

export const COOKIE = 'better-auth.session_token';

/** The credentials of one user: a signed session token, the cookie that contains it, and a JWT. */
export interface Proofs {
  userId: string;
  signed: string;
  cookie: string;
  jwt: string;
}

export interface TestAuth extends AsyncDisposable {
  database: TestDatabase;
  link: Link;
  auth: Auth;
  /** The secret that signs session tokens. */
  secret: string;
  /** Another instance on the same database, with nothing cached yet. */
  start(): Promise<Auth>;
  /** All log messages. */
  logged: string[];
  signUp(): Promise<Proofs>;
  /** A JWT issued by this instance for a signed session token. */
  jwtFor(signed: string): Promise<string>;
}

const plain = {
  hash: async (password: string) => password,
  verify: async ({ hash, password }: { hash: string; password: string }) => hash === password,
};

/** Authentication on its own database, over a link that counts round trips. */
export async function startTestAuth({ baseUrl = BASE_URL, ...options }: Partial<AuthOptions> = {}): Promise<TestAuth> {
  const database = await createTestDatabase();
  const link = await openLink(database.appUrl, LATENCY);
  const secret = randomUUID().repeat(2);
  const opened: Database[] = [];
  const logged: string[] = [];
  const log = (message: string) => logged.push(message);
  const start = () => {
    const one = openDatabase(link.url, { acquireTimeout: 60_000 });
    opened.push(one);
    return createAuth({ identity: one.identity, secret, baseUrl, trustedOrigins: [], signInsPerMinute: 0, log, password: plain, ...options });
  };
  const auth = await start();

  const jwtFor = async (signed: string) => {
    const response = await auth.handle(new Request(`${baseUrl}/api/auth/token`, { headers: { authorization: `Bearer ${signed}` } }));
    const { token } = Object(await response.json());
    return String(token);
  };
  const signUp = async (): Promise<Proofs> => {
    const body = JSON.stringify({ name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse battery' });
    const headers = { 'content-type': 'application/json' };
    const response = await auth.handle(new Request(`${baseUrl}/api/auth/sign-up/email`, { method: 'POST', headers, body }));
    const { user } = Object(await response.json());
    const signed = response.headers.get('set-auth-token') ?? '';
    const [cookie = ''] = response.headers.getSetCookie().map((line) => line.split(';', 1).join());
    return { userId: String(user.id), signed, cookie, jwt: await jwtFor(signed) };
  };
  const stop = async () => {
    await Promise.all(opened.map((one) => one.close()));
    await link[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
  return { database, link, auth, secret, logged, start, signUp, jwtFor, [Symbol.asyncDispose]: stop };
}
