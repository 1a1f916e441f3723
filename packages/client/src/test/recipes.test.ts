import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestApi, type TestApi } from '@todo/api/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Loopback, listen } from '../testing/client.ts';
import { platforms } from '../testing/platforms.ts';
import { type RecipeFolder, readRecipe, recipes, writeRecipes } from '../testing/recipes.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..', '..');

let written: RecipeFolder;
let api: TestApi;
let server: Loopback;

beforeAll(async () => {
  api = await startTestApi();
  server = await listen((request) => api.fetch(request.url, request));
  written = await writeRecipes(server.url);
  for (const [path, text] of Object.entries(platforms)) written.put(join('node_modules', path), text);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  written[Symbol.dispose]();
});

/** What a program in the folder of a recipe prints. */
async function play(recipe: string, program: string): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: join(written.folder, recipe) });
  expect(stderr).toBe('');
  return stdout;
}

/** What the comments at the ends of lines say that they print. */
const announced = (recipe: string) => [...readRecipe(recipe).matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, text]) => `${text}\n`).join('');

it('all of them are listed', () => {
  const listed = [...readRecipe('README').matchAll(/\]\(([\w-]+)\.md\)/g)].map(([, name = '']) => name);
  expect(listed.sort()).toEqual(recipes.filter((name) => name !== 'README').sort());
});

it('they compile against the package', async () => {
  const compilerOptions = {
    ...{ strict: true, noUncheckedIndexedAccess: true, skipLibCheck: true, noEmit: true, target: 'es2022', lib: ['es2022', 'esnext.disposable', 'dom'] },
    ...{
      module: 'esnext',
      moduleResolution: 'bundler',
      jsx: 'react-jsx',
      types: [join(root, 'node_modules', '@types', 'node')],
      allowImportingTsExtensions: true,
    },
  };
  const files = recipes.filter((name) => name !== 'README').map((name) => `${name}/*`);
  written.put('tsconfig.json', JSON.stringify({ compilerOptions, include: files }));
  const complaints = await run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', '.'], { cwd: written.folder }).then(
    () => '',
    ({ stdout }) => stdout,
  );
  expect(complaints).toBe('');
});

it('the list with Vite and React is 25 lines, none of them long', () => {
  const [, program = ''] = /```tsx\n\/\/ src\/main\.tsx\n([\s\S]*?)```/.exec(readRecipe('vite-react')) ?? [];
  const lines = program.split('\n').filter((line) => line !== '');
  expect(lines).toHaveLength(25);
  expect(lines.filter((line) => line.length > 130)).toEqual([]);
});

describe('as they say:', () => {
  it('undo', async () => {
    expect(await play('undo', `await import('./undo.ts');`)).toBe(announced('undo'));
  });

  it.each([
    ['tanstack-db', 'tasks.ts'],
    ['optimistic', 'edit.ts'],
  ])('%s', async (recipe, file) => {
    expect(await play(recipe, `await import('./${file}');`)).toBe(announced(recipe));
  });

  it('importing', async () => {
    writeFileSync(join(written.folder, 'importing', 'tasks.csv'), /```csv\n([\s\S]*?)```/.exec(readRecipe('importing'))?.[1] ?? '');
    expect(await play('importing', `await import('./importing.ts');`)).toBe(announced('importing'));
  });

  it('a server component of Next.js reads as the visitor', async () => {
    const ada = await api.signUp();
    await ada.client.jwt.tasks.create.mutate({ title: 'Buy milk' });
    const program = `
      globalThis.cookie = ${JSON.stringify(ada.headers.cookie.cookie)};
      const { serverTodo } = await import('./todo.ts');
      console.log((await serverTodo().tasks.list()).items[0].title);
      globalThis.cookie = '';
      await serverTodo().tasks.list().catch(({ reason }) => console.log(reason));`;
    expect(await play('next', program)).toBe('Buy milk\nUNAUTHENTICATED\n');
  });

  it('React Native, without random numbers, streams and newer methods of signals', async () => {
    const program = `
      const { randomUUID } = await import('node:crypto');
      globalThis.makeId = randomUUID;
      const { fetch } = globalThis;
      globalThis.fetch = async (...request) => Object.defineProperty(await fetch(...request), 'body', { value: undefined });
      for (const [owner, name] of [[globalThis, 'crypto'], [globalThis, 'structuredClone'], [AbortSignal.prototype, 'throwIfAborted'], [AbortSignal, 'any'], [AbortSignal, 'timeout']])
        Object.defineProperty(owner, name, { value: undefined });
      const { openTodo } = await import('./todo.ts');
      const { catchUp } = await import('./follow.ts');
      const todo = openTodo(${JSON.stringify(server.url)});
      await todo.signUp({ name: 'Ada', email: randomUUID() + '@example.com', password: 'correct horse battery' });
      const { id } = await todo.tasks.create({ title: 'Buy milk' });
      const tasks = new Map();
      const cursor = await catchUp(todo, tasks);
      await todo.importTasks([{ id: randomUUID(), title: 'Read a book' }]);
      await todo.tasks.remove({ id });
      await catchUp(openTodo(${JSON.stringify(server.url)}), tasks, cursor);
      console.log([...tasks.values()].map(({ title }) => title));`;
    expect(await play('react-native', program)).toBe("[ 'Read a book' ]\n");
  });
});
