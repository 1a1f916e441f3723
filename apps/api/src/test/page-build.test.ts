import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const web = join(root, 'apps', 'web');
const SCRIPT_MAX_BYTES = 210_000;
const STYLE_MAX_BYTES = 8_000;

function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'todo-build-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

it('the page is built into few small files: no inline code, relative addresses, and a service worker that knows them all', async () => {
  using folder = temporaryFolder();
  const vite = join(web, 'node_modules', 'vite', 'bin', 'vite.js');
  await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', folder.path, '--logLevel', 'error'], {
    cwd: web,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const html = readFileSync(join(folder.path, 'index.html'), 'utf8');
  expect(html).not.toMatch(/<style|<script(?![^>]* src=)| style=| on\w+=/);
  const named = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = '']) => address);
  expect(named.filter((address) => !address.startsWith('./assets/'))).toEqual([]);

  const gzipped = (ending: string) =>
    named.filter((address) => address.endsWith(ending)).reduce((sum, address) => sum + gzipSync(readFileSync(join(folder.path, address))).length, 0);
  expect(gzipped('.js')).toBeLessThan(SCRIPT_MAX_BYTES);
  expect(gzipped('.css')).toBeLessThan(STYLE_MAX_BYTES);

  const worker = readFileSync(join(folder.path, 'service-worker.js'), 'utf8');
  const files = readdirSync(join(folder.path, 'assets')).filter((name) => !/\.(br|gz)$/.test(name));
  expect(files.filter((name) => !worker.includes(`"assets/${name}"`))).toEqual([]);
  expect(files.filter((name) => /\.(js|css)$/.test(name) && !existsSync(join(folder.path, 'assets', `${name}.br`)))).toEqual([]);
});

/** What a copy of the sources holds, without what is installed or built. */
const isSource = (path: string) => !['node_modules', 'dist', '.git', '.data'].includes(basename(path));

it('without a registry a start goes on without the page, and says so in one line', () => {
  using folder = temporaryFolder();
  for (const part of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'patches', 'tools', 'apps', 'packages', 'bench', 'attacks'])
    cpSync(join(root, part), join(folder.path, part), { recursive: true, filter: isSource });
  const nowhere = { npm_config_registry: 'http://127.0.0.1:9', npm_config_cache: join(folder.path, 'cache') };
  const build = () =>
    spawnSync('sh', [join(folder.path, 'apps', 'web', 'build-once.sh')], { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: folder.path, ...nowhere } });
  const { status, stderr } = build();
  expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 0, lines: 1 });
  expect(stderr).toMatch(/^The page could not be built/);
  expect(existsSync(join(folder.path, 'apps', 'web', 'dist'))).toBe(false);
});
