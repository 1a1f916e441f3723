import { readPage, startTestApi } from '@todo/api/testing';
import { inBrowser } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openSite, type Site } from '../testing/site.ts';
import { add, details, untilSaved, untilTitles, view } from '../testing/tasks.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

inBrowser('the history of a task and of everything is shown, one change of it is undone, and everything goes back after a preview', async () => {
  const { page } = await site.signedUp();
  await add(page, 'One', 'Two', 'Three');
  const pane = await details(page, 'Two');
  await pane.getByLabel('Title').fill('Second');
  await page.keyboard.press('Enter');
  await pane.getByLabel('Priority').selectOption('High');
  await pane.getByRole('button', { name: 'Next week' }).click();
  await pane.getByLabel('Repeat').selectOption('Every day');
  await pane.getByLabel('Add a reminder').selectOption('1 hour before');
  await untilTitles(page, ['One', 'Second', 'Three']);
  await untilSaved(page);

  await pane.getByRole('button', { name: 'History of this task' }).click();
  const dialog = page.getByRole('dialog', { name: 'History of “Second”' });
  await expect
    .poll(() =>
      dialog
        .getByRole('listitem')
        .filter({ hasText: /Second (created|changed)/ })
        .count(),
    )
    .toBe(6);
  await dialog.getByText('title Two → Second').waitFor();
  // As the page says it elsewhere.
  for (const text of ['recurrence empty → Every day', 'reminders empty → 1 hour before', /due date empty → \w{3},? \d/]) await dialog.getByText(text).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await (await details(page, 'Three')).getByRole('button', { name: 'Delete task' }).click();
  await untilSaved(page);

  await view(page, 'History');
  const changes = page.getByRole('main').locator('ol > li');
  await expect.poll(() => changes.count()).toBe(9);
  await changes.filter({ hasText: 'title Two → Second' }).getByRole('button', { name: 'Undo this change' }).click();
  await changes.filter({ hasText: /Two set back.*title Second → Two/s }).waitFor();
  // Once more there is nothing to undo: the title is another one.
  await changes.filter({ hasText: 'title Two → Second' }).getByRole('button', { name: 'Undo this change' }).click();
  await page.getByText('Nothing is undone: 1 entry has changed since.').waitFor();

  // To the moment after the second task was added.
  await changes
    .filter({ hasText: /Two created/ })
    .getByRole('button', { name: 'Rewind to here' })
    .click();
  const preview = page.getByRole('alertdialog');
  await preview.getByText('This restores 0, changes 1 and deletes 0 tasks and lists.').waitFor();
  await preview.getByRole('button', { name: 'Rewind', exact: true }).click();
  await page.getByText('Everything is as it was then.').waitFor();
  await view(page, 'Inbox');
  await untilTitles(page, ['One', 'Two']);
  const priority = (await details(page, 'Two')).getByLabel('Priority');
  await expect.poll(() => priority.inputValue()).toBe('none');
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect.poll(() => priority.inputValue()).toBe('high');
});
