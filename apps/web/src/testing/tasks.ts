import type { Page } from '@todo/client/testing';
import { expect } from 'vitest';

/** The row of a task in the list. */
export const row = (page: Page, title: string) => page.getByRole('row').filter({ has: page.locator('.row-title', { hasText: new RegExp(`^${title}( ·|$)`) }) });

// Programs of the page are texts here, as its types and those of Node differ.
const TITLE = "querySelector('.row-title')?.firstChild?.textContent";

/** The titles in the list, those of subtasks indented. */
const titles = (page: Page) =>
  page.evaluate<string[]>(`[...document.querySelectorAll('[data-task]')].map((row) => '  '.repeat(row.ariaLevel - 1) + row.${TITLE})`);

export const untilTitles = (page: Page, expected: string[]) => expect.poll(() => titles(page)).toEqual(expected);

/** Adds tasks as a person does: one field, and Enter after each. */
export async function add(page: Page, ...names: string[]): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Add a task' });
  await field.click();
  for (const name of names) {
    await page.keyboard.type(name);
    await page.keyboard.press('Enter');
  }
}

/** Opens a view by its link in the sidebar. */
export async function view(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: new RegExp(`^${name}\\b`) }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** Opens the details of a task. */
export async function details(page: Page, title: string) {
  await row(page, title).locator('.row-title').click();
  const pane = page.getByRole('complementary', { name: 'Details' });
  await pane.waitFor();
  return pane;
}

/** Which element has the focus: the title of a row, or the name of a field. */
export const focused = (page: Page) =>
  page.evaluate<string>(`document.activeElement.${TITLE} ?? document.activeElement.ariaLabel ?? document.activeElement.tagName`);

/** Waits until every change is on the server. */
export const untilSaved = (page: Page) => page.getByRole('button', { name: 'Up to date' }).waitFor();
