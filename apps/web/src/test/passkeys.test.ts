import { codeOf, readPage, startTestApi } from '@todo/api/testing';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { beginSecondFactor, enter, finishSecondFactor, openAccount, prove } from '../testing/account.ts';
import { openSite, type Site, signOut } from '../testing/site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage }, { host: 'localhost' });
});
afterAll(() => site[Symbol.asyncDispose]());

/** A device of the browser that makes passkeys, whose owner agrees at once. */
async function addDevice(page: Page) {
  const devices = await page.context().newCDPSession(page);
  await devices.send('WebAuthn.enable');
  const { authenticatorId } = await devices.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { verify: (isUserVerified: boolean) => devices.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }) };
}

inBrowser('a person adds a passkey, signs in with it alone, and removes it', async () => {
  const { page, person } = await site.signedUp();
  const device = await addDevice(page);
  await openAccount(page);
  await page.getByRole('button', { name: 'Add a passkey …' }).click();
  await page.getByLabel('Name of the device').fill('Phone');
  await enter(page, 'Password', 'wrong horse battery');
  await page.getByRole('alert').getByText('This is not your password.').waitFor();
  await enter(page, 'Password', person.password);
  await page.getByRole('button', { name: 'Rename Phone' }).click();
  await page.getByLabel('Name of the device').fill('Old phone');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Rename Old phone' }).waitFor();

  await signOut(page);
  await device.verify(false);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByRole('alert').getByText('Your browser gave no passkey.').waitFor();
  await device.verify(true);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByRole('button', { name: 'Account of' }).waitFor();

  await openAccount(page);
  await page.getByRole('button', { name: 'Remove Old phone' }).click();
  await page.getByRole('button', { name: 'Remove passkey' }).click();
  await page.getByRole('button', { name: 'Remove Old phone' }).waitFor({ state: 'detached' });
  await signOut(page);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByRole('alert').getByText('This passkey is not known here.').waitFor();
  expect(await page.getByRole('heading', { level: 1, name: 'Welcome back' }).isVisible()).toBe(true);
});

inBrowser('with a second factor, another passkey needs its code after the password', async () => {
  const { page, person } = await site.signedUp();
  await addDevice(page);
  const secret = await beginSecondFactor(page, person.password);
  const [code = ''] = await finishSecondFactor(page, codeOf(secret));
  await page.getByRole('button', { name: 'Add a passkey …' }).click();
  await page.getByLabel('Name of the device').fill('Phone');
  await prove(page, person.password, code);
  await page.getByRole('button', { name: 'Rename Phone' }).waitFor();
});
