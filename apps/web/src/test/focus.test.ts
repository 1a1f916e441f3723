import { codeOf, readPage, startTestApi } from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { beginSecondFactor, finishSecondFactor } from '../testing/account.ts';
import { openSite, type Site } from '../testing/site.ts';
import { add, details, focused, untilSaved, view } from '../testing/tasks.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

const untilFocused = (page: Page, name: string) => expect.poll(() => focused(page)).toBe(name);
/** The label of the field that has the focus. */
const untilInField = (page: Page, label: string) =>
  expect.poll(() => page.evaluate<string>('document.activeElement.labels?.[0]?.innerText ?? document.activeElement.tagName')).toContain(label);
const press = async (page: Page, name: string) => page.getByRole('button', { name, exact: true }).press('Enter');

inBrowser('a control of the details that goes when it is pressed leaves the focus beside it', async () => {
  const { page } = await site.signedUp();
  await add(page, 'Pack');
  const pane = await details(page, 'Pack');
  await press(page, 'Tomorrow');
  await untilInField(page, 'Due');
  await pane.getByLabel('Add a reminder').selectOption('1 hour before');
  await press(page, 'Remove reminder 1 hour before');
  await untilFocused(page, 'Add a reminder');
  await press(page, 'Clear due');
  await untilInField(page, 'Due');
  for (const name of ['travel', 'summer']) {
    await pane.getByLabel('Add a label').fill(name);
    await page.keyboard.press('Enter');
  }
  await press(page, 'Remove label travel');
  await untilFocused(page, 'Remove label summer');
  // A message at the foot of the page gives back what it took.
  await press(page, 'Dismiss');
  await untilFocused(page, 'Remove label summer');
});

inBrowser('who presses beside all controls has no focus, whatever changes then', async () => {
  const { page, context } = await site.signedUp();
  await add(page, 'One');
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).click();
  const tag = () => page.evaluate<string>('document.activeElement.tagName');
  await expect.poll(tag).toBe('BODY');
  const other = await context.newPage();
  await other.goto(page.url());
  await add(other, 'Two');
  await page.getByRole('row', { name: /^Two/ }).waitFor();
  await untilSaved(page);
  expect(await tag()).toBe('BODY');
});

inBrowser('a step of an import, and a download, keep the focus in their place', async () => {
  const { page } = await site.signedUp();
  await view(page, 'Import and export');
  const opening = page.waitForEvent('filechooser');
  await press(page, 'Choose a file');
  await (await opening).setFiles({ name: 'tasks.csv', mimeType: 'text/csv', buffer: Buffer.from('title,due\nOne,03/04/2026\n') });
  await page.getByRole('group', { name: 'Dates in this file can be read in two ways.' }).waitFor();
  await page.keyboard.press('Tab');
  await untilFocused(page, 'BUTTON');
  await page.keyboard.press('Enter');
  await page.getByText('1 task and 0 lists found (CSV).').waitFor();
  await press(page, 'Import 1 task');
  await page.getByRole('main').getByText('Imported 1 task.').waitFor();
  await page.keyboard.press('Tab');
  await expect.poll(() => page.evaluate('document.activeElement.closest(".import") !== null')).toBe(true);
  const download = page.waitForEvent('download');
  await press(page, 'Download CSV');
  await download;
  await untilFocused(page, 'Download CSV');
});

inBrowser('a dialog whose button has gone meanwhile leaves the focus in its section', async () => {
  const { page, person } = await site.signedUp();
  const secret = await beginSecondFactor(page, person.password);
  await finishSecondFactor(page, codeOf(secret));
  await expect.poll(() => page.evaluate('document.activeElement.innerText')).toBe('New recovery codes …');
});
