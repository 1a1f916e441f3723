import { join } from 'node:path';
import type { startTestApi, TestApi } from '@todo/api/testing';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { createTodoClient, type TodoClient } from '../index.ts';
import { openBrowser, type TestBrowser } from './browser.ts';
import { listen } from './client.ts';
import type { Network } from './network.ts';
import type { App } from './page.ts';
import { everything, newcomer, watching } from './replica.ts';
import { openSite, PAGE_PATH, type Site } from './site.ts';

declare const app: App;

/** The program of a page that shows a replica. */
const PAGE_FILE = join(import.meta.dirname, 'page.ts');

export interface Pages extends AsyncDisposable {
  browser: TestBrowser;
  site: Site;
  api: TestApi;
  network: Network;
  /** A new profile, in which somebody new has signed up in the first tab, while the network is good. */
  signedUp(): Promise<Visit>;
  /** A client of the same person outside the browser. */
  elsewhere(person: Person): Promise<TodoClient>;
  /** The titles of the tasks that the server has. */
  titlesOf(person: Person): Promise<string[]>;
}

type Person = ReturnType<typeof newcomer>;
type Visit = Awaited<ReturnType<TestBrowser['profile']>> & { person: Person; userId: string; first: Page; origin: string };

/** A browser, and a server behind one network, with a page that runs a program. */
export async function openPages(start: typeof startTestApi, program = PAGE_FILE): Promise<Pages> {
  const cleanUp = new AsyncDisposableStack();
  const browser = await openBrowser();
  const site = cleanUp.use(await openSite(program, 1));
  const api = cleanUp.use(await start({ trustedOrigins: site.origins, watching }));
  const server = cleanUp.use(await listen((request) => api.fetch(request.url, request)));
  site.forwardTo(server.url);
  const [network] = site.networks;
  if (!network) throw new Error('The site has no network.');
  const signedUp = async () => {
    network.mend();
    const profile = await browser.profile(`${network.url}${PAGE_PATH}`);
    const person = newcomer();
    const first = await profile.open();
    const { id: userId } = await first.evaluate((given) => app.todo.signUp(given), person);
    await untilState(first, 'live');
    return { ...profile, person, userId, first, origin: network.url };
  };
  const elsewhere = async (person: Person) => {
    const todo = createTodoClient({ url: server.url });
    await todo.signIn(person);
    return todo;
  };
  const titlesOf = async (person: Person) => (await everything(await elsewhere(person))).map(({ title }) => title).sort();
  return { browser, site, api, network, signedUp, elsewhere, titlesOf, [Symbol.asyncDispose]: () => cleanUp.disposeAsync() };
}

export const stateOf = (page: Page) => page.evaluate(() => app.replica.state);
export const untilState = (page: Page, state: string) => expect.poll(() => stateOf(page)).toBe(state);
export const pendingIn = (page: Page) => page.evaluate(() => app.replica.pending.length);
const titlesIn = (page: Page) => page.evaluate(() => [...app.replica.tasks().values()].map(({ title }) => title).sort());
export const untilTitles = (page: Page, titles: string[]) => expect.poll(() => titlesIn(page)).toEqual([...titles].sort());

/** Queues a new task. */
export const queue = (page: Page, title: string) => page.evaluate((given) => app.replica.mutate.tasks.create({ title: given }).queued, title);
/** Makes a task, and returns when the server has answered. */
export const create = (page: Page, title: string) => page.evaluate((given) => app.replica.mutate.tasks.create({ title: given }).done, title);
