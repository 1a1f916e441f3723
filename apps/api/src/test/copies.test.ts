import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { signingKeyOf } from '@todo/auth/testing';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { flows, type Left } from '../testing/copies/flows.ts';
import { openersOf } from '../testing/copies/openers.ts';
import { holds } from '../testing/copies/secrets.ts';
import { dumpOf, startWalk, type Walk } from '../testing/copies/walk.ts';

/** What somebody can get hold of. Not mails.txt: without a mail server it is the mailbox of whoever develops. */
const places = ['database', 'backup', 'log', 'exports', 'security events'] as const;

/** Values that are tried at a time. */
const AT_ONCE = 8;

let walk: Walk;
let left: Left;
let copies: Record<(typeof places)[number], string>;

async function backUp(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'todo-copies-'));
  await walk.database.backup(join(folder, 'all.backup'));
  const text = zstdDecompressSync(readFileSync(join(folder, 'all.backup'))).toString('latin1');
  rmSync(folder, { recursive: true });
  return text;
}

beforeAll(async () => {
  walk = await startWalk();
  const ends: Partial<Left>[] = [];
  for (const flow of Object.values(flows)) ends.push(await flow(walk));
  left = Object.assign({}, ...ends);
  const [row] = await inspect(walk.database.superuserUrl, 'select private_key from jwks');
  walk.secrets.keep('the key that signs JWTs', String(JSON.parse(await signingKeyOf(String(row?.private_key), walk.secret)).d));
  const read = async (path: string) => (await walk.fetch(path, { headers: left.guarded.headers })).text();
  await walk.fetch('/trpc/tasks.create', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...left.guarded.headers },
    body: '{"title":"Exported"}',
  });
  copies = {
    database: await dumpOf(walk.database),
    backup: await backUp(),
    exports: await read('/export'),
    'security events': await read('/api/auth/list-security-events?limit=200'),
    log: walk.log(),
  };
  // Passwords are hashed in turn and at a low priority.
}, 600_000);
afterAll(() => walk[Symbol.asyncDispose]());

it('the flows have shown what is looked for, and the copies hold what they should', async () => {
  expect(walk.secrets.found.size).toBeGreaterThan(100);
  for (const place of ['database', 'backup'] as const) expect(copies[place]).toContain(left.guarded.email);
  expect(copies.exports).toContain('Exported');
  expect(copies['security events']).toContain('recovery_codes_made');
  expect(copies.log).toContain('/api/auth/reset-password');
  const tables = ['session', 'verification', 'account', 'second_factors', 'passkeys', 'jwks', 'mails', 'rate_limit', 'security_events'];
  for (const table of tables) expect(await inspect(walk.database.superuserUrl, `select from ${table}`), table).not.toEqual([]);
});

it('a secret is found in every form', () => {
  const secret = 'aB3-_dE5fG7hI9jK1';
  const bytes = Buffer.from(secret);
  for (const form of [secret, bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url'), secret.replaceAll('-', '')])
    expect(holds(`x ${form} x`, secret), form).toBe(true);
  expect(holds('a/b', 'a%2Fb')).toBe(false);
  expect([holds('at 12:00:00.123456', '123456'), holds('code: 123456,', '123456')]).toEqual([false, true]);
});

it.each(places)('in the %s there is no session, token, key, code or password of any flow, in any form', (place) => {
  expect([...walk.secrets.found].flatMap(([where, secret]) => (holds(copies[place], secret) ? [where] : []))).toEqual([]);
});

/** What could be a secret: everything long but ids, which are in addresses and answers, and times. */
const valuesIn = (text: string) => {
  const found = new Set(text.match(/[\w+/=.:$-]{16,}/g) ?? []);
  return [...found].filter((value) => !/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$|^\d{4}-\d\d-\d\d/.test(value));
};

/** Those of the values that open. */
async function opening(values: readonly string[], opens: (value: string) => Promise<boolean>): Promise<string[]> {
  const [left, opened] = [[...values], [] as string[]];
  const work = async () => {
    for (let value = left.pop(); value !== undefined; value = left.pop()) if (await opens(value)) opened.push(value);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return opened;
}

describe('what is in the database', () => {
  let api: TestApi;
  let knowing: TestApi;
  beforeAll(async () => {
    const shared = { appUrl: walk.database.appUrl, secret: walk.secret };
    api = await startTestApi({ ...shared, password: null, mailUrl: walk.mailServer.url, signInByMail: true });
    knowing = await startTestApi({ ...shared, password: { hash: async () => 'none', verify: async () => true } });
  });
  afterAll(async () => {
    await knowing[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  it('opens nothing, in whatever place it is sent, and what people have does', async () => {
    for (const [name, { opens, genuine, rowsWith = '' }] of Object.entries(openersOf({ api, knowing, left }))) {
      const rows = copies.database.split('\n').filter((row) => row.includes(rowsWith));
      const values = valuesIn(rows.join('\n'));
      expect(values.length).toBeGreaterThan(rowsWith ? 2 : 200);
      expect(await opening(values, opens), name).toEqual([]);
      expect(await opens(genuine), name).toBe(true);
    }
  });
});
