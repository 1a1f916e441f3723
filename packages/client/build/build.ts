import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { rolldown } from 'rolldown';
import { evaluated } from './evaluate.ts';
import { entriesOf, manifest, publishedManifest } from './manifest.ts';

const home = join(import.meta.dirname, '..');
const contract = join(home, '..', 'contract');
const root = join(home, '..', '..');
const readManifest = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

async function emitScripts(entries: Map<string, string>, folder: string): Promise<void> {
  const bundle = await rolldown({
    input: Object.fromEntries([...entries].map(([name, source]) => [name, join(home, source)])),
    // The workspace's own packages are bundled, npm's are not.
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('@todo/'),
    plugins: [evaluated],
    platform: 'neutral',
    resolve: { alias: { '@todo/contract': join(contract, 'src', 'index.ts') } },
  });
  await bundle.write({ dir: folder, format: 'esm', sourcemap: true, chunkFileNames: 'chunks/[name]-[hash].js', comments: { jsdoc: false } });
  await bundle.close();
}

/** The compiler emits a tree of both packages, and leaves the name of the contract in it. */
function emitTypes(entries: Map<string, string>, folder: string): void {
  const settings = join(folder, 'tsconfig.json');
  const compilerOptions = { rootDir: join(home, '..'), outDir: join(folder, 'types'), paths: { '@todo/contract': [join(contract, 'src', 'index.ts')] } };
  const files = [...entries.values()].map((source) => join(home, source));
  writeFileSync(settings, JSON.stringify({ extends: join(home, 'tsconfig.build.json'), compilerOptions, files }));
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', settings], { stdio: ['ignore', 'inherit', 'inherit'] });
  rmSync(settings);
  const index = join(folder, 'types', 'contract', 'src', 'index.js');
  for (const name of readdirSync(join(folder, 'types'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'))) {
    const file = join(folder, 'types', name);
    const path = relative(dirname(file), index);
    const text = readFileSync(file, 'utf8').replaceAll(/(?<=['"])@todo\/contract(?=['"])/g, path);
    writeFileSync(file, text.replaceAll(/(?<=['"]\.{1,2}\/[^'"\n]*)\.ts(?=['"])/g, '.js'));
  }
}

/** Writes the package as it is published into the folder. */
export async function build(folder: string): Promise<void> {
  const own = manifest.parse(readManifest(home));
  const entries = entriesOf(own);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await emitScripts(entries, folder);
  emitTypes(entries, folder);
  const typesOf = (source: string) => source.replace('./src/', './types/client/src/').replace(/\.ts$/, '.d.ts');
  const published = publishedManifest(own, readManifest(contract).dependencies, typesOf);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  copyFileSync(join(home, 'README.md'), join(folder, 'README.md'));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
}
