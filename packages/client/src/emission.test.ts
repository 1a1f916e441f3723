import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const home = join(import.meta.dirname, '..');
const tsc = join(home, '..', '..', 'node_modules', '.bin', 'tsc');

/** A folder outside the workspace that has the client installed, as it is emitted, and nothing else. */
let folder: string;
let installed: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'todo-client-'));
  installed = join(folder, 'node_modules', '@todo', 'client');
  mkdirSync(installed, { recursive: true });
  execFileSync(tsc, ['-p', join(home, 'tsconfig.build.json'), '--outDir', join(installed, 'dist')], { stdio: 'pipe' });
  const { name, version, type, publishConfig } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ name, version, type, ...publishConfig }));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = {
  browser: { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'] },
  Node: { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022', 'dom'] },
};

/** What the compiler has against a program that uses the client. */
function complaints(program: string, options: object): string {
  writeFileSync(join(folder, 'program.ts'), program);
  const strict = { strict: true, noUncheckedIndexedAccess: true, target: 'es2022', types: [], noEmit: true, ...options };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: strict, files: ['program.ts'] }));
  return spawnSync(tsc, ['-p', folder], { encoding: 'utf8' }).stdout;
}

const start = `
  import { createTodoClient, readTaskFile, TodoError, type Reason, type Task } from '@todo/client';
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
  const before: string | null | undefined = (await todo.history.list({ taskId: task.id })).items[0]?.changes.title?.from;
  const replica = todo.sync.replica({ saved: JSON.parse(localStorage.getItem('replica') ?? 'null') });
  replica.subscribe(() => { localStorage.setItem('replica', JSON.stringify(replica)); const shown: Task | undefined = replica.tasks().get(task.id); console.log(shown); });
  const { tasks, problems, ignored } = readTaskFile('title\\nBuy milk', 'groceries.csv');
  const imported: number = (await todo.importTasks(tasks, { dryRun: true, onProgress: (done, all) => console.log(done / all) })).created;
  const kept1: string = JSON.stringify((await todo.exportAccount()).history[0]?.changes.title?.from);
  await todo.importTasks((await todo.exportAccount()).tasks);
  console.log(imported, kept1, problems[0]?.line, ignored[0]);
  console.log(when, nextCursor, texts, open, name, before, replica.state === 'live');
`;

const refused: Record<string, string> = {
  'an unknown procedure': `todo.tasks.destroy({ id: '' });`,
  'an owner in an input': `todo.tasks.create({ title: '', userId: '' });`,
  'an owner in a task': `(await todo.tasks.get({ id: '' })).userId;`,
  'a wrong type': `todo.tasks.list({ limit: '10' });`,
  'a missing field': `todo.tasks.edit({ title: '' });`,
  'an unknown order': `todo.tasks.list({ sort: 'owner' });`,
  'an unknown reason': `const wrong = (error: TodoError) => error.reason === 'NOT_FOUND';`,
  'an empty sign-in': `todo.signIn({});`,
  'an owner of a replica': `todo.sync.replica({ userId: '' });`,
  'an owner in an import': `todo.importTasks([{ id: '', title: '', userId: '' }]);`,
  'an unknown session': `createTodoClient({ url: '/', session: 'memory' });`,
};

describe('what is emitted', () => {
  it('has no trace of the server', () => {
    const files = readdirSync(join(installed, 'dist')).filter((file) => file.endsWith('.d.ts'));
    expect(files).toContain('index.d.ts');
    const traces = files.filter((file) =>
      /drizzle|better.?auth|@todo\/|\bContext\b|postgres|\bzod\b/i.test(readFileSync(join(installed, 'dist', file), 'utf8')),
    );
    expect(traces).toEqual([]);
  });

  it.each(Object.entries(settings))('is all that a program for %s needs to be checked', (_, options) => {
    expect(complaints(accepted, options)).toBe('');
  });

  it.each(Object.entries(refused))('makes the compiler refuse %s', (_, line) => {
    const found = complaints(`${start}${line}`, settings.Node)
      .trim()
      .split(/\n(?! )/);
    expect(found).toEqual([expect.stringMatching(new RegExp(`^.*program\\.ts\\(${start.split('\n').length},\\d+\\): error TS2`))]);
  });

  it('tells an editor what a procedure does', () => {
    expect(readFileSync(join(installed, 'dist', 'contract-tasks.d.ts'), 'utf8')).toContain('/** A page of tasks, newest first unless asked otherwise.');
  });

  it('runs in Node', () => {
    for (const name of ['@trpc', 'eventsource', 'papaparse', 'uuid']) symlinkSync(join(home, 'node_modules', name), join(folder, 'node_modules', name));
    writeFileSync(
      join(folder, 'program.js'),
      `import { createTodoClient, readTaskFile, TodoError } from '@todo/client';
      const error = await createTodoClient({ url: 'http://127.0.0.1:1' }).tasks.counts().catch((error) => error);
      console.log(error instanceof TodoError, error.reason, readTaskFile('title\\nBuy milk').tasks[0].title);`,
    );
    expect(execFileSync(process.execPath, [join(folder, 'program.js')], { encoding: 'utf8' })).toBe('true SERVER_UNREACHABLE Buy milk\n');
  });
});
