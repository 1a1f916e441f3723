import { type MailServer, readPage, startMailServer, startTestApi } from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openAccount } from '../testing/account.ts';
import { openSite, type Site, signIn } from '../testing/site.ts';

let mailServer: MailServer;
let site: Site;
let strict: Site;
beforeAll(async () => {
  mailServer = await startMailServer();
  site = await openSite({ startTestApi, readPage }, { mailUrl: mailServer.url });
  strict = await openSite({ startTestApi, readPage }, { mailUrl: mailServer.url, verifyEmail: 'required' });
});
afterAll(async () => {
  await strict[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
  await mailServer[Symbol.asyncDispose]();
});

/** The links of the mails that were sent to this address, once there are as many, each as the part of the address behind the page. */
async function linksTo(email: string, count: number): Promise<string[]> {
  const links = () => mailServer.received.filter(({ to }) => to.includes(email)).flatMap(({ text }) => /#\/verify-email\?token=\S+/.exec(text)?.[0] ?? []);
  await expect.poll(() => links().length).toBe(count);
  return links();
}
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });
const inbox = (page: Page) => page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
const isConfirmed = async (page: Page) => {
  await openAccount(page);
  await heading(page, 'E-mail address').waitFor();
  return (await heading(page, 'Your e-mail address is not confirmed').count()) === 0;
};

inBrowser('who signs up confirms the address by the link of the mail, which works once', async () => {
  const { page, person, open } = await site.signedUp();
  await openAccount(page);
  await heading(page, 'Your e-mail address is not confirmed').waitFor();
  const [link = ''] = await linksTo(person.email, 1);

  const tab = await open(link);
  await heading(tab, 'Your e-mail address is confirmed').waitFor();
  expect(tab.url()).not.toContain('token');
  await tab.getByRole('button', { name: 'Go on' }).click();
  await inbox(tab);
  expect(await isConfirmed(tab)).toBe(true);
  await tab.getByRole('list', { name: 'Security' }).getByText('E-mail address confirmed').waitFor();

  const again = await open(link);
  await heading(again, 'Your e-mail address is not confirmed').waitFor();
  await again.getByText('This link has been used or is too old.').waitFor();
});

inBrowser('another mail is sent on demand; where nobody is signed in, its link needs the password; that of somebody else confirms nothing', async () => {
  const { page, person } = await site.signedUp();
  await openAccount(page);
  await page.getByRole('button', { name: 'Send another mail' }).click();
  await page.getByRole('status').getByText('A mail with a new link is on its way.').waitFor();
  const [first = '', second = ''] = await linksTo(person.email, 2);

  const eve = await site.signedUp();
  const hers = await eve.open(first);
  await heading(hers, 'Your e-mail address is not confirmed').waitFor();

  const elsewhere = await site.visit();
  const tab = await elsewhere.open(second);
  await tab.getByText('Sign in to confirm your e-mail address.').waitFor();
  expect(tab.url()).not.toContain('token');
  expect(await tab.getByLabel('E-mail address').inputValue()).toBe(person.email);
  await signIn(tab, person);
  await inbox(tab);
  await tab.getByText('Your e-mail address is confirmed', { exact: true }).waitFor();
  expect(await isConfirmed(tab)).toBe(true);
});

inBrowser('where addresses have to be confirmed, nobody comes in before, and the link opens the account with the password', async () => {
  const { page, person, open } = await strict.visit();
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByLabel('Name').fill(person.name);
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.keyboard.press('Enter');
  await heading(page, 'Look into your mail').waitFor();
  const [link = ''] = await linksTo(person.email, 1);
  await page.getByRole('button', { name: 'Back to sign in' }).click();
  await signIn(page, person);
  await heading(page, 'Look into your mail').waitFor();

  const tab = await open(link);
  await tab.getByText('Sign in to confirm your e-mail address.').waitFor();
  await signIn(tab, person);
  await inbox(tab);
  expect(await isConfirmed(tab)).toBe(true);
  await inbox(page);
});
