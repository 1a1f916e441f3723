import { readPage, startTestApi } from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openAccount } from '../testing/account.ts';
import { openSite, type Site, signIn } from '../testing/site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

const rows = (page: Page) => page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
const focused = (page: Page) => page.evaluate('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent');

inBrowser('a person changes the password, is told what is wrong with one, and is signed out everywhere else', async () => {
  const { page, person } = await site.signedUp();
  const other = await site.visit();
  await signIn(other.page, person);
  await other.page.getByText('Nothing in your inbox').waitFor();

  await openAccount(page);
  await expect.poll(() => rows(page).count()).toBe(2);
  const change = async (current: string, next: string) => {
    await page.getByLabel('Current password').fill(current);
    await page.getByLabel('New password').fill(next);
    await page.keyboard.press('Enter');
  };
  await change('wrong horse battery', 'another horse battery');
  await page.locator('input[name="current"]:focus').waitFor();
  await page
    .locator('.field', { has: page.getByLabel('Current password') })
    .getByText('This is not your password.')
    .waitFor();
  await change(person.password, 'iloveyou');
  await page.getByText('This password is one of those that attackers try first.').waitFor();
  await change(person.password, 'another horse battery');
  await page.getByRole('status').getByText('Your password is changed').waitFor();
  expect(await focused(page)).toContain('Your password is changed');
  expect([await page.getByLabel('Current password').inputValue(), await page.getByLabel('New password').inputValue()]).toEqual(['', '']);
  await expect.poll(() => rows(page).count()).toBe(1);

  await other.page.reload();
  await other.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await signIn(other.page, { ...person, password: 'another horse battery' });
  await other.page.getByText('Nothing in your inbox').waitFor();
});

inBrowser('a person sees where they are signed in, and ends one session, and then all others, by keyboard', async () => {
  const { page, person } = await site.signedUp();
  const headers = { 'content-type': 'application/json', 'user-agent': 'Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0' };
  for (const _ of [1, 2, 3]) {
    const answer = await site.api.fetch('/api/auth/sign-in/email', { method: 'POST', headers, body: JSON.stringify(person) });
    expect(answer.status).toBe(200);
  }
  await openAccount(page);
  await expect.poll(() => rows(page).count()).toBe(4);
  const texts = await rows(page).allInnerTexts();
  expect(texts.filter((text) => /^.*Linux · this one[\s\S]*From 127\.0\.0\.1[\s\S]*Last used /.test(text))).toHaveLength(1);
  expect(texts.filter((text) => /^Firefox on Windows\n[\s\S]*Last used /.test(text))).toHaveLength(3);

  await page.getByRole('button', { name: 'End the session of Firefox on Windows' }).first().focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => rows(page).count()).toBe(3);
  await expect.poll(() => focused(page)).toBe('Sessions');
  await page.getByRole('button', { name: 'End all other sessions' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => rows(page).count()).toBe(1);
  expect(await page.getByRole('button', { name: 'End all other sessions' }).count()).toBe(0);
  await page.reload();
  await expect.poll(() => rows(page).count()).toBe(1);
});
