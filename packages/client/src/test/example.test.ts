import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestApi } from '@todo/api/testing';
import { expect, it } from 'vitest';
import { listen } from '../testing/client.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '..', '..', 'example', 'first-tasks.ts');

it('the example runs against a server and says what it does', async () => {
  await using api = await startTestApi();
  await using server = await listen((request) => api.fetch(request.url, request));
  const { stdout, stderr } = await run(process.execPath, [program, server.url]);
  expect(stderr).toBe('');
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^Signed up as ada-\d+@example\.com\.$/),
    '[ ] Buy oat milk',
    '[x] Read a book',
    '1 open, 1 completed.',
    'Not changed: It has changed since you read it. Read it again and repeat the change.',
    'Read a book: restored < removed < completed < created',
    'Live: Buy oat milk, Read a book, Call Bob',
    'Signed out.',
    '',
  ]);
});

it('the lines in the README run as they stand, but for the address', async () => {
  await using api = await startTestApi();
  await using server = await listen((request) => api.fetch(request.url, request));
  const readme = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'README.md'), 'utf8');
  const lines = /```ts\n([\s\S]*?)```/.exec(readme)?.[1]?.replace('http://localhost:3000', server.url) ?? '';
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module-typescript', '--eval', lines], { cwd: join(program, '..') });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/title: 'Buy milk'[\s\S]*VERSION_CONFLICT\n$/);
});

it('the example says so when there is no server, and fails', async () => {
  const { url, [Symbol.asyncDispose]: close } = await listen(async () => new Response());
  await close();
  await expect(run(process.execPath, [program, url])).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^SERVER_UNREACHABLE: .* \{\}\n$/),
  });
});
