import { readPage, script, startTestApi } from '@todo/api/testing';
import { inBrowser } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openSite, type Site, signIn, signOut, signUp } from '../testing/site.ts';
import { add, untilSaved, untilTitles } from '../testing/tasks.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

inBrowser('a person signs up, out and in again, and is told of a wrong password and of a taken address', async () => {
  const { page, person } = await site.visit();
  await signUp(page, person);
  await add(page, 'Buy milk');
  await untilSaved(page);
  await signOut(page);
  expect(await page.getByText('Buy milk').count()).toBe(0);

  await signIn(page, { ...person, password: 'wrong horse battery' });
  await page.getByRole('alert').getByText('This e-mail address and password do not belong together.').waitFor();
  await page.getByLabel('Password').fill(person.password);
  await page.keyboard.press('Enter');
  await untilTitles(page, ['Buy milk']);
  await page.getByRole('button', { name: `Account of ${person.name}` }).click();
  await page.getByText(person.email).waitFor();
  await page.keyboard.press('Escape');

  const other = await site.visit();
  await other.page.getByRole('button', { name: 'Create account' }).click();
  await other.page.getByLabel('Name').fill('Ben');
  await other.page.getByLabel('E-mail address').fill(person.email);
  await other.page.getByLabel('Password').fill('battery staple');
  await other.page.keyboard.press('Enter');
  await other.page.getByText('There is an account with this e-mail address already.').waitFor();
});

inBrowser('another person, in another browser and in the next tab, sees nothing of it', async () => {
  const ada = await site.signedUp();
  await add(ada.page, 'A secret of Ada');
  const ben = await site.signedUp();
  await ben.page.getByText('Nothing in your inbox').waitFor();

  // In the next tab of the same browser Ben signs in.
  await untilSaved(ada.page);
  const next = await ada.open();
  await untilTitles(next, ['A secret of Ada']);
  await signOut(next);
  await ada.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await signIn(next, ben.person);
  for (const tab of [next, ada.page]) await tab.getByText('Nothing in your inbox').waitFor();
  await add(next, 'Of Ben');
  for (const tab of [next, ada.page, ben.page]) await untilTitles(tab, ['Of Ben']);
});

inBrowser('a sign-out that does not reach the server is done by the next page, which shows nothing before', async () => {
  const { page } = await site.signedUp();
  await add(page, 'A secret of Ada');
  await untilSaved(page);
  await page.route('**/api/auth/sign-out', (route) => route.abort());
  await signOut(page);
  await page.getByRole('status').getByText('You are not signed out yet').waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'You are not signed out yet' }).waitFor();
  expect(await page.getByText('A secret of Ada').count()).toBe(0);
  await page.unroute('**/api/auth/sign-out');
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
});

inBrowser('a session that ends elsewhere hides the tasks, and keeps the change that waits for its owner', async () => {
  const { page, person } = await site.signedUp();
  await add(page, 'Sent');
  await untilSaved(page);
  site.network.cut();
  await add(page, 'Waiting');
  await page.getByRole('button', { name: /Offline · 1 change waiting/ }).waitFor();
  await script(site.api.database.superuserUrl, `delete from session where user_id = (select id from "user" where email = '${person.email}')`);
  site.network.mend();
  await signIn(page, person);
  await untilTitles(page, ['Sent', 'Waiting']);
  await untilSaved(page);
});

inBrowser('an account is deleted with its password, and then it is gone', async () => {
  const { page, person } = await site.signedUp();
  await page.getByRole('button', { name: 'Account of' }).click();
  await page.getByRole('menuitem', { name: 'Account' }).click();
  await page.getByRole('button', { name: 'Delete account …' }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByLabel('Password').fill('wrong horse battery');
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').getByText('password').waitFor();
  await dialog.getByLabel('Password').fill(person.password);
  await page.keyboard.press('Enter');
  await signIn(page, person);
  await page.getByRole('alert').getByText('do not belong together').waitFor();
});

inBrowser('a server without mail says that it cannot send a link', async () => {
  const { page } = await site.visit();
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await page.getByText('This server sends no mail.').waitFor();
  await page.getByRole('button', { name: 'Back to sign in' }).click();
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
});
