import type { Page } from '@todo/client/testing';

export async function openAccount(page: Page): Promise<void> {
  await page.goto(`${page.url().split('#')[0]}#/account`);
  await page.getByRole('heading', { level: 1, name: 'Account' }).waitFor();
}

/** An input by its label: inputs of passwords have no role, and sections have the names of their fields. */
export const input = (page: Page, label: string) => page.locator('input').and(page.getByLabel(label, { exact: true }));

/** Types into the last field of a form, and sends the form. */
export async function enter(page: Page, label: string, text: string): Promise<void> {
  await input(page, label).fill(text);
  await page.keyboard.press('Enter');
}

/** Enters the password, and then the code for which the form has asked. */
export async function prove(page: Page, password: string, code: string): Promise<void> {
  await enter(page, 'Password', password);
  await page.locator('input[name="code"]:focus').waitFor();
  await enter(page, 'Code', code);
}

/** Begins to set up a second factor on the account page. Returns the secret that an authenticator app gets. */
export async function beginSecondFactor(page: Page, password: string): Promise<string> {
  await openAccount(page);
  await page.getByRole('button', { name: 'Set up …' }).click();
  await enter(page, 'Password', password);
  await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
  return (await page.locator('code.secret').textContent()) ?? '';
}

/** Sends the first code of the app, and returns the recovery codes. */
export async function finishSecondFactor(page: Page, code: string): Promise<string[]> {
  await enter(page, 'Code', code);
  await page.getByRole('list', { name: 'Recovery codes' }).waitFor();
  const codes = await page.locator('.recovery-codes code').allTextContents();
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('Recovery codes left: 10.').waitFor();
  return codes;
}
