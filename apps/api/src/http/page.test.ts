import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { BASE_URL, startTestApi } from '../testing/api.ts';
import { readPage } from './page.ts';

const SCRIPT = 'console.log("page")';

/** A folder as Vite leaves it. */
function builtPage(): { folder: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'todo-page-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="./assets/index-1a.js"></script>');
  writeFileSync(join(folder, 'assets', 'index-1a.js'), SCRIPT);
  writeFileSync(join(folder, 'assets', 'index-1a.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(join(folder, 'service-worker.js'), SCRIPT);
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

it('the built page is at /: its files are compressed and cached for good, the page itself is asked for each time', async () => {
  using built = builtPage();
  await using api = await startTestApi({ page: readPage(built.folder, BASE_URL) });
  const index = await api.fetch('/');
  expect(await index.text()).toContain('src="/assets/index-1a.js"');
  expect(index.headers.get('cache-control')).toBe('no-cache');
  expect(index.headers.get('content-type')).toMatch(/^text\/html/);
  const worker = await api.fetch('/service-worker.js');
  expect(worker.headers.get('cache-control')).toBe('no-cache');
  expect(worker.headers.get('content-type')).toMatch(/^text\/javascript/);

  const plain = await api.fetch('/assets/index-1a.js');
  expect(await plain.text()).toBe(SCRIPT);
  expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(plain.headers.get('content-type')).toMatch(/^text\/javascript/);
  const compressed = await api.fetch('/assets/index-1a.js', { headers: { 'accept-encoding': 'gzip, br' } });
  expect(compressed.headers.get('content-encoding')).toBe('br');
  expect(compressed.headers.get('vary')).toMatch(/accept-encoding/i);
});

it('nothing outside of its folder of assets is served', async () => {
  using built = builtPage();
  await using api = await startTestApi({ page: readPage(built.folder, BASE_URL) });
  for (const path of ['/assets/missing.js', '/assets/../secret.txt', '/assets/%2e%2e/secret.txt', '/assets/..%2fsecret.txt', '/secret.txt', '/index.html']) {
    const { status } = await api.fetch(path);
    expect(status, path).toBe(404);
  }
});

it('below a path the page names its files with that path', async () => {
  using built = builtPage();
  const page = readPage(built.folder, 'https://host.example/todo');
  const index = await page?.request('/');
  expect(await index?.text()).toContain('src="/todo/assets/index-1a.js"');
});

it('without a built page there is the landing page, and both have a policy without inline code', async () => {
  await using api = await startTestApi({ page: readPage(tmpdir(), BASE_URL) });
  const landing = await api.fetch('/');
  const style = /<style>([\s\S]*)<\/style>/.exec(await landing.text())?.[1] ?? '';
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style))).toString('base64');
  const policy = landing.headers.get('content-security-policy');
  expect(policy).toContain(`'sha256-${hash}'`);
  expect(policy).not.toContain('unsafe');
});
