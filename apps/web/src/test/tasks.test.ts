import { readPage, startTestApi } from '@todo/api/testing';
import { inBrowser } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { dayFromNow } from '../testing/sample.ts';
import { openSite, type Site } from '../testing/site.ts';
import { add, details, focused, row, untilSaved, untilTitles, view } from '../testing/tasks.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

inBrowser('tasks are added one after the other, edited, completed, reopened, deleted and restored, each with undo and redo', async () => {
  const { page } = await site.signedUp();
  const undo = () => page.keyboard.press('Control+z');
  const redo = () => page.keyboard.press('Control+Shift+z');
  await add(page, 'One', 'Two', 'Three');
  expect(await focused(page)).toBe('Add a task to Inbox');
  await page.keyboard.press('Escape');
  await undo();
  await untilTitles(page, ['One', 'Two']);
  await redo();
  await untilTitles(page, ['One', 'Two', 'Three']);

  const pane = await details(page, 'Two');
  await pane.getByLabel('Title').fill('Two and a half');
  await page.keyboard.press('Enter');
  await pane.getByLabel('Description').fill('By hand');
  await pane.getByRole('button', { name: 'Close details' }).click();
  await untilTitles(page, ['One', 'Two and a half', 'Three']);
  for (const _ of ['description', 'title']) await undo();
  await untilTitles(page, ['One', 'Two', 'Three']);
  await redo();
  await redo();
  await untilTitles(page, ['One', 'Two and a half', 'Three']);
  await untilSaved(page);
  await page.reload();
  const description = (await details(page, 'Two and a half')).getByLabel('Description');
  await expect.poll(() => description.inputValue()).toBe('By hand');
  await page.keyboard.press('Escape');

  await page.getByRole('checkbox', { name: 'Complete One' }).click({ force: true });
  await untilTitles(page, ['Two and a half', 'Three']);
  await undo();
  await untilTitles(page, ['One', 'Two and a half', 'Three']);
  await redo();
  await untilTitles(page, ['Two and a half', 'Three']);
  await page.getByRole('button', { name: 'Show 1 completed' }).click();
  await page.getByRole('checkbox', { name: 'Reopen One' }).click({ force: true });
  await untilTitles(page, ['One', 'Two and a half', 'Three']);

  await (await details(page, 'Three')).getByRole('button', { name: 'Delete task' }).click();
  await untilTitles(page, ['One', 'Two and a half']);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await untilTitles(page, ['One', 'Two and a half', 'Three']);
  await page.getByRole('button', { name: 'Redo', exact: true }).click();
  await untilTitles(page, ['One', 'Two and a half']);
  await view(page, 'Trash');
  await page.getByRole('button', { name: 'Restore Three' }).click();
  await page.getByText('The trash is empty.').waitFor();
  await view(page, 'Inbox');
  await untilTitles(page, ['One', 'Two and a half', 'Three']);
});

