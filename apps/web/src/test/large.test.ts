import { readPage, startTestApi } from '@todo/api/testing';
import { createTodoClient } from '@todo/client';
import { inBrowser, type Page } from '@todo/client/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { openSite, type Site, signIn } from '../testing/site.ts';
import { add } from '../testing/tasks.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ startTestApi, readPage });
});
afterAll(() => site[Symbol.asyncDispose]());

const IMPORT_ITEMS = 500;

/** Signs a person in who has this number of tasks, and returns once all are in the browser. */
async function withTasks(count: number) {
  const visited = await site.visit();
  const client = createTodoClient({ url: site.network.url });
  await client.signUp(visited.person);
  for (let from = 0; from < count; from += IMPORT_ITEMS) {
    const numbers = Array.from({ length: Math.min(IMPORT_ITEMS, count - from) }, (_, i) => from + i);
    await client.tasks.import({
      tasks: numbers.map((i) => ({
        id: crypto.randomUUID(),
        title: `Task ${i}`,
        position: `b${String(i).padStart(6, '0')}V`,
        labels: i % 5 ? [] : ['errand'],
      })),
    });
  }
  await signIn(visited.page, visited.person);
  await visited.page.getByText(`${count.toLocaleString('en-GB')} tasks`).waitFor();
  return visited;
}

const rowCount = (page: Page) => page.locator('[data-task]').count();

/** The median of how long the page is busy, in ms, between a key and the frame that shows it. */
async function busyPerKey(page: Page, text: string): Promise<number> {
  await page.getByRole('textbox', { name: 'Add a task' }).click();
  await page.evaluate(`
    globalThis.busy = [];
    document.addEventListener('keydown', ({ timeStamp }) => requestAnimationFrame(() => setTimeout(() => busy.push(performance.now() - timeStamp))))`);
  await page.keyboard.type(text, { delay: 20 });
  await expect.poll(() => page.evaluate<number>('busy.length')).toBe(text.length);
  return page.evaluate<number>('busy.sort((a, b) => a - b)[busy.length >> 1]');
}

/** How long the page takes from its reload to the first row, in ms. */
async function reloaded(page: Page): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    await page.reload();
    await page.locator('[data-task]').first().waitFor();
    times.push(await page.evaluate<number>('performance.now()'));
  }
  return times.sort((a, b) => a - b)[2] ?? 0;
}

inBrowser('with 10,000 tasks the page shows a bounded number of rows, opens in a small multiple of the time with 100, and typing takes no longer', async () => {
  const [few, many] = [await withTasks(100), await withTasks(10_000)];
  expect(await rowCount(many.page)).toBeLessThan(100);
  await many.page.locator('[data-task]').first().focus();
  await many.page.keyboard.press('End');
  await many.page.getByText('Task 9999', { exact: true }).waitFor();
  expect(await rowCount(many.page)).toBeLessThan(100);

  const [opensFew, opensMany] = [await reloaded(few.page), await reloaded(many.page)];
  const text = 'typing never waits here';
  const [keysFew, keysMany] = [await busyPerKey(few.page, text), await busyPerKey(many.page, text)];
  console.log(
    `100 and 10,000 tasks: open in ${opensFew.toFixed()} and ${opensMany.toFixed()} ms, a key takes ${keysFew.toFixed(1)} and ${keysMany.toFixed(1)} ms`,
  );
  expect(opensMany / opensFew).toBeLessThan(10);
  expect(keysMany / keysFew).toBeLessThan(5);

  await add(many.page, ' and is added');
  await many.page.getByText('10,001 tasks').waitFor();
});
