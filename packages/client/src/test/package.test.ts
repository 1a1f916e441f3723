import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestApi } from '@todo/api/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { build } from '../../build/build.ts';
import { inBrowser, openBrowser } from '../testing/browser.ts';
import { listen } from '../testing/client.ts';
import { openSite, PAGE_PATH } from '../testing/site.ts';

const run = promisify(execFile);
const tsc = join(import.meta.dirname, '..', '..', '..', '..', 'node_modules', '.bin', 'tsc');

/** An empty folder of somebody who uses the package, and the tarball. */
let folder: string;
let tarball: string;
/** What npm says if it cannot install the package's dependencies. */
let failure: string | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'todo-user-'));
  const dist = join(folder, 'dist');
  await build(dist);
  const { stdout } = await run('npm', ['pack', dist, '--pack-destination', folder, '--json'], { cwd: folder });
  tarball = join(folder, JSON.parse(stdout)[0].filename);
  rmSync(dist, { recursive: true });
  mkdirSync(join(folder, 'app'));
  writeFileSync(join(folder, 'app', 'package.json'), JSON.stringify({ name: 'app', type: 'module', private: true }));
  const install = run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: join(folder, 'app') });
  failure = await install.then(
    () => undefined,
    ({ stderr }) => String(stderr),
  );
  if (failure !== undefined) console.log(`The package was not tried, because npm could not install what it needs: ${failure}`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Without a registry there is nothing to try; where all is tested there must be one. */
const tryIt = (name: string, test: () => Promise<void>) =>
  it(name, async ({ skip }) => {
    skip(failure !== undefined && process.env.CI === undefined, 'npm cannot install the dependencies');
    expect(failure).toBeUndefined();
    await test();
  });

const app = (...path: string[]) => join(folder, 'app', ...path);

tryIt('brings what its types and scripts need, and nothing of the server', async () => {
  const installed = readdirSync(app('node_modules'));
  expect(installed).toEqual(expect.arrayContaining(['@todo', '@trpc', 'zod']));
  expect(installed.filter((name) => /drizzle|better-auth|postgres|hono|react/.test(name))).toEqual([]);
  expect(readdirSync(app('node_modules', '@todo'))).toEqual(['client']);
  const files = readdirSync(app('node_modules', '@todo', 'client'), { recursive: true, encoding: 'utf8' });
  expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'index.js', 'index.js.map', 'import.js']));
  expect(files.filter((file) => /\.test\.|testing|fixtures|(?<!\.d)\.ts$/.test(file))).toEqual([]);
  const manifest = JSON.parse(readFileSync(app('node_modules', '@todo', 'client', 'package.json'), 'utf8'));
  expect(manifest).toMatchObject({ type: 'module', sideEffects: false });
  expect(JSON.stringify(manifest)).not.toMatch(/workspace:|\/src\/(?![\w-]+\.d\.ts)|private/);
});

const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
/** The program in the README, for a server at this address, which is an expression. */
const programOf = (address: string) => (/```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '').replace("'http://localhost:3000'", address);

tryIt('the lines in its README are type-checked with its libraries, and run in Node against a server', async () => {
  await using api = await startTestApi();
  await using server = await listen((request) => api.fetch(request.url, request));
  writeFileSync(app('program.ts'), programOf(`'${server.url}'`));
  for (const [module, moduleResolution] of Object.entries({ nodenext: 'nodenext', esnext: 'bundler' })) {
    const lib = ['es2022', 'esnext.disposable', 'dom'];
    const compilerOptions = { strict: true, skipLibCheck: false, target: 'es2022', lib, types: [], module, moduleResolution, outDir: 'out' };
    writeFileSync(app('tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const complaints = await run(tsc, ['-p', '.'], { cwd: app() }).then(
      () => '',
      ({ stdout }) => stdout,
    );
    expect(complaints, module).toBe('');
  }
  const { stdout, stderr } = await run(process.execPath, ['--enable-source-maps', join('out', 'program.js')], { cwd: app() });
  expect([stdout, stderr]).toEqual(["[ 'Buy milk', 'Read a book' ]\nCall Bob\nINVALID_INPUT [ 'must not be blank' ]\n", '']);
});

inBrowser('the same lines run in a browser', async ({ skip }) => {
  skip(failure !== undefined && process.env.CI === undefined, 'npm cannot install the dependencies');
  writeFileSync(app('page.ts'), `${programOf('location.origin')}\ndocument.title = 'done';\n`);
  const browser = await openBrowser();
  await using site = await openSite(app('page.ts'), 1);
  await using api = await startTestApi({ trustedOrigins: site.origins });
  await using server = await listen((request) => api.fetch(request.url, request));
  site.forwardTo(server.url);
  const profile = await browser.profile(`${site.origins[0]}${PAGE_PATH}`);
  const lines: string[] = [];
  profile.context.on('console', (message) => message.type() === 'log' && lines.push(message.text()));
  const page = await profile.open();
  await expect.poll(() => page.title()).toBe('done');
  expect(lines).toEqual(['[Buy milk, Read a book]', 'Call Bob', 'INVALID_INPUT [must not be blank]']);
  expect(profile.errors).toEqual([]);
});
