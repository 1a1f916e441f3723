import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { procedures } from '@todo/contract';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const exists = (path: string) => existsSync(join(root, path));
const under = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending) && !/(^|\/)(node_modules|dist)\//.test(path))
    .map((path) => join(folder, path));

const decisions = under('docs/decisions', '.md').sort();
const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...under('docs', '.md'), ...under('specs', '.md')];
const sources = ['packages', 'apps'].flatMap((folder) => [...under(folder, '.ts'), ...under(folder, '.sql')]);

const dependencies = z.record(z.string(), z.string()).default({});
const manifest = z.object({
  packageManager: z.string().optional(),
  scripts: dependencies,
  exports: dependencies,
  dependencies,
  devDependencies: dependencies,
  optionalDependencies: dependencies,
});
const manifests = ['.', 'bench', 'attacks', ...['packages', 'apps'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))].map(
  (folder) => ({
    folder,
    ...manifest.parse(JSON.parse(read(join(folder, 'package.json')))),
  }),
);
const [product] = manifests;

/** First cells of the table rows below a heading, without Markdown. */
const listed = (path: string, heading: string): string[] => {
  const section = read(path)
    .split(/^#+ /m)
    .find((text) => text.startsWith(`${heading}\n`));
  return [...(section ?? '').matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
};

describe.each(documents)('%s', (path) => {
  it('names only files that exist', () => {
    const named = [...read(path).matchAll(/(?<![\w/.@-])(?:packages|apps|bench|deploy|docs|specs|tools|\.ci)\/[\w./@-]*[\w/]/g)].map(([name]) => name);
    const linked = [...read(path).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, name = '']) => join(dirname(path), name));
    expect([...named, ...linked].filter((name) => !exists(name))).toEqual([]);
  });
});

/** Whether `pnpm` or `npm run` knows the name: a script, an installed program, or a built-in command. */
const isCommand = (name: string) =>
  name in (product?.scripts ?? {}) || ['install', 'exec'].includes(name) || manifests.some(({ folder }) => exists(join(folder, 'node_modules', '.bin', name)));

