import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdDecompressSync } from 'node:zlib';
import { type Database, openDatabase } from '@todo/db';
import { createEmptyDatabase, createTestDatabase, inspect, type TestDatabase } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Auth, createAuth } from './auth.ts';
import { BASE_URL } from './testing/identity.ts';
import { signingKeyOf } from './testing/signing-key.ts';

const program = join(import.meta.dirname, '..', '..', 'ops', 'src', 'cli.ts');
const secret = randomUUID().repeat(2);
const [email, password] = [`${randomUUID()}@example.com`, randomUUID()];
const folder = mkdtempSync(join(tmpdir(), 'todo-auth-backup-'));
const file = join(folder, 'all.backup');
const opened: Database[] = [];

let live: TestDatabase;
let restored: TestDatabase;
let signed: string;
let cookie: string;
let jwt: string;

const db = ({ appUrl, ownerUrl }: TestDatabase, ...args: string[]) =>
  promisify(execFile)(process.execPath, [program, ...args], { env: { PATH: process.env.PATH, DATABASE_URL: appUrl, DATABASE_MIGRATION_URL: ownerUrl } });

/** Authentication as the product runs it, with real password hashes. */
function open({ appUrl }: TestDatabase): Promise<Auth> {
  const database = openDatabase(appUrl);
  opened.push(database);
  return createAuth({ identity: database.identity, secret, baseUrl: BASE_URL, trustedOrigins: [], signInsPerMinute: 20, log: () => {} });
}

const headers = { 'content-type': 'application/json', 'x-todo-client-address': '192.0.2.77' };
const authenticate = (auth: Auth, how: 'sign-up' | 'sign-in', attempt: string = password) =>
  auth.handle(new Request(`${BASE_URL}/api/auth/${how}/email`, { method: 'POST', headers, body: JSON.stringify({ name: 'Ada', email, password: attempt }) }));
const tokenOf = async (auth: Auth, session: string) => {
  const response = await auth.handle(new Request(`${BASE_URL}/api/auth/token`, { headers: { authorization: `Bearer ${session}` } }));
  return String(Object(await response.json()).token);
};

beforeAll(async () => {
  live = await createTestDatabase();
  const auth = await open(live);
  const response = await authenticate(auth, 'sign-up');
  signed = response.headers.get('set-auth-token') ?? '';
  [cookie = ''] = response.headers.getSetCookie().map((line) => line.split(';', 1).join());
  jwt = await tokenOf(auth, signed);
  await inspect(
    live.superuserUrl,
    `insert into verification values (gen_random_uuid(), 'reset-password', 'a-token-sent-by-mail', now() + interval '1 hour', now(), now())`,
  );
  await inspect(live.superuserUrl, `update account set access_token = 'given-access', refresh_token = 'given-refresh', id_token = 'given-identity'`);
  await db(live, 'backup', file);
  restored = await createEmptyDatabase();
  await db(restored, 'restore', file);
});
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await live[Symbol.asyncDispose]();
  await restored[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** The private key that signs JWTs, encrypted with the secret. */
async function signingKey(): Promise<string> {
  const [key] = await inspect(live.superuserUrl, 'select private_key from jwks');
  return Object(JSON.parse(await signingKeyOf(String(key?.private_key), secret))).d;
}

it('a backup holds nothing that proves a person who is signed in, and no secret that would', async () => {
  const text = zstdDecompressSync(readFileSync(file)).toString('latin1');
  const [session] = await inspect(live.superuserUrl, 'select id, token from session');
  const limits = await inspect(live.superuserUrl, 'select key from rate_limit');
  const secrets = {
    signed,
    token: String(session?.token),
    'session id': String(session?.id),
    cookie: cookie.split('=')[1] ?? '',
    'decoded cookie': decodeURIComponent(cookie.split('=')[1] ?? ''),
    jwt,
    'signature of the jwt': jwt.split('.')[2] ?? '',
    password,
    secret,
    'signing key': await signingKey(),
    'password reset': 'a-token-sent-by-mail',
    access: 'given-access',
    refresh: 'given-refresh',
    identity: 'given-identity',
    address: '192.0.2.77',
    limit: String(limits[0]?.key),
  };
  expect(await inspect(live.superuserUrl, `select from session where ip_address = '192.0.2.77'`)).toHaveLength(1);
  for (const [name, value] of Object.entries(secrets)) {
    expect(value.length, name).toBeGreaterThan(8);
    expect(text.includes(value), name).toBe(false);
  }
  expect(text).toContain(email);
});

describe('after a restore', () => {
  it('people sign in with their passwords, and with no other', async () => {
    const auth = await open(restored);
    const response = await authenticate(auth, 'sign-in');
    const proof = response.headers.get('set-auth-token') ?? '';
    expect(await auth.identify(new Headers({ authorization: `Bearer ${proof}` }))).not.toBeNull();
    expect((await authenticate(auth, 'sign-in', 'another password')).status).toBe(401);
  });

  it('sessions from before do not exist', async () => {
    const auth = await open(restored);
    expect(await auth.identify(new Headers({ authorization: `Bearer ${signed}` }))).toBeNull();
    expect(await auth.identify(new Headers({ cookie }))).toBeNull();
  });

  it('a JWT from before ends with its session; the same secret opens the same signing keys, with which new ones are signed', async () => {
    const auth = await open(restored);
    expect(await auth.identify(new Headers({ authorization: `Bearer ${jwt}` }))).toBeNull();
    const response = await authenticate(auth, 'sign-in');
    const fresh = await tokenOf(auth, response.headers.get('set-auth-token') ?? '');
    expect(fresh.split('.')[0]).toBe(jwt.split('.')[0]);
  });
});