inBrowser('a task has a date, a time, a repetition, a priority, labels and subtasks, and goes to another list', async () => {
  const { page } = await site.signedUp();
  await page.getByRole('button', { name: 'New list' }).click();
  await page.getByLabel('Name').fill('Garden');
  await page.getByText('Moss').click({ force: true });
  await page.getByRole('button', { name: 'Create list' }).click();
  await page.getByRole('heading', { level: 1, name: 'Garden' }).waitFor();
  await view(page, 'Inbox');
  await add(page, 'Water the beans');
  const pane = await details(page, 'Water the beans');
  await pane.getByRole('button', { name: 'Today' }).click();
  await pane.getByLabel('Time').fill('09:30');
  await pane.getByLabel('Priority').selectOption('High');
  await pane.getByLabel('Repeat').selectOption('Every day');
  await pane.getByLabel('Add a label').fill('outside');
  await page.keyboard.press('Enter');
  await pane.getByRole('button', { name: 'Remove label outside' }).waitFor();
  await pane.getByLabel('Add a subtask').fill('Fill the can');
  await page.keyboard.press('Enter');
  await page.keyboard.type('Walk');
  await page.keyboard.press('Enter');
  await untilTitles(page, ['Water the beans', '  Fill the can', '  Walk']);
  await pane.getByLabel('List', { exact: true }).selectOption('Garden');
  await page.getByText('Nothing in your inbox').waitFor();
  await page.getByRole('row', { name: 'Garden' }).click();
  await untilTitles(page, ['Water the beans', '  Fill the can', '  Walk']);
  await page.getByRole('checkbox', { name: 'Complete Walk' }).click({ force: true });
  await row(page, 'Water the beans').getByText('1/2').waitFor();
  for (const text of ['outside', '09:30', 'Every day']) await row(page, 'Water the beans').getByText(text).waitFor();

  await page.getByRole('checkbox', { name: 'Complete Water the beans' }).first().click({ force: true });
  await page.getByText('Done for now: “Water the beans”').waitFor();
  await row(page, 'Water the beans').getByText('Tomorrow').waitFor();
  // With the next date its subtasks are open again.
  await untilTitles(page, ['Water the beans', '  Fill the can', '  Walk']);
  const again = await details(page, 'Water the beans');
  await expect.poll(() => again.getByLabel('Due', { exact: true }).inputValue()).toBe(dayFromNow(1));
  await again.getByRole('button', { name: 'Skip this date' }).click();
  await expect.poll(() => again.getByLabel('Due', { exact: true }).inputValue()).toBe(dayFromNow(2));
  await again.getByLabel('Repeat').selectOption('Custom rule');
  await again.getByRole('textbox', { name: 'Rule', exact: true }).fill('FREQ=OFTEN');
  await page.keyboard.press('Tab');
  await page.getByText('it was taken back: recurrence FREQ must be DAILY, WEEKLY, MONTHLY, YEARLY.').waitFor();
  await again.getByRole('button', { name: 'Clear due' }).click();
  await row(page, 'Water the beans').getByText('09:30').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await row(page, 'Water the beans').getByText('09:30').waitFor();
});

inBrowser('today, upcoming, a label and a search show the tasks that belong there', async () => {
  const { page } = await site.signedUp();
  await add(page, 'Late', 'Now', 'Later', 'Never');
  const due = async (title: string, days: number) => {
    const pane = await details(page, title);
    await pane.getByLabel('Due', { exact: true }).fill(dayFromNow(days));
    await page.keyboard.press('Enter');
    await pane.getByRole('button', { name: 'Clear due' }).waitFor();
  };
  await due('Late', -1);
  await due('Now', 0);
  await due('Later', 3);
  const pane = await details(page, 'Never');
  await pane.getByLabel('Description').fill('With a needle in it');
  await pane.getByLabel('Add a label').fill('errand');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await view(page, 'Today');
  await untilTitles(page, ['Late', 'Now']);
  await page.getByRole('heading', { level: 2, name: 'Overdue' }).waitFor();
  await add(page, 'Made today');
  await untilTitles(page, ['Late', 'Now', 'Made today']);
  await view(page, 'Upcoming');
  await untilTitles(page, ['Later']);
  await view(page, 'errand');
  await untilTitles(page, ['Never']);
  await page.keyboard.press('/');
  await page.getByRole('searchbox', { name: 'Search' }).fill('NEEDLE never');
  await untilTitles(page, ['Never']);
  await page.getByRole('searchbox').fill('needle now');
  await page.getByText('Nothing found').waitFor();
});

inBrowser('a task is dragged before another one, on another one, and to a list', async () => {
  const { page } = await site.signedUp();
  await page.getByRole('button', { name: 'New list' }).click();
  await page.getByLabel('Name').fill('Later');
  await page.keyboard.press('Enter');
  await view(page, 'Inbox');
  await add(page, 'One', 'Two', 'Three');
  const height = (await row(page, 'One').boundingBox())?.height ?? 0;
  const drag = (title: string, target: string, part: number) =>
    row(page, title).dragTo(row(page, target), { sourcePosition: { x: 300, y: height / 2 }, targetPosition: { x: 300, y: height * part } });
  await drag('Three', 'One', 0.1);
  await untilTitles(page, ['Three', 'One', 'Two']);
  await drag('Two', 'Three', 0.5);
  await untilTitles(page, ['Three', '  Two', 'One']);
  await page.keyboard.press('Control+z');
  await untilTitles(page, ['Three', 'One', 'Two']);
  await row(page, 'One').dragTo(page.getByRole('grid', { name: 'Lists' }).getByRole('row', { name: 'Later' }), { sourcePosition: { x: 300, y: height / 2 } });
  await untilTitles(page, ['Three', 'Two']);
  await page.getByRole('grid', { name: 'Lists' }).getByRole('row', { name: 'Later' }).click();
  await untilTitles(page, ['One']);
});
