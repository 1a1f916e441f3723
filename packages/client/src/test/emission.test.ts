import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../build/build.ts';

const home = join(import.meta.dirname, '..', '..');
const tsc = join(home, '..', '..', 'node_modules', '.bin', 'tsc');

/** Dependencies of the package, and of a program outside the workspace that uses it. */
const libraries = [
  '@tanstack',
  '@trpc',
  '@types',
  'eventsource-parser',
  'fflate',
  'fractional-indexing',
  'htmlparser2',
  'ical.js',
  'papaparse',
  'react',
  'uuid',
  'windows-iana',
  'zod',
];

/** A folder outside the workspace with the built package installed. */
let folder: string;
const installed = () => join(folder, 'node_modules', '@todo', 'client');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'todo-client-'));
  mkdirSync(join(folder, 'node_modules', '@todo'), { recursive: true });
  for (const name of libraries) symlinkSync(join(home, 'node_modules', name), join(folder, 'node_modules', name));
  await build(installed());
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = {
  browser: { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'esnext.disposable', 'dom'] },
  node: { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022', 'esnext.disposable', 'dom'] },
};

/** Compiler errors by program, including those in its imports. */
function complaints(programs: Record<string, string>, options: object): Map<string, string[]> {
  const files = Object.keys(programs).map((name, i) => ({ name, file: `program-${i}.ts` }));
  for (const { name, file } of files) writeFileSync(join(folder, file), `${programs[name]}\nexport {};`);
  const strict = { strict: true, skipLibCheck: false, noUncheckedIndexedAccess: true, target: 'es2022', types: [], noEmit: true, ...options };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: strict, files: files.map(({ file }) => file) }));
  const found = spawnSync(tsc, ['-p', '.'], { cwd: folder, encoding: 'utf8' })
    .stdout.split(/\n(?! )/)
    .filter(Boolean);
  const isOf = (file: string) => (line: string) => line.startsWith(`${file}(`);
  const others = found.filter((line) => !files.some(({ file }) => isOf(file)(line)));
  return new Map([['what they import', others], ...files.map(({ name, file }) => [name, found.filter(isOf(file))] as const)]);
}

const start = `
  import { createTodoClient, TodoError, type Reason, type Task } from '@todo/client';
  import { createReplica, memoryStorage } from '@todo/client/replica';
  import { readTaskFile, tasksToCsv, tasksToICalendar } from '@todo/client/import';
  const todo = createTodoClient({ url: 'http://localhost:3000' });
`;

const accepted = `${start}
  const kept = createTodoClient({
    url: '/',
    session: { load: () => localStorage.getItem('todo'), save: (token) => localStorage.setItem('todo', token), clear: () => localStorage.removeItem('todo') },
  });
  createTodoClient({ url: '/', session: 'cookie' });
  const task: Task = await todo.tasks.create({ title: 'Buy milk' });
  const when: string | null = (await kept.tasks.complete({ id: task.id, expectedVersion: task.version })).completedAt;
  const { items, nextCursor } = await todo.tasks.list({ completed: false, sort: 'updated' }, { signal: AbortSignal.timeout(1000) });
  const texts: string[] = items.map(({ title, description }) => title + description);
  const open: number = (await todo.tasks.counts()).open;
  const name: string | undefined = (await todo.currentUser())?.name;
  try {
    await todo.signIn({ email: 'ada@example.com', password: 'correct horse' });
  } catch (error) {
    if (error instanceof TodoError && error.reason === 'RATE_LIMITED') setTimeout(() => {}, 1000 * (error.retryAfterSeconds ?? 1));
    if (error instanceof TodoError) { const reason: Reason = error.reason; const first: string | undefined = error.fields['email']?.[0]; console.log(reason, first); }
  }
  const [event] = (await todo.history.list({ id: task.id })).items;
  const before: string | null | undefined = event?.entity === 'task' ? event.changes.title?.from : undefined;
  const replica = createReplica(todo, { storage: memoryStorage() });
  replica.subscribe(() => { const shown: Task | undefined = replica.tasks().get(task.id); console.log(shown); });
  const renamed: Task = await replica.mutate.tasks.edit({ id: task.id, title: 'Buy bread' }).done;
  const made: string | undefined = replica.mutate.lists.create({ name: 'Groceries' }).id;
  for await (const page of todo.sync.watch()) console.log(page.seq, page.changes[0]?.id, renamed, made);
  const { kind, lists, tasks, problems, notes, ignored } = readTaskFile('title\\nBuy milk', { name: 'groceries.csv', timeZone: 'UTC', dayFirst: true });
  const imported: number = (await todo.importTasks(tasks, { dryRun: true, onProgress: (done, all) => console.log(done / all) })).created;
  const kept1: string = JSON.stringify((await todo.exportAccount()).history[0]?.changes);
  await todo.importTasks((await todo.exportAccount()).tasks);
  const undone: string = (await todo.importTasks({ lists, tasks })).groupId;
  const files: string[] = [tasksToCsv(await todo.exportAccount()), tasksToICalendar(await todo.exportAccount())];
  console.log(imported, kept1, kind === 'csv', lists[0]?.name, problems[0]?.line, notes[0]?.message, ignored[0], files, undone);
  console.log(when, nextCursor, texts, open, name, before, replica.state === 'live');
`;

