import { script, startTestApi } from '@todo/api/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { createTodoClient } from '../index.ts';
import { inBrowser } from '../testing/browser.ts';
import type { App } from '../testing/page.ts';
import { create, openPages, type Pages, pendingIn, queue, untilState, untilTitles } from '../testing/pages.ts';
import { newcomer } from '../testing/replica.ts';

declare const app: App;

let pages: Pages;
beforeAll(async () => {
  pages = await openPages(startTestApi);
});
afterAll(() => pages[Symbol.asyncDispose]());

type Person = ReturnType<typeof newcomer>;

const signIn = (page: Page, person: Person) => page.evaluate(({ email, password }) => app.todo.signIn({ email, password }), person);
const userIn = (page: Page) => page.evaluate(() => app.replica.userId);

inBrowser('another person in the next tab sees nothing of the first, whose changes wait until she is back', async () => {
  const { open, first, person: ada, userId: adaId, context, errors } = await pages.signedUp();
  const ben = newcomer('Ben');
  const { id: benId } = await createTodoClient({ url: pages.network.url }).signUp(ben);
  await create(first, 'Of Ada');
  const second = await open();
  await untilTitles(second, ['Of Ada']);
  const creations = '**/trpc/tasks.create';
  await context.route(creations, (route) => route.abort());
  await queue(first, 'Queued by Ada in the first');
  await queue(second, 'Queued by Ada in the second');
  await signIn(second, ben);
  for (const tab of [first, second]) {
    await expect.poll(() => userIn(tab)).toBe(benId);
    await untilState(tab, 'live');
    await untilTitles(tab, []);
    expect(await pendingIn(tab)).toBe(0);
  }
  await context.unroute(creations);
  await create(first, 'Of Ben');
  await untilTitles(second, ['Of Ben']);
  expect(await pages.titlesOf(ada)).toEqual(['Of Ada']);
  await signIn(first, ada);
  const ofAda = ['Of Ada', 'Queued by Ada in the first', 'Queued by Ada in the second'];
  for (const tab of [first, second]) {
    await expect.poll(() => userIn(tab)).toBe(adaId);
    await untilTitles(tab, ofAda);
    await expect.poll(() => pendingIn(tab)).toBe(0);
  }
  expect(await pages.titlesOf(ada)).toEqual(ofAda);
  expect(await pages.titlesOf(ben)).toEqual(['Of Ben']);
  expect(errors).toEqual([]);
});

inBrowser('after a sign-out in one tab the other shows nothing, and nothing is saved', async () => {
  const { open, first, userId, errors } = await pages.signedUp();
  await create(first, 'Of Ada');
  const second = await open();
  await untilTitles(second, ['Of Ada']);
  await second.evaluate(() => app.todo.signOut());
  for (const tab of [first, second]) {
    await untilState(tab, 'signed-out');
    await untilTitles(tab, []);
  }
  await expect.poll(() => second.evaluate(() => app.databases())).not.toContainEqual(expect.stringContaining(userId));
  expect(errors).toEqual([]);
});

inBrowser('a session that the server has ended hides the data, and keeps the changes that wait for the same person', async () => {
  const { open, first, person, userId, errors } = await pages.signedUp();
  await create(first, 'Of Ada');
  const second = await open();
  await untilTitles(second, ['Of Ada']);
  pages.network.cut();
  for (const tab of [first, second]) await untilState(tab, 'offline');
  await queue(second, 'Queued');
  await script(pages.api.database.superuserUrl, `delete from session where user_id = '${userId}'`);
  pages.network.mend();
  for (const tab of [first, second]) {
    await untilState(tab, 'signed-out');
    await untilTitles(tab, []);
  }
  await signIn(first, person);
  for (const tab of [first, second]) {
    await untilTitles(tab, ['Of Ada', 'Queued']);
    await expect.poll(() => pendingIn(tab)).toBe(0);
  }
  expect(await pages.titlesOf(person)).toEqual(['Of Ada', 'Queued']);
  expect(errors).toEqual([]);
});
