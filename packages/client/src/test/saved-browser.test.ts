import { startTestApi } from '@todo/api/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { inBrowser } from '../testing/browser.ts';
import type { App } from '../testing/page.ts';
import { create, openPages, type Pages, pendingIn, queue, stateOf, untilState, untilTitles } from '../testing/pages.ts';

declare const app: App;

let pages: Pages;
beforeAll(async () => {
  pages = await openPages(startTestApi);
});
afterAll(() => pages[Symbol.asyncDispose]());

/** Writes these entries into the storage of a user, as a page that has no replica. */
const write = (page: Page, name: string, entries: [string, unknown][]) =>
  page.evaluate(
    async (given) => {
      const saved = await app.storage.open(given.name);
      await saved.write(given.entries);
      saved.close();
    },
    { name, entries },
  );
const keysIn = (page: Page, name: string) =>
  page.evaluate(async (given) => {
    const saved = await app.storage.open(given);
    const keys = (await saved.read()).map(([key]) => key);
    saved.close();
    return keys;
  }, name);

inBrowser('a page that is loaded without a network shows its data at once, and sends what waits when there is one', async () => {
  const { open, first, person, errors } = await pages.signedUp();
  await create(first, 'Saved');
  pages.network.cut();
  await queue(first, 'Queued before');
  await first.close();
  const again = await open();
  await untilTitles(again, ['Queued before', 'Saved']);
  expect(await stateOf(again)).not.toBe('live');
  await queue(again, 'Queued after');
  pages.network.mend();
  await untilState(again, 'live');
  await expect.poll(() => pendingIn(again)).toBe(0);
  await untilTitles(again, ['Queued after', 'Queued before', 'Saved']);
  expect(await pages.titlesOf(person)).toEqual(['Queued after', 'Queued before', 'Saved']);
  expect(errors).toEqual([]);
});

inBrowser('a tab that is closed while it queues changes loses none that it said is stored', async () => {
  const { open, first, person, errors } = await pages.signedUp();
  const second = await open();
  await untilState(second, 'live');
  const stored: string[] = [];
  for (const tab of [second, first]) {
    await tab.exposeFunction('stored', (title: string) => stored.push(title));
    await tab.evaluate(() => {
      for (let i = 0; i < 60; i += 1) {
        const title = `Change ${i} ${Math.random()}`;
        void app.replica.mutate.tasks.create({ title }).queued.then(() => Reflect.get(globalThis, 'stored')(title));
      }
    });
    const before = stored.length;
    await expect.poll(() => stored.length).toBeGreaterThan(before + 10);
    await tab.close();
  }
  const third = await open();
  await untilState(third, 'live');
  await expect.poll(() => pendingIn(third)).toBe(0);
  const there = await pages.titlesOf(person);
  expect(stored.filter((title) => !there.includes(title))).toEqual([]);
  expect(new Set(there).size).toBe(there.length);
  await untilTitles(third, there);
  expect(errors).toEqual([]);
});

inBrowser.each<{ damage: string; shown: string[]; entries: [string, unknown][] }>([
  { damage: 'has an older form', shown: ['Queued'], entries: [['form', 'older']] },
  { damage: 'has a cursor that no server knows', shown: ['Queued', 'Saved'], entries: [['position', { cursor: 'rubbish', seq: 3 }]] },
  { damage: 'lacks its position', shown: ['Queued'], entries: [['position', undefined]] },
  {
    damage: 'is rubbish',
    shown: ['Queued'],
    entries: [
      ['form', 7],
      ['position', []],
      ['task/x', 'rubbish'],
      ['list/x', null],
      ['change/x', { key: 1 }],
    ],
  },
])('saved state that $damage starts anew, and keeps the changes that wait', async ({ shown, entries }) => {
  const { open, first, person, userId, origin, errors } = await pages.signedUp();
  await (await pages.elsewhere(person)).tasks.create({ title: 'Saved' });
  await untilTitles(first, ['Saved']);
  pages.network.cut();
  await queue(first, 'Queued');
  const name = `todo ${origin} ${userId}`;
  await first.evaluate(() => app.replica.close());
  await write(first, name, entries);
  const second = await open();
  await first.close();
  await untilTitles(second, shown);
  pages.network.mend();
  await untilState(second, 'live');
  await untilTitles(second, ['Queued', 'Saved']);
  await expect.poll(() => pendingIn(second)).toBe(0);
  await expect.poll(() => keysIn(second, name)).not.toContain('task/x');
  expect(errors).toEqual([]);
});
