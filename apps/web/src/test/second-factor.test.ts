import { codeOf, readPage, startTestApi } from '@todo/api/testing';
import { inBrowser } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { beginSecondFactor, enter, finishSecondFactor, input, openAccount, prove } from '../testing/account.ts';
import { openSite, type Site } from '../testing/site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

inBrowser('a person sets up a second factor, and signs in with codes of the app and with a recovery code', async () => {
  const { page, person } = await site.signedUp();
  await openAccount(page);
  await page.getByRole('button', { name: 'Set up …' }).click();
  await enter(page, 'Password', 'wrong horse battery');
  await page.getByRole('alert').getByText('This is not your password.').waitFor();
  await page.keyboard.press('Escape');
  const secret = await beginSecondFactor(page, person.password);
  await enter(page, 'Code', '000000');
  await page.getByRole('alert').getByText('This code is wrong, or was used already.').waitFor();
  const codes = await finishSecondFactor(page, codeOf(secret));
  expect(codes).toHaveLength(10);

  for (const code of [codeOf(secret, { later: 1 }), codes[0] ?? '']) {
    const elsewhere = await site.visit();
    await elsewhere.page.getByLabel('E-mail address').fill(person.email);
    await prove(elsewhere.page, person.password, '000000');
    await elsewhere.page.getByRole('alert').getByText('This code is wrong, or was used already.').waitFor();
    await enter(elsewhere.page, 'Code', code);
    await elsewhere.page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor();
  }

  await page.reload();
  await page.getByText('Recovery codes left: 9.').waitFor();
  await page.getByRole('button', { name: 'Turn off …' }).click();
  await input(page, 'Password').fill(person.password);
  await enter(page, 'Code', codes[1] ?? '');
  await page.getByRole('button', { name: 'Set up …' }).waitFor();
});
