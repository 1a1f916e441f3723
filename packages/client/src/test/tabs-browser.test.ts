import { startTestApi } from '@todo/api/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { inBrowser } from '../testing/browser.ts';
import { create, openPages, type Pages, pendingIn, queue, untilState, untilTitles } from '../testing/pages.ts';

let pages: Pages;
beforeAll(async () => {
  pages = await openPages(startTestApi);
});
afterAll(() => pages[Symbol.asyncDispose]());

inBrowser('two tabs have one stream, and both show a change in one before the server has answered', async () => {
  const { open, first, errors } = await pages.signedUp();
  const second = await open();
  await untilState(second, 'live');
  expect(pages.site.streams()).toBe(1);
  await create(second, 'Made online');
  await untilTitles(first, ['Made online']);
  pages.network.cut();
  for (const tab of [first, second]) await untilState(tab, 'offline');
  await queue(first, 'In the first');
  await queue(second, 'In the second');
  for (const tab of [first, second]) await untilTitles(tab, ['Made online', 'In the first', 'In the second']);
  pages.network.mend();
  for (const tab of [first, second]) {
    await untilState(tab, 'live');
    await expect.poll(() => pendingIn(tab)).toBe(0);
  }
  expect(errors).toEqual([]);
});

inBrowser('eight tabs have one stream, a call in each answers, and a change in one shows in all', async () => {
  const { open, first, errors, context } = await pages.signedUp();
  const tabs = [first];
  for (let i = 1; i < 8; i += 1) tabs.push(await open());
  await Promise.all(tabs.map((tab) => untilState(tab, 'live')));
  expect(pages.site.streams()).toBe(1);
  const titles = tabs.map((_, i) => `In tab ${i}`);
  await Promise.all(tabs.map((tab, i) => create(tab, titles[i] ?? '')));
  await Promise.all(tabs.map((tab) => untilTitles(tab, titles)));
  await context.close();
  await expect.poll(() => pages.site.streams()).toBe(0);
  expect(errors).toEqual([]);
});

inBrowser('when the tab with the stream is closed another one goes on, with the changes that wait', async () => {
  const { open, first, errors } = await pages.signedUp();
  const second = await open();
  await untilState(second, 'live');
  pages.network.cut();
  for (const tab of [first, second]) await untilState(tab, 'offline');
  await queue(first, 'Queued in the first');
  await queue(second, 'Queued in the second');
  await first.close();
  pages.network.mend();
  await untilState(second, 'live');
  await expect.poll(() => pendingIn(second)).toBe(0);
  await untilTitles(second, ['Queued in the first', 'Queued in the second']);
  expect(pages.site.streams()).toBe(1);
  const third = await open();
  await untilTitles(third, ['Queued in the first', 'Queued in the second']);
  expect(errors).toEqual([]);
});
