import { codeOf, type MailServer, readPage, startMailServer, startTestApi } from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openSite, type Site, signOut } from '../testing/site.ts';
import { add, untilSaved, untilTitles } from '../testing/tasks.ts';

let mailServer: MailServer;
let site: Site;
beforeAll(async () => {
  mailServer = await startMailServer();
  site = await openSite({ startTestApi, readPage }, { mailUrl: mailServer.url, signInByMail: true });
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await mailServer[Symbol.asyncDispose]();
});

/** The links that were sent to this address, each as the part of the address behind the page. */
const linksTo = (email: string) =>
  mailServer.received.filter(({ to }) => to.includes(email)).flatMap(({ text }) => /#\/sign-in\?token=[\w-]+/.exec(text)?.[0] ?? []);

async function askForLink(page: Page, email: string): Promise<string> {
  const before = linksTo(email).length;
  await page.getByRole('button', { name: 'Sign in by mail' }).click();
  await page.getByRole('heading', { name: 'Sign in by mail' }).waitFor();
  await page.getByLabel('E-mail address').fill(email);
  await page.getByRole('button', { name: 'Send a link' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await expect.poll(() => linksTo(email).length).toBe(before + 1);
  return linksTo(email).at(-1) ?? '';
}

inBrowser('a link of a mail signs in where it was asked for; elsewhere and a second time the page says what to do', async () => {
  const { page, person, open } = await site.signedUp();
  await add(page, 'Buy milk');
  await untilSaved(page);
  await signOut(page);
  const link = await askForLink(page, person.email);

  const elsewhere = await site.visit();
  const stolen = await elsewhere.open(link);
  await stolen.getByRole('heading', { name: 'You are not signed in' }).waitFor();
  await stolen.getByText('This link works in the browser in which you asked for it').waitFor();
  await stolen.getByRole('button', { name: 'Back to sign in' }).click();
  await stolen.getByRole('heading', { name: 'Welcome back' }).waitFor();

  const tab = await open(link);
  await untilTitles(tab, ['Buy milk']);
  expect(tab.url()).not.toContain('token');
  // The tab in which it was asked for learns of it too.
  await untilTitles(page, ['Buy milk']);

  const again = await open(link);
  await again.getByRole('heading', { name: 'You are signed in already' }).waitFor();
  await again.getByText(`You are signed in as ${person.email}.`).waitFor();
  await again.getByRole('button', { name: 'Go on' }).click();
  await untilTitles(again, ['Buy milk']);
  await signOut(again);
  const used = await open(link);
  await used.getByRole('heading', { name: 'You are not signed in' }).waitFor();
});

inBrowser('with a second factor the page asks for its code after a link', async () => {
  const { page, person, open } = await site.signedUp();
  await page.goto(`${page.url().split('#')[0]}#/account`);
  await page.getByRole('button', { name: 'Set up …' }).click();
  const enter = async (at: Page, label: string, text: string) => {
    await at
      .locator('input')
      .and(at.getByLabel(label, { exact: true }))
      .fill(text);
    await at.keyboard.press('Enter');
  };
  await enter(page, 'Password', person.password);
  const secret = (await page.locator('code.secret').textContent()) ?? '';
  await enter(page, 'Code', codeOf(secret));
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await signOut(page);
  const link = await askForLink(page, person.email);

  const tab = await open(link);
  await tab.locator('input[name="code"]:focus').waitFor();
  await enter(tab, 'Code', '000000');
  await tab.getByRole('alert').getByText('This code is wrong, or was used already.').waitFor();
  await enter(tab, 'Code', codeOf(secret, { later: 1 }));
  await tab.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
});

inBrowser('where nobody signs in by mail, the page does not offer it', async () => {
  await using plain = await openSite({ startTestApi, readPage });
  const { page } = await plain.visit();
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await page.getByRole('button', { name: 'Create account' }).waitFor();
  expect(await page.getByRole('button', { name: 'Sign in by mail' }).count()).toBe(0);
});