/** Code in a document, or quoted commands in a message. */
const codeIn = (path: string) => (read(path).match(path.endsWith('.md') ? /```[\s\S]*?```|`[^`\n]+`/g : /"p?npm [^"\n]*"/g) ?? []).join('\n');

it('commands in documents and messages exist', () => {
  const usageOf = (program: string) => spawnSync(process.execPath, [program], { cwd: root, encoding: 'utf8' }).stderr;
  const [usage, todoUsage] = ['packages/ops/src/cli.ts', 'packages/ops/src/todo.ts'].map(usageOf);
  const code = [...documents, ...sources.filter((path) => !path.endsWith('.test.ts'))].map(codeIn).join('\n');
  const started = [...code.matchAll(/\b(?:pnpm|npm run)(?: --silent)? ([a-z][\w:-]*)/g)].filter(([, name = '']) => !isCommand(name));
  const ofDatabase = [...code.matchAll(/\b(?:pnpm|npm run) db ([a-z-]+)/g)].filter(([, name]) => !new RegExp(`^ {2}${name} `, 'm').test(usage ?? ''));
  const ofOperators = [...code.matchAll(/\b(?:pnpm|npm run) todo (?:-- )?((?:users )?[a-z-]+)|todo\.ts ((?:users )?[a-z-]+)/g)].filter(
    ([, name, inContainer]) => !new RegExp(`^ {2}${name ?? inContainer} `, 'm').test(todoUsage ?? ''),
  );
  const elsewhere = [...code.matchAll(/--prefix (\S+) ([a-z]\w*)/g)].filter(
    ([, folder = '', name = '']) => !(name in (manifests.find((each) => each.folder === folder)?.scripts ?? {})),
  );
  const ofNpm = [...code.matchAll(/\bnpm (\w+)/g)].filter(([, name = '']) => !['start', 'test', 'run', 'install', 'exec', 'pack'].includes(name));
  expect([...started, ...ofDatabase, ...ofOperators, ...elsewhere, ...ofNpm].map(([command]) => command)).toEqual([]);
});

it('pnpm has one version, wherever it is named', () => {
  const versions = ['package.json', 'tools/pnpm.sh', '.ci/run', ...documents].flatMap((path) => [...read(path).matchAll(/pnpm@[\d.]+/g)].map(([name]) => name));
  const programs = [...read('tools/pnpm/package.json').matchAll(/"@pnpm\/.*": "(.*)"/g)].map(([, version]) => `pnpm@${version}`);
  expect(product?.packageManager).toMatch(/^pnpm@[\d.]+\+sha512\.[0-9a-f]{128}$/);
  expect(new Set([...versions, ...programs])).toEqual(new Set([product?.packageManager?.split('+')[0]]));
});

it('CONTRIBUTING.md says why each dependency is there', () => {
  const direct = manifests.flatMap((each) => Object.keys({ ...each.dependencies, ...each.devDependencies, ...each.optionalDependencies }));
  const foreign = new Set(direct.filter((name) => !name.startsWith('@todo/')));
  expect(listed('CONTRIBUTING.md', 'Why each dependency is there').sort()).toEqual([...foreign].sort());
});

it('docs/security-requirements.md names tests that exist, one for each requirement that is met', () => {
  const text = read('docs/security-requirements.md');
  const titles = [...text.matchAll(/`([\w./-]+\.test\.ts)`: “([^”]+)”/g)].map(([, path = '', title = '']) => ({ path, title }));
  expect(titles.length).toBeGreaterThan(10);
  expect(titles.filter(({ path, title }) => !["'", '"', '`'].some((quote) => read(path).includes(`${quote}${title}${quote}`)))).toEqual([]);
  const rows = text.split('\n').filter((line) => /^\| (API|V)\d/.test(line));
  expect(rows.length).toBeGreaterThan(50);
  const unproved = rows.filter((row) => !/\| not used \|/.test(row) && !(/ \| (yes|partly|no) \| /.test(row) && / `[\w./-]+\.test\.ts`/.test(row)));
  expect(unproved).toEqual([]);
});

it('docs/operations.md explains every setting', () => {
  expect(listed('docs/operations.md', 'Settings').sort()).toEqual(Object.keys(parseEnv(read('.env.example'))).sort());
});

it('the README lists every procedure of the contract', () => {
  const paths = Object.entries(procedures).flatMap(([group, members]) => Object.keys(members).map((name) => `${group}.${name}`));
  expect(paths.filter((path) => !read('README.md').includes(`\`${path}\``))).toEqual([]);
});

it('the README fits on a few screens, the tables aside', () => {
  const rows = read('README.md').split('\n');
  expect(rows.filter((row) => !row.startsWith('| `')).length).toBeLessThanOrEqual(110);
});

it('a decision has its own number, its context, the decision and its consequences, on one screen', () => {
  expect(decisions.map((path) => Number(path.slice('docs/decisions/'.length, 'docs/decisions/'.length + 4)))).toEqual(decisions.map((_, i) => i + 1));
  for (const path of decisions) {
    expect(
      [...read(path).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
      path,
    ).toEqual(['Context', 'Decision', 'Consequences']);
    expect(read(path).split('\n').length, path).toBeLessThanOrEqual(61);
  }
});

it('a decision that a comment names exists', () => {
  const named = sources.flatMap((path) => [...read(path).matchAll(/docs\/decisions\/\d{4}/g)].map(([name]) => name));
  expect(named.filter((name) => !decisions.some((path) => path.startsWith(`${name}-`)))).toEqual([]);
});

it('what a package exports exists', () => {
  const exported = manifests.flatMap(({ folder, exports }) => Object.values(exports).map((path) => join(folder, path.replace(/\*.*$/, ''))));
  expect(exported.filter((path) => !exists(path))).toEqual([]);
});
