import { execFile } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestApi } from '@todo/api/testing';
import { expect, it } from 'vitest';
import { createTodoClient } from '../index.ts';
import { listen } from '../testing/client.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '..', '..', 'example', 'first-tasks.ts');

/** The programs in a document, as one. */
function programOf(...path: string[]): string {
  const text = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', ...path), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, lines]) => lines).join('');
}
const runLines = (lines: string) => run(process.execPath, ['--input-type=module-typescript', '--eval', lines], { cwd: join(program, '..') });

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
    'Live: Buy oat milk, Read a book',
    'At once: Buy oat milk, Read a book, Call Bob',
    'Answered: Call Bob',
    'Signed out.',
    '',
  ]);
});

it('the lines in the README run as they stand, but for the address', async () => {
  await using api = await startTestApi();
  await using server = await listen((request) => api.fetch(request.url, request));
  const { stdout, stderr } = await runLines(programOf('README.md').replace('http://localhost:3000', server.url));
  expect(stderr).toBe('');
  expect(stdout).toMatch(/title: 'Buy milk'[\s\S]*VERSION_CONFLICT\n$/);
});

it('the lines on imports and exports run as they stand, but for the address and the place of the file', async () => {
  await using api = await startTestApi();
  await using server = await listen((request) => api.fetch(request.url, request));
  const todo = createTodoClient({ url: server.url });
  await todo.signUp({ name: 'Ada', email: 'ada@example.com', password: 'correct horse' });
  await todo.tasks.create({ title: 'Kept' });
  using folder = mkdtempDisposableSync(join(tmpdir(), 'todo-example-'));
  const file = join(folder.path, 'Home.csv');
  writeFileSync(file, 'title,list,due\nPaint,Home,2026-02-01\nSweep,Home,every other Monday\n');
  const lines = programOf('docs', 'imports.md')
    .replace('http://localhost:3000', server.url)
    .replace("readFile('Home.csv')", `readFile(${JSON.stringify(file)})`);
  const { stdout, stderr } = await runLines(`${lines}\nconsole.log(account.tasks.length, readTaskFile(table).kind, readTaskFile(calendar).kind);`);
  expect(stderr).toBe('');
  expect(stdout.split('\n')).toEqual([expect.stringMatching(/^3 .*every other Monday/), '2 tasks and 1 lists were created.', '1 todo-csv icalendar', '']);
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
