import { type MailServer, readPage, startMailServer, startTestApi } from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openSite, type Site, signIn, signOut } from '../testing/site.ts';
import { add, untilSaved, untilTitles } from '../testing/tasks.ts';

const NEW_PASSWORD = 'a new horse battery';

let mailServer: MailServer;
let site: Site;
beforeAll(async () => {
  mailServer = await startMailServer();
  site = await openSite({ startTestApi, readPage }, { mailUrl: mailServer.url });
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await mailServer[Symbol.asyncDispose]();
});

/** The links that were sent to this address, each as the part of the address behind the page. */
const linksTo = (email: string) =>
  mailServer.received.filter(({ to }) => to.includes(email)).flatMap(({ text }) => /#\/reset-password\?token=\w+/.exec(text)?.[0] ?? []);

async function askForLink(page: Page, email: string): Promise<string> {
  const before = linksTo(email).length;
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('button', { name: 'Send a link' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await expect.poll(() => linksTo(email).length).toBe(before + 1);
  return linksTo(email).at(-1) ?? '';
}

async function setPassword(page: Page, password: string): Promise<void> {
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
}

inBrowser('a forgotten password is set anew by the link of a mail, which works once and ends other sessions', async () => {
  const { page, person, open } = await site.signedUp();
  await add(page, 'Buy milk');
  await untilSaved(page);
  const elsewhere = await site.visit();
  const link = await askForLink(elsewhere.page, person.email);

  const tab = await elsewhere.open(link);
  await tab.getByRole('heading', { name: 'Choose a new password' }).waitFor();
  expect(tab.url()).not.toContain('token');
  await setPassword(tab, 'short');
  await tab.getByText('Password too short').waitFor();
  await setPassword(tab, NEW_PASSWORD);
  await tab.getByRole('button', { name: 'Go on' }).click();
  await signIn(tab, { ...person, password: NEW_PASSWORD });
  await untilTitles(tab, ['Buy milk']);
  await page.reload();
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();

  const again = await open(link);
  await setPassword(again, 'another horse battery');
  await again.getByRole('alert').getByText('This link has been used or is too old.').waitFor();
  await again.getByRole('button', { name: 'Keep the old password' }).click();
  await signIn(again, { ...person, password: NEW_PASSWORD });
  await untilTitles(again, ['Buy milk']);
});

inBrowser('who is signed in and sets a new password by a link is signed out', async () => {
  const { page, person, open } = await site.signedUp();
  await signOut(page);
  const link = await askForLink(page, person.email);
  await page.getByRole('button', { name: 'Back to sign in' }).click();
  await signIn(page, person);
  await page.getByText('Nothing in your inbox').waitFor();
  const tab = await open(link);
  await setPassword(tab, NEW_PASSWORD);
  await tab.getByRole('button', { name: 'Go on' }).click();
  // At once, not only when the server ends the stream.
  expect(await tab.getByRole('heading', { level: 1 }).textContent()).toBe('Welcome back');
  await signIn(tab, { ...person, password: NEW_PASSWORD });
  await tab.getByText('Nothing in your inbox').waitFor();
});
