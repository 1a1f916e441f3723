import {
  authEvents,
  FAILED_SIGN_INS_MAX_PER_USER,
  readPage,
  SECURITY_EVENTS_KEEP_DAYS,
  SECURITY_EVENTS_MAX_PER_USER,
  script,
  startTestApi,
} from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openAccount } from '../testing/account.ts';
import { openSite, type Site, signIn, signOut } from '../testing/site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

const events = (page: Page) => page.getByRole('list', { name: 'Security' }).getByRole('listitem');
const whats = (page: Page) => events(page).locator('p:first-child').allInnerTexts();

inBrowser('a person reads what happened to the account, newest first, and what happens on this page at once', async () => {
  const { page, person } = await site.signedUp();
  await signOut(page);
  await signIn(page, { ...person, password: 'wrong horse battery' });
  await page.getByRole('alert').getByText('do not belong together').waitFor();
  await page.getByLabel('Password').fill(person.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
  await openAccount(page);
  const before = ['Signed in · by password', 'Sign-in failed · by password', 'Signed out', 'Account created · by password'];
  await expect.poll(() => whats(page)).toEqual(before);
  const [newest] = await events(page).allInnerTexts();
  expect(newest).toMatch(/^Signed in · by password\n+.*Linux from 127\.0\.0\.1\n+\d.*\d$/);

  await page.getByLabel('Current password').fill(person.password);
  await page.getByLabel('New password').fill('another horse battery');
  await page.keyboard.press('Enter');
  await expect.poll(() => whats(page)).toEqual(['Password changed', ...before]);
});

inBrowser.each(['light', 'dark'] as const)('on the narrowest phone, by keyboard, every event has a text of its own: %s', async (colorScheme) => {
  const { page, person } = await site.signedUp({ colorScheme, viewport: { width: 320, height: 568 } });
  const stored = [...authEvents, 'of_a_newer_server'].map((name, index) => {
    const id = `ffffffff-0000-7000-8000-${String(index).padStart(12, '0')}`;
    return `('${id}'::uuid, '${name}', ${index + 1}, '${'Firefox-on-Windows'.repeat(4)}', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff')`;
  });
  await script(
    site.api.database.superuserUrl,
    `insert into security_events (user_id, id, name, times, device, ip_address, at, way, by_operator)
     select u.id, e.*, now(), 'company', true from "user" u, (values ${stored.join(',')}) e where u.email = '${person.email}'`,
  );
  await openAccount(page);
  await expect.poll(() => events(page).count()).toBe(10);
  const older = page.getByRole('button', { name: 'Show older' });
  for (const shown of [10, 20]) {
    await older.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(`document.activeElement === document.querySelectorAll('.security-events > li')[${shown}]`)).toBe(true);
  }
  await expect.poll(() => older.count()).toBe(0);

  const found = (await whats(page)).toReversed().slice(1);
  const names = found.map((text) => text.split(' · ')[0]);
  expect(new Set(names).size).toBe(authEvents.length + 1);
  expect(names.at(-1)).toBe('of a newer server');
  expect(names.filter((name, index) => name === authEvents[index]?.replaceAll('_', ' '))).toEqual([]);
  expect(found[1]).toMatch(/ · by company · by whoever runs this server · 2 times$/);
  expect(await page.evaluate(`[document.documentElement, document.querySelector('.account-page')].map((each) => each.scrollWidth - each.clientWidth)`)).toEqual(
    [0, 0],
  );
  for (const limit of [SECURITY_EVENTS_MAX_PER_USER, FAILED_SIGN_INS_MAX_PER_USER, SECURITY_EVENTS_KEEP_DAYS])
    await page.getByText(new RegExp(`The newest.* ${limit} `)).waitFor();
});
