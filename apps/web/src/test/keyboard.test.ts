import { readPage, startTestApi } from '@todo/api/testing';
import { inBrowser } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openSite, type Site } from '../testing/site.ts';
import { focused, untilTitles } from '../testing/tasks.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

inBrowser('by keyboard alone a person signs up, adds, opens, orders, completes, deletes, undoes, searches, and signs out', async () => {
  const { page, person } = await site.visit();
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const type = (text: string) => page.keyboard.type(text);
  const untilFocused = (name: string) => expect.poll(() => focused(page)).toBe(name);
  const tabTo = async (name: string, back = false) => {
    for (let i = 0; i < 60; i += 1) {
      if (
        (
          await page.evaluate<string>(
            'document.activeElement === document.body ? "" : document.activeElement.innerText || document.activeElement.ariaLabel || ""',
          )
        ).includes(name)
      )
        return;
      await press(back ? 'Shift+Tab' : 'Tab');
    }
    throw new Error(`The tab key does not lead to ${name}.`);
  };

  await page.getByRole('button', { name: 'Create account' }).waitFor();
  await tabTo('Create account');
  await press('Enter');
  await page.getByRole('heading', { name: 'Create your account' }).waitFor();
  await type(person.name);
  await press('Tab');
  await type(person.email);
  await press('Tab');
  await type(person.password);
  await press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();

  await press('n');
  for (const title of ['One', 'Two', 'Three', 'Four']) {
    await type(title);
    await press('Enter');
  }
  await untilFocused('Add a task to Inbox');
  await press('Tab');
  await untilFocused('One');
  await press('ArrowDown', 'Alt+ArrowDown');
  await untilTitles(page, ['One', 'Three', 'Two', 'Four']);
  await untilFocused('Two');
  await press('Alt+ArrowRight');
  await untilTitles(page, ['One', 'Three', '  Two', 'Four']);
  await untilFocused('Two');
  await press('Alt+ArrowLeft');
  await untilTitles(page, ['One', 'Three', 'Two', 'Four']);

  // What disappears hands the focus to the row that comes in its place, and the last one to the one before.
  await untilFocused('Two');
  await press('Space');
  await untilTitles(page, ['One', 'Three', 'Four']);
  await untilFocused('Four');
  await press('Delete');
  await untilTitles(page, ['One', 'Three']);
  await untilFocused('Three');
  await press('Control+z');
  await untilTitles(page, ['One', 'Three', 'Four']);
  await press('Control+z');
  await untilTitles(page, ['One', 'Three', 'Two', 'Four']);
  await untilFocused('Three');

  await press('Enter');
  await page.getByRole('complementary', { name: 'Details' }).waitFor();
  await tabTo('Title');
  await press('Control+a');
  await type('Three and more');
  await press('Enter', 'Escape');
  await untilTitles(page, ['One', 'Three and more', 'Two', 'Four']);
  await untilFocused('Three and more');

  await press('/');
  await untilFocused('Search');
  await type('four');
  await untilTitles(page, ['Four']);
  await press('Tab');
  await untilFocused('Four');
  await press('Delete');
  await page.getByText('Nothing found').waitFor();
  await expect.poll(() => focused(page)).not.toBe('BODY');
  await press('?');
  await page.getByRole('dialog', { name: 'Keyboard and help' }).waitFor();
  await press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await press('g', 'i');
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
  await press('n', 'Escape');
  await tabTo(person.name);
  await press('Enter');
  await page.getByRole('menu').waitFor();
  await press('ArrowDown', 'ArrowDown');
  await expect.poll(() => page.evaluate<string>('document.activeElement.innerText')).toBe('Sign out');
  await press('Enter');
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
});

inBrowser('a task is dragged on another one by keyboard, and the focus comes back', async () => {
  const { page } = await site.signedUp();
  await page.keyboard.press('n');
  for (const title of ['One', 'Two']) {
    await page.keyboard.type(title);
    await page.keyboard.press('Enter');
  }
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('Move One');
  await page.keyboard.press('Enter');
  await expect.poll(() => focused(page)).toBe('One');
  await page.keyboard.press('Escape');
  await expect.poll(() => focused(page)).toBe('Move One');
  await page.keyboard.press('Enter');
  await expect.poll(() => focused(page)).toBe('One');
  await page.keyboard.press('Tab');
  await expect.poll(() => focused(page)).toBe('Two');
  await page.keyboard.press('Enter');
  await untilTitles(page, ['Two', '  One']);
  await expect.poll(() => focused(page)).not.toBe('BODY');
});
