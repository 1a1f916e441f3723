import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { listen } from '../http/listen.ts';
import { json, startTestApi } from '../testing/api.ts';

const text = readFileSync(join(import.meta.dirname, '../../../../docs/sign-in.md'), 'utf8');
const example = /```sh\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
const hasCurl = spawnSync('curl', ['--version']).status === 0;

it.skipIf(!hasCurl)('the example of signing in with curl works as it stands', async () => {
  await using api = await startTestApi();
  await using server = await listen(api.handle, { host: '127.0.0.1', port: 0 });
  const { stdout, stderr } = await promisify(execFile)('sh', ['-euc', example.replace('http://localhost:3000', `http://127.0.0.1:${server.port}`)]);
  const [signedUp, byToken, sessions, byJwt, signedOut, ...rest] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const tasks = { result: { data: { items: [], nextCursor: null } } };
  expect([stderr, rest, byToken, byJwt, signedOut]).toEqual(['', [], tasks, tasks, { success: true }]);
  expect(signedUp.user.name).toBe('Ada');
  expect(sessions.sessions).toHaveLength(2);
});

it('what it says of tokens, cookies and origins is so', async () => {
  await using api = await startTestApi();
  const { fetch } = api;
  const signedUp = await fetch('/api/auth/sign-up/email', json({ name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }));
  const tokenIn = async (answer: Response) => z.object({ token: z.string() }).parse(await answer.json()).token;
  const token = await tokenIn(signedUp);
  const cookie = signedUp.headers
    .getSetCookie()
    .map((line) => line.split(';', 1).join())
    .join('; ');
  const bearer = (value: string | null) => ({ headers: { authorization: `Bearer ${value}` } });
  const session = bearer(signedUp.headers.get('set-auth-token'));
  const jwt = await tokenIn(await fetch('/api/auth/token', session));
  const statusOf = async (path: string, init: RequestInit) => (await fetch(path, init)).status;
  expect([await statusOf('/trpc/tasks.list', session), await statusOf('/trpc/tasks.list', bearer(token))]).toEqual([200, 401]);
  expect([await statusOf('/trpc/tasks.list', bearer(jwt)), await statusOf('/api/auth/list-sessions', bearer(jwt))]).toEqual([200, 401]);
  const { iat, exp } = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
  expect(exp - iat).toBe(300);

  const withCookie = (headers: object) => fetch('/api/auth/update-user', { ...json({ name: 'Ada L' }), headers: { ...json('').headers, cookie, ...headers } });
  const refused = await withCookie({});
  expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'MISSING_OR_NULL_ORIGIN' }]);
  expect((await withCookie({ origin: 'http://localhost:3000' })).status).toBe(200);
});
