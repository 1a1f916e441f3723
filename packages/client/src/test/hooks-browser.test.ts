import { join } from 'node:path';
import { startTestApi } from '@todo/api/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { inBrowser } from '../testing/browser.ts';
import type { Hooks } from '../testing/hooks-page.ts';
import { openPages, type Pages } from '../testing/pages.ts';
import { newcomer } from '../testing/replica.ts';
import { PAGE_PATH } from '../testing/site.ts';

declare const hooks: Hooks;

let pages: Pages;
beforeAll(async () => {
  pages = await openPages(startTestApi, join(import.meta.dirname, '..', 'testing', 'hooks-page.ts'));
});
afterAll(() => pages[Symbol.asyncDispose]());

const shown = (page: Page, name: string) => page.getByLabel(name, { exact: true });
const until = (page: Page, name: string, expected: string) => expect.poll(() => shown(page, name).textContent()).toBe(expected);
const renders = async (page: Page, ...names: string[]) => Promise.all(names.map((name) => shown(page, name).getAttribute('data-renders')));
const signUp = (page: Page, person: ReturnType<typeof newcomer>) => page.evaluate((given) => hooks.client.signUp(given), person);
const visit = async () => {
  pages.network.mend();
  const profile = await pages.browser.profile(`${pages.network.url}${PAGE_PATH}`);
  return { ...profile, page: await profile.open() };
};

inBrowser('a component renders again when what it shows changes, and then only', async () => {
  const { page, errors } = await visit();
  await until(page, 'session', 'signed-out: nobody');
  await signUp(page, newcomer());
  await until(page, 'state', 'live, 0 waiting');
  const { id } = await page.evaluate(() => hooks.replica.mutate.tasks.create({ title: 'Buy milk' }).done);
  for (const name of ['open', 'live query']) await until(page, name, 'Buy milk');
  await until(page, 'session', 'signed-in: Ada');
  const before = await renders(page, 'done', 'lists', 'session');
  await page.evaluate((given) => hooks.replica.mutate.tasks.edit({ id: given, title: 'Buy oat milk' }).done, id);
  for (const name of ['open', 'live query']) await until(page, name, 'Buy oat milk');
  expect(await renders(page, 'done', 'lists', 'session')).toEqual(before);
  const [, , sessions] = before;
  await page.evaluate((given) => {
    hooks.replica.mutate.tasks.complete({ id: given });
    hooks.replica.mutate.lists.create({ name: 'Home' });
  }, id);
  await until(page, 'done', 'Buy oat milk');
  await until(page, 'open', '');
  await until(page, 'lists', 'Home');
  await until(page, 'state', 'live, 0 waiting');
  expect(await renders(page, 'session')).toEqual([sessions]);
  expect(errors).toEqual([]);
});

inBrowser('hooks follow whoever signs in, or out, in another tab', async () => {
  const { page, open, errors } = await visit();
  const [ada, ben] = [newcomer('Ada'), newcomer('Ben')];
  await signUp(page, ada);
  await until(page, 'session', 'signed-in: Ada');
  await page.evaluate(() => hooks.replica.mutate.tasks.create({ title: 'Of Ada' }).done);
  const tab = await open();
  await until(tab, 'session', 'signed-in: Ada');
  await signUp(tab, ben);
  await until(tab, 'session', 'signed-in: Ben');
  await tab.evaluate(() => void hooks.tasks.insert({ title: 'Of Ben' }));
  for (const one of [page, tab]) {
    await until(one, 'session', 'signed-in: Ben');
    for (const name of ['open', 'live query']) await until(one, name, 'Of Ben');
  }
  await tab.evaluate(() => hooks.client.signOut());
  for (const one of [page, tab]) {
    await until(one, 'session', 'signed-out: nobody');
    for (const name of ['open', 'live query']) await until(one, name, '');
  }
  await page.evaluate((given) => hooks.client.signIn(given), ada);
  for (const one of [page, tab]) await until(one, 'open', 'Of Ada');
  expect(errors).toEqual([]);
});

inBrowser('what a collection has inserted offline is there when the page is opened again, and sent once', async () => {
  const { page: first, open, errors } = await visit();
  await signUp(first, newcomer());
  await until(first, 'state', 'live, 0 waiting');
  pages.network.cut();
  await until(first, 'state', 'offline, 0 waiting');
  await first.evaluate(async () => {
    await hooks.tasks.insert([{ title: 'One' }, { title: 'Two' }]).isPersisted.promise;
  });
  await first.close();
  const page = await open();
  for (const name of ['open', 'live query']) await until(page, name, 'One, Two');
  await until(page, 'state', 'offline, 2 waiting');
  pages.network.mend();
  await until(page, 'state', 'live, 0 waiting');
  for (const name of ['open', 'live query']) await until(page, name, 'One, Two');
  expect(errors).toEqual([]);
});
