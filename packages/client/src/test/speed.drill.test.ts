import { join } from 'node:path';
import { type DrillServer, startDrillServer } from '@todo/api/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { createTodoClient } from '../index.ts';
import { inBrowser, openBrowser, type TestBrowser } from '../testing/browser.ts';
import type { App } from '../testing/page.ts';
import { untilState } from '../testing/pages.ts';
import { newcomer } from '../testing/replica.ts';
import { openSite, PAGE_PATH, type Site } from '../testing/site.ts';

declare const app: App;

const [TASKS, EDITS, QUEUED] = inject('drills') === 'long' ? [10_000, 200, 500] : [1_000, 10, 20];
const TIME_LIMIT_MS = 1_200_000;
const AT_ONCE = 100;

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());
let browser: TestBrowser;
let site: Site;
let server: DrillServer;
beforeAll(async () => {
  browser = await openBrowser();
  site = cleanUp.use(await openSite(join(import.meta.dirname, '..', 'testing', 'page.ts'), 1));
  server = cleanUp.use(await startDrillServer({ TRUSTED_ORIGINS: site.origins.join(), CALLS_PER_MINUTE: '0' }));
  site.forwardTo(server.url);
});

const round = (ms: number | undefined) => Math.round((ms ?? 0) * 10) / 10;
function spread(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  return `p50 ${round(sorted[Math.floor(sorted.length / 2)])} ms, p95 ${round(sorted[Math.floor(sorted.length * 0.95)])} ms`;
}

/** Edits a task in one page, and tells when each edit shows in the other. */
async function editsFromTo(from: Page, to: Page): Promise<number[]> {
  const id = await from.evaluate(() => [...app.replica.tasks().keys()][0] ?? '');
  const times: number[] = [];
  for (let i = 0; i < EDITS; i += 1) {
    const title = `Edit ${i} ${Math.random()}`;
    const seen = to.evaluate(
      (given) =>
        new Promise<number>((resolve) => {
          const stop = app.replica.subscribe(() => {
            if (app.replica.tasks().get(given.id)?.title !== given.title) return;
            stop();
            resolve(performance.timeOrigin + performance.now());
          });
        }),
      { id, title },
    );
    // The listener is there before the edit.
    await to.evaluate(() => {});
    const begun = await from.evaluate(
      (given) => {
        const at = performance.timeOrigin + performance.now();
        app.replica.mutate.tasks.edit(given);
        return at;
      },
      { id, title },
    );
    times.push((await seen) - begun);
  }
  return times;
}

/** How long a change keeps a page busy until it can show it, in ms. */
const busy = (page: Page, kind: 'edit' | 'create' | 'move', times: number) =>
  page.evaluate(
    (given) => {
      const ids = [...app.replica.tasks().keys()];
      const changes = {
        edit: (i: number) => app.replica.mutate.tasks.edit({ id: ids[i] ?? '', title: `Busy ${i}` }),
        create: (i: number) => app.replica.mutate.tasks.create({ title: `Busy ${i}` }),
        move: (i: number) => app.replica.mutate.tasks.move({ id: ids[i] ?? '', before: ids[ids.length - 1 - i] ?? '' }),
      };
      return Array.from({ length: given.times }, (_, i) => {
        const begun = performance.now();
        changes[given.kind](i);
        app.replica.tasks();
        return performance.now() - begun;
      });
    },
    { kind, times },
  );

/** How many entries are saved of the user who is shown. */
const savedIn = (page: Page, url: string) =>
  page.evaluate(async (given) => {
    const saved = await app.storage.open(`todo ${given} ${app.replica.userId}`);
    const entries = await saved.read();
    saved.close();
    return entries.length;
  }, url);

inBrowser(
  'a replica of many tasks opens at once, and shows changes at once',
  async () => {
    const [network] = site.networks;
    if (!network) throw new Error('The site has no network.');
    const person = newcomer();
    const todo = createTodoClient({ url: server.url });
    await todo.signUp(person);
    for (let i = 0; i < TASKS; i += AT_ONCE)
      await todo.tasks.createMany({ tasks: Array.from({ length: AT_ONCE }, (_, j) => ({ title: `Task number ${i + j} of many` })) });

    const profile = await browser.profile(`${network.url}${PAGE_PATH}`);
    const first = await profile.open();
    await first.evaluate(({ email, password }) => app.todo.signIn({ email, password }), person);
    const count = (page: Page) => page.evaluate(() => app.replica.tasks().size);
    await expect.poll(() => count(first)).toBe(TASKS);
    await expect.poll(() => savedIn(first, network.url)).toBeGreaterThan(TASKS);
    await first.close();
    /** How long a page takes to show data, from its start. */
    const opened = async () => {
      const page = await profile.open();
      await expect.poll(() => count(page)).toBe(TASKS);
      const { first: ms } = await page.evaluate(() => app.times);
      await untilState(page, 'live');
      await page.close();
      return ms ?? 0;
    };
    const warm: number[] = [];
    for (let i = 0; i < 5; i += 1) warm.push(await opened());
    const cold: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const other = await browser.profile(`${network.url}${PAGE_PATH}`);
      await other.context.addCookies(await profile.context.cookies());
      const page = await other.open();
      await expect.poll(() => count(page)).toBe(TASKS);
      cold.push((await page.evaluate(() => app.times.first)) ?? 0);
      await other.context.close();
    }
    console.info(`${TASKS} tasks: from IndexedDB ${spread(warm)}; from the server ${spread(cold)}`);

    const one = await profile.open();
    const two = await profile.open();
    const elsewhere = await browser.profile(`${network.url}${PAGE_PATH}`);
    await elsewhere.context.addCookies(await profile.context.cookies());
    const three = await elsewhere.open();
    for (const page of [one, two, three]) await untilState(page, 'live');
    await expect.poll(() => count(three)).toBe(TASKS);
    console.info(`an edit shows in another tab: ${spread(await editsFromTo(two, one))}; in another browser: ${spread(await editsFromTo(one, three))}`);

    for (const page of [one, two]) await expect.poll(() => page.evaluate(() => app.replica.pending.length), { timeout: 200_000 }).toBe(0);
    expect(await one.evaluate(() => app.notices)).toEqual([]);
    network.cut();
    for (let i = 0; i < QUEUED; i += 1)
      await one.evaluate((n) => app.replica.mutate.tasks.edit({ id: [...app.replica.tasks().keys()][n] ?? '', description: `Queued ${n}` }).queued, i);
    for (const kind of ['edit', 'create', 'move'] as const)
      console.info(`${kind} with ${QUEUED} changes that wait: ${spread(await busy(one, kind, EDITS / 2))}`);
    network.mend();
    for (const page of [one, two, three]) {
      await untilState(page, 'live');
      await expect.poll(() => page.evaluate(() => app.replica.pending.length), { timeout: 200_000 }).toBe(0);
      await expect.poll(() => count(page)).toBe(TASKS + EDITS / 2);
    }
    expect([...profile.errors, ...elsewhere.errors]).toEqual([]);
    expect(await one.evaluate(() => app.notices)).toEqual([]);
  },
  TIME_LIMIT_MS,
);
