import { readPage, startTestApi } from '@todo/api/testing';
import { inBrowser } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openSite, type Site, signIn } from '../testing/site.ts';
import { add, details, row, untilSaved, untilTitles } from '../testing/tasks.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

inBrowser('two windows, and two browsers of one person, are in step', async () => {
  const { page, open, person } = await site.signedUp();
  const second = await open();
  const { page: elsewhere } = await site.visit();
  await signIn(elsewhere, person);
  const windows = [page, second, elsewhere];
  await add(second, 'One', 'Two');
  for (const each of windows) await untilTitles(each, ['One', 'Two']);
  await page.getByRole('checkbox', { name: 'Complete One' }).click({ force: true });
  for (const each of windows) await untilTitles(each, ['Two']);
  const pane = await details(elsewhere, 'Two');
  await pane.getByLabel('Title').fill('Two, elsewhere');
  await elsewhere.keyboard.press('Enter');
  for (const each of windows) await untilTitles(each, ['Two, elsewhere']);
});

inBrowser('offline the page says so, opens again with its tasks, and sends what waits when the network is back', async () => {
  const { page, person } = await site.signedUp();
  await add(page, 'Made online');
  await untilSaved(page);
  // The worker has kept the files of the page.
  await page.evaluate('navigator.serviceWorker.ready.then(() => null)');
  site.network.cut();
  await page.getByRole('button', { name: 'Offline' }).waitFor();
  await add(page, 'Made offline');
  await page.getByRole('button', { name: 'Offline · 1 change waiting' }).click();
  await page.getByRole('dialog').getByText('Reason: The server cannot be reached').waitFor();
  await page.keyboard.press('Escape');

  await page.reload();
  await untilTitles(page, ['Made online', 'Made offline']);
  await page.getByRole('button', { name: 'Offline · 1 change waiting' }).waitFor();
  await page.getByRole('checkbox', { name: 'Complete Made online' }).click({ force: true });
  await page.getByRole('button', { name: 'Offline · 2 changes waiting' }).waitFor();

  site.network.mend();
  await untilSaved(page);
  const { page: elsewhere } = await site.visit();
  await signIn(elsewhere, person);
  await untilTitles(elsewhere, ['Made offline']);
});

inBrowser('in a network that leads nowhere the page says that it is offline, and goes on', async () => {
  const { page } = await site.signedUp();
  await add(page, 'Before');
  await untilSaved(page);
  site.network.hang();
  await add(page, 'Into the void');
  await page.getByRole('button', { name: 'Offline · 1 change waiting' }).waitFor();
  site.network.mend();
  await untilSaved(page);
  await page.reload();
  await untilTitles(page, ['Before', 'Into the void']);
});

inBrowser('when the server starts anew the page goes on with what was done meanwhile', async () => {
  const { page } = await site.signedUp();
  await add(page, 'Before');
  await untilSaved(page);
  await site.restart(async () => {
    await page.getByRole('button', { name: 'Offline' }).waitFor();
    await add(page, 'Meanwhile');
  });
  await untilSaved(page);
  await page.reload();
  await untilTitles(page, ['Before', 'Meanwhile']);
});

inBrowser('a person is asked before a sign-out discards changes that wait', async () => {
  const { page, person } = await site.signedUp();
  site.network.cut();
  await add(page, 'Not sent');
  await page.getByRole('button', { name: 'Offline · 1 change waiting' }).waitFor();
  await page.getByRole('button', { name: 'Account of' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('alertdialog').getByText('Signing out discards 1 change that the server does not have yet.').waitFor();
  await page.keyboard.press('Escape');
  site.network.mend();
  await untilSaved(page);
  await page.getByRole('button', { name: `Account of ${person.name}` }).waitFor();
  await row(page, 'Not sent').waitFor();
});

inBrowser('a call in each of eight tabs is answered', async () => {
  const { page, open } = await site.signedUp();
  const tabs = [page, ...(await Promise.all(Array.from({ length: 7 }, () => open())))];
  const titles = tabs.map((_, i) => `In tab ${i}`);
  for (const [i, tab] of tabs.entries()) {
    await add(tab, titles[i] ?? '');
    await untilSaved(tab);
  }
  for (const tab of tabs) await untilTitles(tab, titles);
  // A view that asks the server itself, in all tabs at the same time.
  await Promise.all(
    tabs.map(async (tab) => {
      await tab.keyboard.press('Escape');
      await tab.getByRole('link', { name: 'History' }).click();
      await expect.poll(() => tab.getByRole('button', { name: 'Rewind to here' }).count()).toBe(8);
    }),
  );
});
