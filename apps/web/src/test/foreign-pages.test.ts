import { readPage, startTestApi } from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Foreign, forgeries, openForeign, strangers } from '../testing/foreign.ts';
import { openSite, type Site } from '../testing/site.ts';
import { add, untilSaved } from '../testing/tasks.ts';

let site: Site;
let foreign: Foreign;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
  foreign = await openForeign();
});
afterAll(async () => {
  await foreign[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
});

/** What the page's user has, as the server says. */
const own = (page: Page) =>
  page.evaluate<string>(`(async () => {
    const read = async (path) => (await fetch(path)).text();
    const session = JSON.parse(await read('/api/auth/get-session'));
    const sessions = JSON.parse(await read('/api/auth/list-sessions')).sessions.map(({ id }) => id);
    return JSON.stringify([session?.user.email, session?.user.name, session?.session.id, sessions, await read('/trpc/tasks.list'), await read('/trpc/history.list'), await read('/trpc/lists.list')]);
  })()`);

describe.each(strangers)('a page of %s', (from) => {
  inBrowser('changes nothing for its visitor, signs nobody in or out, and reads nothing', async () => {
    const ada = await site.signedUp();
    await add(ada.page, 'Hers');
    await untilSaved(ada.page);
    const before = await own(ada.page);
    expect(before).toContain('Hers');
    const eve = await site.api.signUp('Eve');
    const page = await foreign.visit(ada, from);
    let carried = 0;
    page.on('request', async (request) => {
      const { cookie } = await request.allHeaders().catch((): Record<string, string> => ({}));
      if (request.url().startsWith(site.network.url) && cookie?.includes('session_token')) carried += 1;
    });
    for (const [name, program] of Object.entries(forgeries(site, eve.email))) {
      await page.evaluate(program);
      expect(await own(ada.page), name).toBe(before);
    }
    // The cookie came along, so it was the server that refused it.
    if (from === 'the same site') expect(carried).toBeGreaterThan(20);
    for (const path of ['/trpc/tasks.list', '/export', '/api/auth/get-session', '/api/v1/tasks', '/'])
      for (const mode of ['cors', 'no-cors']) {
        const read = `fetch('${site.network.url}${path}', { credentials: 'include', mode: '${mode}' }).then((answer) => answer.text(), () => '')`;
        expect(await page.evaluate<string>(read), path).toBe('');
      }
    ada.errors.length = 0;
  });

  inBrowser('cannot show the page in a frame, nor keep hold of a window that it opens', async () => {
    const ada = await site.signedUp();
    const page = await foreign.visit(ada, from);
    await page.evaluate(`Promise.all(['iframe', 'object', 'embed'].map((tag) => new Promise((resolve) => {
      const element = document.createElement(tag);
      element.onload = element.onerror = () => resolve();
      element[tag === 'object' ? 'data' : 'src'] = '${site.network.url}/';
      setTimeout(resolve, 2_000);
      document.body.append(element);
    }))).then(() => undefined)`);
    const shown = await Promise.all(page.frames().map((frame) => frame.evaluate<string>('document.body?.innerText ?? ""').catch(() => '')));
    expect(shown.join()).not.toMatch(/Inbox|Add a task/);

    const opening = ada.context.waitForEvent('page');
    await page.evaluate(`void (globalThis.opened = open('${site.network.url}/'))`);
    const opened = await opening;
    await opened.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
    expect(await opened.evaluate('opener')).toBeNull();
    await expect.poll(() => page.evaluate('opened.closed')).toBe(true);
    await page.evaluate(`void (opened.location = '${new URL(page.url()).origin}/phish')`);
    expect(foreign.asked.filter(({ path }) => path === '/phish')).toEqual([]);
    expect(opened.url()).toMatch(new RegExp(`^${site.network.url}/`));
    ada.errors.length = 0;
  });
});

inBrowser('no address of the page leads to another site, or says to it what is in the address', async () => {
  const { page, context, open } = await site.visit();
  const elsewhere: string[] = [];
  context.on('request', (request) => {
    if (!request.url().startsWith(site.network.url) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
  });
  const evil = ['//evil.example', 'https://evil.example', 'javascript:alert(1)', '%2f%2fevil.example', '\\\\evil.example', '/\\evil.example'];
  const names = ['redirect', 'redirectTo', 'callbackURL', 'errorCallbackURL', 'next', 'url', 'returnTo', 'continue', 'token'];
  for (const address of evil) {
    const query = names.map((name) => `${name}=${address}`).join('&');
    for (const place of [`#${address}`, `#/${address}`, `#/reset-password?${query}`, `#/list/${address}?${query}`, `?${query}`, `?${query}#/account`]) {
      await page.goto(`${site.network.url}/${place}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(new URL(page.url()).origin).toBe(site.network.url);
    }
  }
  expect(elsewhere).toEqual([]);

  const sent: string[] = [];
  const tab = await open('#/reset-password?token=SecretOfTheLink');
  tab.on('request', async (request) => sent.push(request.url(), JSON.stringify(await request.allHeaders())));
  await tab.getByRole('heading', { level: 1 }).waitFor();
  await tab.reload();
  expect(sent.join('\n')).not.toContain('SecretOfTheLink');
  await tab.evaluate(
    `(() => { const link = document.createElement('a'); link.href = 'http://localhost:${new URL(site.network.url).port}/x'; document.body.append(link); link.click(); })()`,
  );
  await expect.poll(() => tab.url()).toContain('localhost');
  expect(sent.join('\n')).not.toMatch(/"referer":"[^"]/);
});

const texts = [
  '<img src=x onerror="window.hacked=1">',
  '<script>window.hacked=1</script>',
  'javascript:window.hacked=1',
  '"><svg onload=window.hacked=1>',
  '{{constructor.constructor("window.hacked=1")()}}',
];

inBrowser('what a title or an imported file holds is shown as text, and the policy stops what would run', async () => {
  const ada = await site.signedUp();
  const { page, errors } = ada;
  await add(page, ...texts);
  await untilSaved(page);
  for (const text of texts) await page.getByText(text, { exact: true }).first().waitFor();
  const lines = texts.map((text) => `"${text.replaceAll('"', '""')}","${text.replaceAll('"', '""')}"`);
  await page.goto(`${site.network.url}/#/transfer`);
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: '<img src=x onerror=hacked=1>.csv', mimeType: 'text/csv', buffer: Buffer.from(`title,description\n${lines.join('\n')}\n`) });
  await page
    .getByText(texts[0] ?? '')
    .first()
    .waitFor({ state: 'attached' });
  expect(await page.evaluate('typeof window.hacked')).toBe('undefined');
  expect(errors).toEqual([]);

  await page.evaluate(`(() => {
    document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(texts.join(''))});
    for (const attributes of [{ textContent: 'window.hacked = 1' }, { src: 'data:text/javascript,window.hacked=1' }, { src: 'http://localhost:9/x.js' }])
      document.head.append(Object.assign(document.createElement('script'), attributes));
    const link = Object.assign(document.createElement('a'), { href: 'javascript:window.hacked=1' });
    document.body.append(link);
    link.click();
    document.head.append(Object.assign(document.createElement('base'), { href: 'https://evil.example/' }));
  })()`);
  await expect.poll(() => errors.length).toBeGreaterThanOrEqual(6);
  expect(errors.filter((error) => !/Content Security Policy/.test(error))).toEqual([]);
  expect(await page.evaluate('[typeof window.hacked, document.baseURI.startsWith(location.origin)]')).toEqual(['undefined', true]);
  errors.length = 0;
});

inBrowser('the service worker keeps the files of the page, and no answer that a person got', async () => {
  const { page } = await site.signedUp();
  await add(page, 'Private');
  await untilSaved(page);
  await page.evaluate('navigator.serviceWorker.ready.then(() => null)');
  await page.reload();
  await page.getByText('Private').waitFor();
  await page.evaluate(
    `Promise.all(['/trpc/tasks.list', '/export', '/api/auth/get-session', '/api/auth/token', '/api/v1/tasks', '/assets/../trpc/tasks.list'].map((path) => fetch(path)))`,
  );
  const kept = await page.evaluate<{ path: string; text: string }[]>(`(async () => {
    const found = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) found.push({ path: new URL(request.url).pathname, text: await (await cache.match(request)).text() });
    }
    return found;
  })()`);
  expect(kept.length).toBeGreaterThan(3);
  expect(kept.map(({ path }) => path).filter((path) => path !== '/' && !path.startsWith('/assets/'))).toEqual([]);
  expect(kept.filter(({ text }) => text.includes('Private'))).toEqual([]);
});
