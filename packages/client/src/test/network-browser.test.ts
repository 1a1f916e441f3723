import { startTestApi } from '@todo/api/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { inBrowser } from '../testing/browser.ts';
import type { App } from '../testing/page.ts';
import { create, openPages, type Pages, pendingIn, queue, untilState, untilTitles } from '../testing/pages.ts';
import { PAGE_PATH } from '../testing/site.ts';

declare const app: App;

let pages: Pages;
beforeAll(async () => {
  pages = await openPages(startTestApi);
});
afterAll(() => pages[Symbol.asyncDispose]());

const reasonIn = (page: Page) => page.evaluate(() => app.replica.error?.reason);

inBrowser.each(['cut', 'hang', 'offline'] as const)('%s: every tab says that it is offline and why, and nothing is lost', async (failure) => {
  const { open, first, context, errors } = await pages.signedUp();
  const second = await open();
  const tabs = [first, second];
  await create(first, 'Before');
  for (const tab of tabs) await untilTitles(tab, ['Before']);
  if (failure === 'offline') await context.setOffline(true);
  else pages.network[failure]();
  await queue(second, 'Queued');
  await Promise.all(tabs.map((tab) => untilState(tab, 'offline')));
  for (const tab of tabs) expect(await reasonIn(tab)).toBe(failure === 'hang' ? 'CALL_TIMED_OUT' : 'SERVER_UNREACHABLE');
  await context.setOffline(false);
  pages.network.mend();
  for (const tab of tabs) {
    await untilState(tab, 'live');
    await expect.poll(() => pendingIn(tab)).toBe(0);
    await untilTitles(tab, ['Before', 'Queued']);
    expect(await reasonIn(tab)).toBeUndefined();
  }
  expect(errors).toEqual([]);
});

inBrowser('a wrong port, and a server that does not trust the page, are told as such', async () => {
  const { origin } = await pages.signedUp();
  const told = async (page: string, server: string) => {
    const { open } = await pages.browser.profile(`${page}${PAGE_PATH}`);
    const tab = await open(`?server=${encodeURIComponent(server)}`);
    await untilState(tab, 'offline');
    return reasonIn(tab);
  };
  expect(await told(origin, 'http://127.0.0.1:4')).toBe('SERVER_UNREACHABLE');
  expect(await told(origin.replace('127.0.0.1', 'localhost'), origin)).toBe('ORIGIN_REFUSED');
});
