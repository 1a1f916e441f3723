import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..', '..');

interface Source {
  path: string;
  text: string;
  /** The text with types replaced by spaces, so offsets stay the same. */
  running: string;
}

const under = (folder: string) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
const paths = [...readdirSync(root), ...under('packages'), ...under('apps'), ...under('bench'), ...under('attacks')].filter(
  (path) => !/(^|\/)(node_modules|dist)\//.test(path),
);

/** Blanks doc comments, which are not code but would count as types inside a type. */
const withoutDocs = (text: string) => text.replace(/\/\*\*\s[\s\S]*?\*\//g, (comment) => comment.replace(/\S/g, ' '));

const sources = paths
  .filter((path) => /\.tsx?$/.test(path))
  .map((path): Source => {
    const text = withoutDocs(readFileSync(join(root, path), 'utf8'));
    // Node does not read JSX, so there types count as what runs.
    return { path, text, running: path.endsWith('.ts') ? stripTypeScriptTypes(text) : text };
  });

/** Product and benchmark code. The rest is tests, attacks, test support, examples, comparisons and configuration. */
const shipped = sources.filter(({ path }) => /\/src\//.test(path) && !path.startsWith('attacks/') && !/\.test\.ts$|\/testing\/|\/test\//.test(path));

/** The lines that hold a pattern, as `path:line text`. */
const matches = (among: Source[], pattern: RegExp, counts: (source: Source, from: number, to: number) => boolean = () => true): string[] =>
  among.flatMap((source) =>
    [...source.text.matchAll(pattern)]
      .filter(({ index, 0: found }) => counts(source, index, index + found.length))
      .map(({ index }) => source.text.slice(0, index).split('\n').length)
      .map((line) => `${source.path}:${line} ${source.text.split('\n')[line - 1]?.trim()}`),
  );
const isType = ({ running }: Source, from: number, to: number) => running.slice(from, to).trim() === '';

/** The imports of a file, with a mark for type imports. */
const imports = ({ path, text, running }: Source) => {
  const found = (code: string) => [...code.matchAll(/\b(?:from|import)\s*\(?\s*'([^'\n]+)'/g)].map(([, name = '']) => name);
  const kept = found(running);
  return found(text).map((name) => ({ path, name, typeOnly: !kept.includes(name) }));
};

/** The workspaces that each workspace may import. */
const mayImport: Record<string, RegExp> = {
  'packages/contract': /^@todo\/contract$/,
  'packages/db': /^@todo\/(contract|db)$/,
  'packages/auth': /^@todo\/(auth|contract|db)$/,
  'packages/client': /^@todo\/(client|contract)$/,
  'packages/ops': /^@todo\/(ops|api|auth|contract|db)$/,
  'apps/api': /^@todo\/(api|auth|contract|db)$/,
  'apps/web': /^@todo\/client$/,
};

const wrongWay = () =>
  sources.flatMap(imports).filter(({ path, name, typeOnly }) => {
    const home = path.split('/').slice(0, 2).join('/');
    if (name.startsWith('.')) return home in mayImport && !join(dirname(path), name).startsWith(`${home}/`);
    const workspace = /^@todo\/\w+/.exec(name)?.[0];
    if (!workspace || !(home in mayImport)) return false;
    const ofClient = /^(packages\/client|apps\/web)$/.test(home) && workspace === '@todo/api' && (typeOnly || path.endsWith('.test.ts'));
    const inside = name.startsWith('@todo/db/') && name !== '@todo/db/testing' && home !== 'packages/ops';
    return inside || (!ofClient && !mayImport[home]?.test(workspace));
  });

const cast = /(?<!^(?:import |export type |export \{|export \*).*) as (?!const\b)[\w{[(]/gm;

const rules: Record<string, () => unknown[]> = {
  'imports point one way: contract, db, auth, api, ops, from the client the contract and types of the api alone, from the page the client, from tests of both the api; ops alone looks inside db':
    wrongWay,
  'the contract imports zod and nothing else, so that it runs in a browser': () =>
    shipped.flatMap(imports).filter(({ path, name }) => path.startsWith('packages/contract/') && name !== 'zod' && !name.startsWith('.')),
  'no cast in what runs but the one that makes a proven owner': () =>
    matches(shipped, cast, isType).filter((match) => !/^packages\/auth\/src\/identify\.ts:\d+ const proven = \(id: string\) => id as UserId;$/.test(match)),
  'only a command of an operator makes an owner from an e-mail address': () =>
    matches(shipped, /\bfindUser\b/g).filter((match) => !/^packages\/(ops|auth)\//.test(match)),
  'no type predicate that makes an owner': () => matches(shipped, /\bis UserId\b/g),
  'no type `any` in what runs': () => matches(shipped, /\bany\b/g, isType),
  'no non-null assertion in what runs': () => matches(shipped, /(?<=[\w)\]])!(?!=)/g, isType),
  "none of the driver's own transactions: they mix up owners when a connection is lost": () =>
    matches(
      sources.filter(({ path }) => path.startsWith('packages/db/')),
      /\.(begin|reserve)\(/g,
    ),
  'no test is left out, repeated until it passes, or replaces what is ours': () =>
    matches(sources, /\bvi\.(mock|doMock)\(|\b(it|test|describe)\.(only|todo|fails|skip(\(['`]|\.))|\bretry: /g),
  'a test waits by expect.poll, whose limit stands in vitest.config.ts': () => matches(sources, /\bvi\.wait(For|Until)\(/g),
  'no import registers a hook: a module is loaded once for many test files': () =>
    matches(
      sources.filter(({ path }) => !path.endsWith('.test.ts')),
      /^(before|after)(Each|All)\(/gm,
    ),
  'nothing is left for later': () => matches(sources, /\b(TODO|FIXME|XXX|HACK)\b/g).filter((match) => !match.startsWith('apps/api/src/test/structure.test.ts')),
  'no file is longer than 200 lines, the table of texts aside': () =>
    paths
      .filter(
        (path) =>
          path !== 'apps/web/src/texts.ts' && /\.tsx?$|^packages\/db\/sql\//.test(path) && readFileSync(join(root, path), 'utf8').split('\n').length > 201,
      )
      .map((path) => `${path} is too long`),
};

it.each(Object.entries(rules))('%s', (_, offenders) => {
  expect(offenders()).toEqual([]);
});

it('what runs imports only packages of a production install, the commands that write migrations and the page that is built aside', () => {
  const missing = shipped.flatMap(imports).filter(({ path, name, typeOnly }) => {
    const home = path.split('/').slice(0, 2).join('/');
    if (typeOnly || /^(bench|apps\/web)\//.test(path) || (home === 'packages/db' && name === 'drizzle-kit/api')) return false;
    const { devDependencies = {}, peerDependenciesMeta = {} } = JSON.parse(readFileSync(join(root, home, 'package.json'), 'utf8'));
    // An optional peer comes with the application that uses its entry point.
    return Object.keys(devDependencies).some((only) => !(only in peerDependenciesMeta) && (name === only || name.startsWith(`${only}/`)));
  });
  expect(missing).toEqual([]);
});

it('one line of the whole tree casts to an owner', () => {
  expect(matches(sources, /\bas UserId\b/g, isType)).toEqual([expect.stringMatching(/^packages\/auth\/src\/identify\.ts:/)]);
});

it('one file of the product imports the driver', () => {
  const product = sources.filter(({ path }) => !path.startsWith('bench/'));
  expect(product.flatMap(imports).filter(({ name }) => name === 'postgres')).toMatchObject([{ path: 'packages/db/src/connection/driver.ts' }]);
});

it('the environment is read where a program starts, and nowhere else', () => {
  const readers = sources.filter(({ path, text }) => !/\.test\.ts$|\/test(ing)?\//.test(path) && /\bprocess\.env\b/.test(text)).map(({ path }) => path);
  const programs = [
    'apps/api/src/main.ts',
    'bench/src/cli.ts',
    'packages/db/src/backup/main.ts',
    'packages/ops/src/cli.ts',
    'packages/ops/src/todo.ts',
    'packages/db/src/migrate/drizzle-kit.ts',
  ];
  expect(readers.sort()).toEqual([...programs, 'packages/db/drizzle.config.ts', 'vitest.config.ts', 'vitest.postgres.ts'].sort());
});

it('importing a module of the product connects to nothing and starts nothing', () => {
  const modules = shipped
    .filter(({ path }) => !/^bench\/|\/(main|listen|cli|todo)\.ts$|\.tsx$/.test(path))
    .map(({ path }) => pathToFileURL(join(root, path)).href);
  const program = `
    const { createHook } = await import('node:async_hooks');
    const started = [];
    [process.stdin, process.stdout, process.stderr]; // pino and imports of node:process ask for their descriptors
    createHook({ init: (_, type) => { if (!/^(PROMISE|TickObject|Microtask|FSREQ)/.test(type)) started.push(type); } }).enable();
    for (const module of ${JSON.stringify(modules)}) {
      await import(module);
      if (started.length) throw new Error(module + ' has started ' + started);
    }`;
  const { status, signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', timeout: 120_000 });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
});
