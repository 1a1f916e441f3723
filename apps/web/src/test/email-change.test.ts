import { randomUUID } from 'node:crypto';
import { type MailServer, readPage, startMailServer, startTestApi } from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { input, openAccount } from '../testing/account.ts';
import { openSite, type Site, signIn, signOut } from '../testing/site.ts';

let mailServer: MailServer;
let site: Site;
let silent: Site;
beforeAll(async () => {
  mailServer = await startMailServer();
  site = await openSite({ startTestApi, readPage }, { mailUrl: mailServer.url });
  silent = await openSite({ startTestApi, readPage });
});
afterAll(async () => {
  await silent[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
  await mailServer[Symbol.asyncDispose]();
});

const linksTo = (email: string) =>
  mailServer.received.filter(({ to }) => to.includes(email)).flatMap(({ text }) => /#\/change-email\?token=\S+/.exec(text)?.[0] ?? []);

/** Asks on the page of the account, and returns the link of the mail. */
async function ask(page: Page, email: string, password: string): Promise<string> {
  await page.getByRole('button', { name: 'Change e-mail address …' }).click();
  await input(page, 'New e-mail address').fill(email);
  await input(page, 'Password').fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('status').getByText(`Look into the mail of ${email}`).waitFor();
  await expect.poll(() => linksTo(email)).toHaveLength(1);
  return linksTo(email)[0] ?? '';
}

inBrowser('a person changes the e-mail address by the link of a mail, where they sign in first', async () => {
  const { page, person } = await site.signedUp();
  const email = `new-${randomUUID()}@example.com`;
  await openAccount(page);
  await page.getByRole('button', { name: 'Change e-mail address …' }).click();
  await input(page, 'New e-mail address').fill(person.email);
  await input(page, 'Password').fill('a wrong password');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('This is not your password.').waitFor();
  await input(page, 'Password').fill(person.password);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('This is your e-mail address already.').waitFor();
  await page.keyboard.press('Escape');
  const link = await ask(page, email, person.password);

  const elsewhere = await site.visit();
  const tab = await elsewhere.open(link);
  await tab.getByText('Sign in with your former e-mail address to confirm the new one.').waitFor();
  expect(tab.url()).not.toContain('token');
  expect(await tab.getByLabel('E-mail address').inputValue()).toBe('');
  await signIn(tab, person);
  await tab.getByRole('heading', { name: 'Your e-mail address is changed' }).waitFor();
  await tab.getByRole('button', { name: 'Go on' }).click();
  await openAccount(tab);
  await tab.getByText(`You sign in with ${email}`).waitFor();

  await page.reload();
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await signIn(page, { ...person, email });
  await page.getByRole('heading', { level: 1, name: 'Account' }).waitFor();
});

inBrowser('the link of somebody else changes nothing, and one that is opened where its person is signed in works once', async () => {
  const { page, person, open } = await site.signedUp();
  const email = `new-${randomUUID()}@example.com`;
  await openAccount(page);
  const link = await ask(page, email, person.password);
  const eve = await site.signedUp();
  const hers = await eve.open(link);
  await hers.getByRole('heading', { name: 'Your e-mail address is not changed' }).waitFor();
  await hers.getByText('is not for the account that is signed in').waitFor();
  await hers.getByRole('button', { name: 'Go on' }).click();
  await openAccount(hers);
  await hers.getByText(eve.person.email).first().waitFor();

  for (const heading of ['Your e-mail address is changed', 'Your e-mail address is not changed']) {
    const tab = await open(link);
    await tab.getByRole('heading', { name: heading, exact: true }).waitFor();
    await tab.close();
  }
  await page.reload();
  await page.getByText(`You sign in with ${email}`).waitFor();
  await signOut(page);
  await signIn(page, { ...person, email });
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
});

inBrowser('where no mail is sent, the page does not offer it', async () => {
  const { page } = await silent.signedUp();
  await openAccount(page);
  await page
    .getByRole('heading', { level: 2, name: 'Passkeys' })
    .or(page.getByRole('heading', { level: 2, name: 'Sessions' }))
    .first()
    .waitFor();
  expect(await page.getByRole('button', { name: 'Change e-mail address …' }).count()).toBe(0);
});