const refused: Record<string, string> = {
  'a title that is cleared': `todo.tasks.edit({ id: '', title: null });`,
  'an unknown procedure': `todo.tasks.destroy({ id: '' });`,
  'an owner in an input': `todo.tasks.create({ title: '', userId: '' });`,
  'an owner in a task': `(await todo.tasks.get({ id: '' })).userId;`,
  'a wrong type': `todo.tasks.list({ limit: '10' });`,
  'a missing field': `todo.tasks.edit({ title: '' });`,
  'an unknown order': `todo.tasks.list({ sort: 'owner' });`,
  'an unknown reason': `const wrong = (error: TodoError) => error.reason === 'NOT_FOUND';`,
  'an empty sign-in': `todo.signIn({});`,
  'an owner of a replica': `createReplica(todo, { userId: '' });`,
  'a query as a mutation': `createReplica(todo).mutate.tasks.list({});`,
  'a mutation without its id': `createReplica(todo).mutate.tasks.edit({ title: '' });`,
  'an owner in an import': `todo.importTasks([{ id: '', title: '', userId: '' }]);`,
  'an unknown session': `createTodoClient({ url: '/', session: 'memory' });`,
};

describe('what is emitted', () => {
  it('takes types from nowhere else than zod and tRPC, and two entry points from their peers', () => {
    const files = readdirSync(join(installed(), 'types'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'));
    expect(files).toContain('client/src/index.d.ts');
    const texts = files.map((file) => readFileSync(join(installed(), 'types', file), 'utf8'));
    const sources = texts.flatMap((text) => [...text.matchAll(/\b(?:from |import\()["']([^"']+)/g)].map(([, source = '']) => source));
    expect(sources.filter((source) => !/^(\.|zod$|@trpc\/server|react$|@tanstack\/db$)/.test(source))).toEqual([]);
  });

  const example = (file: string) => readFileSync(join(home, 'example', file), 'utf8');
  const programs = {
    'of the client': accepted,
    'of plain @trpc/client': example('plain-trpc.ts'),
    'of @trpc/tanstack-react-query': example('tanstack-query.ts'),
    'of docs/offline.md': /```ts\n([\s\S]*?)```/.exec(readFileSync(join(home, '..', '..', 'docs', 'offline.md'), 'utf8'))?.[1] ?? '',
  };
  it('is all that programs for a browser need to be checked', () => {
    const found = complaints(programs, settings.browser);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries([...found.keys()].map((name) => [name, []])));
  });

  it('is all that programs for Node need to be checked, and makes the compiler refuse what the server would refuse', () => {
    const wrong = Object.entries(refused).map(([name, line]) => [name, `${start}${line}`]);
    const found = complaints({ ...programs, ...Object.fromEntries(wrong) }, settings.node);
    const line = start.split('\n').length;
    const refusal = [expect.stringMatching(new RegExp(`^program-\\d+\\.ts\\(${line},\\d+\\): error TS2`))];
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries([...found.keys()].map((name) => [name, name in refused ? refusal : []])));
  });

  it('tells an editor what a procedure does', () => {
    expect(readFileSync(join(installed(), 'types', 'contract', 'src', 'procedures', 'tasks.d.ts'), 'utf8')).toContain(
      '/** A page of tasks, newest first by default.',
    );
  });

  it('runs in Node', () => {
    writeFileSync(
      join(folder, 'program.js'),
      `import { createTodoClient, TodoError } from '@todo/client';
      import { readTaskFile } from '@todo/client/import';
      const todo = createTodoClient({ url: 'http://127.0.0.1:1', session: 'cookie' });
      todo.onUserChange(() => {}); // listens to other tabs, which must not keep the program running
      const error = await todo.tasks.counts().catch((error) => error);
      console.log(error instanceof TodoError, error.reason, readTaskFile('title\\nBuy milk').tasks[0].title);`,
    );
    expect(execFileSync(process.execPath, [join(folder, 'program.js')], { encoding: 'utf8' })).toBe('true SERVER_UNREACHABLE Buy milk\n');
  });
});
