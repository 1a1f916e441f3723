import { codeOf, type ProviderProgram, readPage, startProvider, startTestApi } from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { beginSecondFactor, finishSecondFactor, openAccount, prove } from '../testing/account.ts';
import { openSite, type Site, signIn, signOut } from '../testing/site.ts';
import { add, untilSaved, untilTitles } from '../testing/tasks.ts';

let provider: ProviderProgram;
let site: Site;
beforeAll(async () => {
  const providersOf = async (url: string) => {
    provider = await startProvider(url);
    return [provider.settings];
  };
  site = await openSite({ startTestApi, readPage }, { providersOf });
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

/** At the pages of the provider. */
async function agree(page: Page, login: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(login);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}
inBrowser('somebody signs in with a provider, and the next time finds the same tasks', async () => {
  const { page } = await site.visit();
  await page.getByRole('button', { name: 'Sign in with Example' }).click();
  await agree(page, 'ada');
  await page.getByRole('button', { name: 'Account of The person ada' }).waitFor();
  expect(page.url()).not.toContain('code=');
  await add(page, 'Buy milk');
  await untilSaved(page);

  const elsewhere = await site.visit();
  await elsewhere.page.getByRole('button', { name: 'Sign in with Example' }).click();
  await agree(elsewhere.page, 'ada');
  await untilTitles(elsewhere.page, ['Buy milk']);
});

inBrowser('who cancels at the provider comes back to the page, which says so', async () => {
  const { page } = await site.visit();
  await page.getByRole('button', { name: 'Sign in with Example' }).click();
  await page.getByRole('link', { name: 'Cancel' }).click();
  await page.getByText('You were not signed in.').waitFor();
  expect(page.url()).not.toContain('error');
});

inBrowser('an address that has an account signs in to it only once its user has connected the provider', async () => {
  const { page, person } = await site.signedUp();
  await add(page, 'Buy oats');
  await untilSaved(page);
  const elsewhere = await site.visit();
  await elsewhere.page.getByRole('button', { name: 'Sign in with Example' }).click();
  await agree(elsewhere.page, person.email);
  await elsewhere.page.getByText('There is an account with this e-mail address already.').waitFor();

  await openAccount(page);
  await page.getByRole('button', { name: 'Connect Example' }).click();
  await page.getByRole('dialog').getByLabel('Password').fill('a wrong password');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('This is not your password.').waitFor();
  await page.getByRole('dialog').getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await agree(page, person.email);
  await page.getByText(/^Example, connected on/).waitFor();

  await elsewhere.page.getByRole('button', { name: 'Sign in with Example' }).click();
  await untilTitles(elsewhere.page, ['Buy oats']);
  await page.getByRole('button', { name: 'Disconnect Example' }).click();
  await page.getByText(/^Example, connected on/).waitFor({ state: 'detached' });
  await signOut(elsewhere.page);
  await signIn(elsewhere.page, person);
  await untilTitles(elsewhere.page, ['Buy oats']);
});

inBrowser('with a second factor, connecting an account needs its code after the password', async () => {
  const { page, person } = await site.signedUp();
  const secret = await beginSecondFactor(page, person.password);
  const [code = ''] = await finishSecondFactor(page, codeOf(secret));
  await page.getByRole('button', { name: 'Connect Example' }).click();
  await prove(page, person.password, code);
  await agree(page, person.email);
  await page.getByText(/^Example, connected on/).waitFor();
});
