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
async function violations(page: Page, options: object = {}): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(axe.source);
  return page.evaluate<string[]>(
    `axe.run(${JSON.stringify({ resultTypes: ['violations'], ...options })}).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`,
  );
}

const sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };
/** In the dark only the colours differ: these are the rules about them. */
const schemes = { light: {}, dark: { runOnly: ['color-contrast', 'link-in-text-block'] } };

/** A folder, from that of the page, where `pnpm --dir apps/web screenshots` wants a picture of each view. */
const { TODO_SCREENSHOTS } = process.env;

inBrowser.each(Object.entries(sizes))('axe finds nothing in any view, in light or dark: %s', async (size, viewport) => {
  const { page, person } = await site.visit({ viewport });
  const found: string[] = [];
  const look = async (name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await violations(page, schemes[colorScheme])).map((text) => `${name}, ${colorScheme}: ${text}`));
      if (TODO_SCREENSHOTS && !name.startsWith('not pictured'))
        await page.screenshot({ path: join(import.meta.dirname, '../..', TODO_SCREENSHOTS, `${name}-${size}-${colorScheme}.png`) });
    }
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
