import type { Page } from '@todo/client/testing';

const at = (hash: string, heading: string) => async (page: Page) => {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
};

/** Opens the navigation, which is beside the view on a desk, and behind a button on a phone. */
async function navigation(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Open navigation' });
  if (!(await button.isVisible())) return;
  await button.click();
  await page.getByRole('dialog', { name: 'Views' }).waitFor();
}

async function home(page: Page): Promise<void> {
  await navigation(page);
  await page.getByRole('grid', { name: 'Lists' }).getByRole('row', { name: 'Home' }).click();
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
}

/** The main views of the page, and how to come to each, for a person with the tasks of `withSample`. */
export const VIEWS: Record<string, (page: Page) => Promise<void>> = {
  inbox: at('#/inbox', 'Inbox'),
  today: at('#/today', 'Today'),
  upcoming: at('#/upcoming', 'Upcoming'),
  list: home,
  detail: async (page) => {
    await home(page);
    await page.getByText('Repair the bathroom').first().click();
    await page.getByRole('complementary', { name: 'Details' }).waitFor();
  },
  'not pictured: label': at('#/label/calls', 'calls'),
  search: at('#/search/the', 'Search'),
  completed: at('#/completed', 'Completed'),
  history: async (page) => {
    await at('#/history', 'History')(page);
    await page.getByRole('button', { name: 'Rewind to here' }).first().waitFor();
  },
  trash: async (page) => {
    await at('#/trash', 'Trash')(page);
    await page.getByRole('button', { name: 'Restore' }).first().waitFor();
  },
  transfer: at('#/transfer', 'Import and export'),
  account: async (page) => {
    await at('#/account', 'Account')(page);
    await page.getByRole('list', { name: 'Security' }).getByRole('listitem').first().waitFor();
  },
  'not pictured: navigation': async (page) => {
    await at('#/inbox', 'Inbox')(page);
    await navigation(page);
  },
  'not pictured: account menu': async (page) => {
    await navigation(page);
    await page.getByRole('button', { name: 'Account of' }).click();
    await page.getByRole('menu').waitFor();
  },
  'not pictured: newlist': async (page) => {
    await navigation(page);
    await page.getByRole('button', { name: 'New list' }).click();
    await page.getByRole('textbox', { name: 'Name' }).waitFor();
  },
  help: async (page) => {
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard and help' }).waitFor();
  },
};
