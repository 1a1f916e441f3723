import { invite, readPage, startTestApi } from '@todo/api/testing';
import { inBrowser } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openSite, type Site } from '../testing/site.ts';

let site: Site;
let closed: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage }, { signUp: 'invitation' });
  closed = await openSite({ startTestApi, readPage }, { signUp: 'closed' });
});
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await closed[Symbol.asyncDispose]();
});

inBrowser('where nobody can create an account, and without mail, the page offers neither', async () => {
  const { page } = await closed.visit();
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByText('This server sends no mail.').waitFor();
  expect(await page.getByRole('button', { name: 'Send a link' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Back to sign in' }).click();
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  expect(await page.getByRole('button', { name: 'Create account' }).count()).toBe(0);
});

inBrowser('who is invited creates an account by the link, and nobody else does', async () => {
  const { page, person, open } = await site.visit();
  const token = await invite(site.api, person.email);
  const link = `#/invitation?${new URLSearchParams({ token, email: person.email })}`;
  const tab = await open(link);
  await tab.getByRole('heading', { name: 'Create your account' }).waitFor();
  expect(tab.url()).not.toContain('token');
  expect(await tab.getByLabel('E-mail address').inputValue()).toBe(person.email);
  await tab.getByLabel('E-mail address').fill('other@example.com');
  await tab.getByLabel('Name').fill(person.name);
  await tab.getByLabel('Password').fill(person.password);
  await tab.getByRole('button', { name: 'Create account' }).click();
  await tab.getByRole('alert').getByText('This invitation has been used').waitFor();
  await tab.getByLabel('E-mail address').fill(person.email);
  await tab.getByRole('button', { name: 'Create account' }).click();
  await tab.getByText('Nothing in your inbox').waitFor();

  const again = await open(link);
  await again.getByRole('heading', { name: 'You have an account already' }).waitFor();
  await again.getByRole('button', { name: 'Go on' }).click();
  await again.getByText('Nothing in your inbox').waitFor();
  await page.reload();
  await page.getByText('Nothing in your inbox').waitFor();
  const stranger = await site.visit();
  expect(await stranger.page.getByRole('button', { name: 'Create account' }).count()).toBe(0);
});
