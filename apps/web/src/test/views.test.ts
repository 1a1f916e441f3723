import { join } from 'node:path';
import { readPage, startTestApi } from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import axe from 'axe-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { withSample } from '../testing/sample.ts';
import { openSite, type Site } from '../testing/site.ts';
import { VIEWS } from '../testing/views.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

/** Runs axe in the page: its text comes by the debugger, so the policy of the page stays as it is. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`,
  );
}

const sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };
const looks = (['light', 'dark'] as const).flatMap((colorScheme) => Object.entries(sizes).map(([size, viewport]) => ({ size, colorScheme, viewport })));

/** A folder, from that of the page, where `pnpm --dir apps/web screenshots` wants a picture of each view. */
const { TODO_SCREENSHOTS } = process.env;

inBrowser.each(looks)('axe finds nothing in any view: $colorScheme, $size', async ({ size, colorScheme, viewport }) => {
  const { page, person } = await site.visit({ colorScheme, viewport });
  const found: string[] = [];
  const look = async (name: string) => {
    found.push(...(await violations(page)).map((text) => `${name}: ${text}`));
    if (TODO_SCREENSHOTS && !name.startsWith('not pictured'))
      await page.screenshot({ path: join(import.meta.dirname, '../..', TODO_SCREENSHOTS, `${name}-${size}-${colorScheme}.png`) });
  };
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await look('signin');
  await withSample(page, person);
  for (const [name, show] of Object.entries(VIEWS)) {
    await show(page);
    await look(name);
    await expect
      .poll(async () => {
        await page.keyboard.press('Escape');
        return page.locator('.overlay, .popover').count();
      })
      .toBe(0);
  }
  expect(found).toEqual([]);
});

inBrowser('who wants less motion gets none', async () => {
  const { page } = await site.signedUp({ reducedMotion: 'reduce' });
  await page.getByRole('button', { name: 'New list' }).click();
  await page.getByRole('dialog').waitFor();
  const moving = `document.getAnimations().filter((each) => each.effect.getComputedTiming().activeDuration > 1).length`;
  expect(await page.evaluate<number>(moving)).toBe(0);
});
