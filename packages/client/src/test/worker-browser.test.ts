import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { inBrowser, openBrowser, type TestBrowser } from '../testing/browser.ts';

const SOURCE = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'apps', 'web', 'service-worker.js'), 'utf8');

let chromium: TestBrowser;
beforeAll(async () => {
  chromium = await openBrowser();
});

/** A site that is at one version of the page, with one file, at a time. */
async function openVersions() {
  const site = { version: 1, status: 200 };
  const server = createServer(({ url }, response) => {
    const asset = `assets/v${site.version}.js`;
    const files = new Map([
      ['/page/', ['text/html', `<!doctype html><title>Version ${site.version}</title><script type="module" src="${asset}"></script>`]],
      [`/page/${asset}`, ['text/javascript', `export const version = ${site.version};`]],
      ['/page/service-worker.js', ['text/javascript', `const FILES = ${JSON.stringify(['./', asset])};\n${SOURCE}`]],
      ['/login', ['text/html', '<!doctype html><title>Login</title>']],
      ['/outside', ['text/html', '<!doctype html><title>Outside</title>']],
    ]);
    const [type, text] = files.get(url ?? '') ?? [];
    if (url === '/page/' && site.status !== 200) response.writeHead(site.status, { location: '/login' }).end('Refused.');
    else response.writeHead(type ? 200 : 404, { 'content-type': type ?? 'text/plain', 'cache-control': 'no-store' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const profile = await chromium.profile(`${origin}/outside`);
  const page = await profile.open();
  const open = () => page.goto(`${origin}/page/`);
  const begin = async () => {
    await open();
    await page.evaluate("caches.open('of another application').then(() => {})");
    await page.evaluate("navigator.serviceWorker.register('service-worker.js').then(() => {})");
    await page.waitForFunction('navigator.serviceWorker.controller !== null');
  };
  /** Until the worker of this version is in charge. */
  const update = async (version: number) => {
    site.version = version;
    await page.evaluate('navigator.serviceWorker.ready.then((registration) => registration.update()).then(() => {})');
    await expect
      .poll(() =>
        page.evaluate(`navigator.serviceWorker.ready.then(({ active }) => caches.match('assets/v${version}.js').then((kept) => kept && active.state))`),
      )
      .toBe('activated');
  };
  return { site, page, open, begin, update, [Symbol.dispose]: () => server.close() };
}

describe('the service worker of the page', () => {
  inBrowser('opens what it has kept while the server fails, and follows a proxy that sends elsewhere', async () => {
    using versions = await openVersions();
    const { site, page, open, begin } = versions;
    await begin();
    for (const [status, title] of [
      [503, 'Version 1'],
      [502, 'Version 1'],
      [302, 'Login'],
      [403, ''],
    ] as const) {
      site.status = status;
      await open();
      expect([status, await page.title()]).toEqual([status, title]);
    }
  });

  inBrowser('keeps the files of the page that is still open after an upgrade, and leaves other caches alone', async () => {
    using versions = await openVersions();
    const { page, begin, update } = versions;
    await begin();
    const keptOf = (version: number) => page.evaluate(async (file) => (await fetch(file)).status, `assets/v${version}.js`);
    await update(2);
    expect([await keptOf(1), await keptOf(2)]).toEqual([200, 200]);
    await update(3);
    await expect.poll(async () => [await keptOf(1), await keptOf(2), await keptOf(3)]).toEqual([404, 200, 200]);
    expect(await page.evaluate("caches.has('of another application')")).toBe(true);
  });
});
