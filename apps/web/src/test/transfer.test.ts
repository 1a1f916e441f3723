import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPage, startTestApi } from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openSite, type Site } from '../testing/site.ts';
import { add, untilSaved, untilTitles, view } from '../testing/tasks.ts';

const FIXTURES = join(import.meta.dirname, '../../../../packages/client/fixtures');

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

async function choose(page: Page, file: string): Promise<void> {
  const opening = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a file' }).click();
  await (await opening).setFiles(join(FIXTURES, file));
}

inBrowser('a file is shown before it is imported, imported, and taken back', async () => {
  const { page } = await site.signedUp();
  await view(page, 'Import and export');
  await choose(page, 'todoist-levels.csv');
  const tasks = page.getByRole('table').locator('tbody tr');
  await page.getByText('What will be imported').click();
  const shown = await tasks.count();
  expect(shown).toBeGreaterThan(3);
  const title = await tasks.first().locator('td').first().textContent();
  await page.getByRole('button', { name: `Import ${shown} tasks` }).click();
  await page.getByRole('main').getByText(`Imported ${shown} tasks.`).waitFor();
  await page.keyboard.press('/');
  await page.getByRole('searchbox').fill(title ?? '');
  await untilTitles(page, [title ?? '']);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await page.getByText('Nothing found').waitFor();
});

inBrowser('a file is asked about that can be read in two ways, and one that cannot be read says why', async () => {
  const { page } = await site.signedUp();
  await view(page, 'Import and export');
  await choose(page, 'csv-ambiguous-dates.csv');
  await page.getByRole('button', { name: 'day first' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await choose(page, 'binary.zip');
  await expect.poll(() => page.locator('.import-message').textContent()).not.toBe('');
});

inBrowser('everything is downloaded as JSON, which can be imported by another person, and as CSV and iCalendar', async () => {
  const { page } = await site.signedUp();
  await add(page, 'Buy milk', 'Say "cheese", twice');
  await untilSaved(page);
  await view(page, 'Import and export');
  const download = async (format: string) => {
    const arriving = page.waitForEvent('download');
    await page.getByRole('button', { name: `Download ${format}` }).click();
    const file = await arriving;
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
  };
  const json = await download('JSON');
  expect(json.name).toMatch(/^todo-\d{4}-\d\d-\d\d\.json$/);
  const titled = (title: string): unknown => expect.objectContaining({ title });
  expect(JSON.parse(json.text)).toMatchObject({ tasks: expect.arrayContaining([titled('Buy milk'), titled('Say "cheese", twice')]) });
  const csv = await download('CSV');
  expect(csv.name).toMatch(/\.csv$/);
  expect(csv.text).toContain('"Say ""cheese"", twice"');
  const calendar = await download('iCalendar');
  expect(calendar.name).toMatch(/\.ics$/);
  expect(calendar.text).toContain('SUMMARY:Buy milk');

  const { page: other } = await site.signedUp();
  await view(other, 'Import and export');
  const opening = other.waitForEvent('filechooser');
  await other.getByRole('button', { name: 'Choose a file' }).click();
  await (await opening).setFiles({ name: json.name, mimeType: 'application/json', buffer: Buffer.from(json.text) });
  await other.getByRole('button', { name: 'Import 2 tasks' }).click();
  await other.getByRole('main').getByText('Imported 2 tasks.').waitFor();
  await view(other, 'Inbox');
  await untilTitles(other, ['Buy milk', 'Say "cheese", twice']);
});
