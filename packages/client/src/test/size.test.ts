import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { build } from '../../build/build.ts';
import manifest from '../../package.json' with { type: 'json' };

const KILOBYTE = 1024;
const home = join(import.meta.dirname, '..', '..');

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'todo-size-'));
  await build(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a page that imports these loads at first: bytes after compression, and the packages that they come from. */
async function loaded(program: string, apart: RegExp[]): Promise<{ bytes: number; packages: string[] }> {
  const entry = join(folder, 'entry.js');
  const bundle = await rolldown({
    input: entry,
    external: apart,
    platform: 'browser',
    plugins: [{ name: 'entry', load: (id) => (id === entry ? program : null), resolveId: (id) => (id === entry ? id : null) }],
    // The package's dependencies are those of the workspace.
    resolve: { alias: { '@todo/client': folder }, modules: [join(home, 'node_modules'), 'node_modules'] },
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const chunks = output.filter((file) => file.type === 'chunk');
  const names = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const name of names) for (const next of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) names.add(next);
  const first = chunks.filter(({ fileName }) => names.has(fileName));
  const modules = first.flatMap(({ moduleIds }) => moduleIds).filter((id) => id.includes('node_modules'));
  const packages = new Set(modules.map((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? id));
  return { bytes: first.reduce((sum, { code }) => sum + gzipSync(code).length, 0), packages: [...packages].sort() };
}

const all = (entries: string[]) => entries.map((entry, i) => `import * as all${i} from '@todo/client/${entry}.js'; console.log({ ...all${i} });`).join('\n');
const entryPoints = Object.keys(manifest.exports).map((entry) => entry.replace(/^\.\/?/, '') || 'index');

it.each([
  { what: 'the core', entries: ['index'], most: 16 },
  { what: 'core, replica and TanStack collections', entries: ['index', 'replica', 'tanstack-db'], most: 24 },
])('$what: at most $most kB, without zod and tRPC', async ({ what, entries, most }) => {
  const { bytes, packages } = await loaded(all(entries.filter((entry) => entryPoints.includes(entry))), [/^@tanstack\//]);
  console.log(`${what}: ${(bytes / KILOBYTE).toFixed(1)} kB, with ${packages.join(', ')}`);
  expect(packages.filter((name) => name === 'zod' || name.startsWith('@trpc/'))).toEqual([]);
  expect(bytes).toBeLessThanOrEqual(most * KILOBYTE);
});
