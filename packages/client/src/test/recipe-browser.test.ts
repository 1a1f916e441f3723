import { join } from 'node:path';
import { startTestApi } from '@todo/api/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { inBrowser } from '../testing/browser.ts';
import { openPages, type Pages } from '../testing/pages.ts';
import { type RecipeFolder, writeRecipes } from '../testing/recipes.ts';
import { newcomer } from '../testing/replica.ts';
import { PAGE_PATH } from '../testing/site.ts';

let written: RecipeFolder;
let pages: Pages;
beforeAll(async () => {
  written = await writeRecipes('');
  pages = await openPages(startTestApi, join(written.folder, 'vite-react', 'src', 'main.tsx'));
});
afterAll(async () => {
  await pages[Symbol.asyncDispose]();
  written[Symbol.dispose]();
});

const visit = async () => {
  const { open, errors } = await pages.browser.profile(`${pages.network.url}${PAGE_PATH}`);
  return { page: await open(), open, errors };
};
const titles = (page: Page) => page.getByRole('listitem').allTextContents();
const untilTitles = (page: Page, expected: string[]) => expect.poll(() => titles(page)).toEqual(expected);
const untilStatus = (page: Page, expected: RegExp) => expect.poll(() => page.locator('form').textContent()).toMatch(expected);

async function enter(page: Page, { email, password }: { email: string; password: string }, button: 'Sign in' | 'Sign up') {
  await page.getByPlaceholder('E-mail').fill(email);
  await page.getByPlaceholder('Password').fill(password);
  await page.getByRole('button', { name: button }).click();
}
async function add(page: Page, title: string) {
  await page.getByPlaceholder('New task').fill(title);
  await page.getByPlaceholder('New task').press('Enter');
}

inBrowser('the list with Vite and React is live, optimistic and offline for each of its users', async () => {
  const ada = newcomer();
  const { page, open, errors } = await visit();
  await enter(page, ada, 'Sign up');
  await add(page, 'Buy milk');
  await untilTitles(page, ['Buy milk']);
  await untilStatus(page, /live, 0 waiting/);

  const { page: other } = await visit();
  const alerts: string[] = [];
  other.on('dialog', (dialog) => {
    alerts.push(dialog.message());
    void dialog.accept();
  });
  await enter(other, { ...ada, password: 'wrong horse' }, 'Sign in');
  await expect.poll(() => alerts).toEqual(['TodoError: Invalid email or password']);
  await enter(other, ada, 'Sign in');
  await untilTitles(other, ['Buy milk']);
  await add(other, 'Buy bread');
  await untilTitles(page, ['Buy milk', 'Buy bread']);

  pages.network.cut();
  await untilStatus(page, /offline/);
  await add(page, 'Written offline');
  await untilTitles(page, ['Buy milk', 'Buy bread', 'Written offline']);
  await page.close();
  const again = await open();
  await untilTitles(again, ['Buy milk', 'Buy bread', 'Written offline']);
  await untilStatus(again, /offline, 1 waiting/);
  pages.network.mend();
  await untilTitles(other, ['Buy milk', 'Buy bread', 'Written offline']);
  await untilStatus(again, /live, 0 waiting/);

  await again.getByText('Buy milk').click();
  await untilTitles(other, ['Buy bread', 'Written offline']);
  await untilTitles(again, ['Buy bread', 'Written offline']);

  const { page: another } = await visit();
  await enter(another, newcomer('Ben'), 'Sign up');
  await untilStatus(another, /live/);
  expect(await titles(another)).toEqual([]);
  expect(errors).toEqual([]);
});
