import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type DrillServer, startDrillServer } from '@todo/api/testing';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { createTodoClient, type HistoryEvent, type TodoClient } from '../index.ts';
import { inBrowser, openBrowser, type TestBrowser } from '../testing/browser.ts';
import { type Account, Desk } from '../testing/desk.ts';
import type { DrillApp } from '../testing/drill-page.ts';
import { Journal, type Logged } from '../testing/journal.ts';
import { everyList, everything, newcomer } from '../testing/replica.ts';
import { openSite, PAGE_PATH, type Site } from '../testing/site.ts';

declare const app: DrillApp;

/** PAUSE_MS is the longest pause between two changes in a tab, and HANG_MS the longest time for which a network hangs. */
const [CHANGES, PAUSE_MS, HANG_MS, TIME_LIMIT_MS] = inject('drills') === 'long' ? [5_000, 500, 20_000, 3_600_000] : [300, 150, 2_000, 600_000];
const TABS = 2;
const SETTLE_LIMIT_MS = 600_000;
/** Which accounts each profile uses in turn. */
const SHARES = [[0], [0, 1], [1, 2]];

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());
let browser: TestBrowser;
let site: Site;
let server: DrillServer;
beforeAll(async () => {
  browser = await openBrowser();
  site = cleanUp.use(await openSite(join(import.meta.dirname, '..', 'testing', 'drill-page.ts'), SHARES.length));
  server = cleanUp.use(await startDrillServer({ TRUSTED_ORIGINS: site.origins.join(), CALLS_PER_MINUTE: '0' }));
  site.forwardTo(server.url);
});

const below = (end: number) => Math.floor(Math.random() * end);
const shuffled = <Item>(items: readonly Item[]): Item[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

type Faults = Record<string, () => Promise<unknown>>;

const faultsAt = (desk: Desk): Faults => ({
  cut: async () => {
    desk.network.cut();
    await delay(200 + below(3_000));
    desk.network.mend();
  },
  hang: async () => {
    desk.network.hang();
    await delay(below(HANG_MS));
    desk.network.mend();
  },
  slow: async () => {
    desk.network.delay(50 + below(150));
    await delay(2_000);
    desk.network.mend();
  },
  offline: async () => {
    await desk.profile.context.setOffline(true);
    await delay(below(2_000));
    await desk.profile.context.setOffline(false);
  },
  reload: () => desk.reload(below(TABS)),
  close: () => desk.open(below(TABS)),
  'another account': () => desk.signIn(below(TABS), desk.accounts[below(desk.accounts.length)] ?? desk.first).catch(() => {}),
});

const faultsOfServer: Faults = {
  'server killed': () => server.killServer(),
  'database killed': () => server.killDatabase(),
};

async function allEvents({ history }: TodoClient): Promise<HistoryEvent[]> {
  const all: HistoryEvent[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await history.list({ limit: 200, cursor });
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  return all;
}

/** Waits until a tab has sent everything, and shows what the server has. */
async function settle(desk: Desk, { userId, todo }: Account): Promise<void> {
  const byId = <Row extends { id: string }>(rows: Row[]) => rows.sort((a, b) => a.id.localeCompare(b.id));
  for (const tab of desk.tabs) {
    const state = () => tab?.evaluate(() => [app.replica.userId, app.replica.state, app.replica.pending.length]).catch(() => undefined);
    await expect.poll(state, { timeout: SETTLE_LIMIT_MS, interval: 200 }).toEqual([userId, 'live', 0]);
    // Other tabs may still send changes to the same account.
    const stored = async () => ({ lists: byId(await everyList(todo)), tasks: byId(await everything(todo)) });
    const shown = async () => {
      const { lists, tasks } = (await tab?.evaluate(() => ({ lists: [...app.replica.lists().values()], tasks: [...app.replica.tasks().values()] }))) ?? {};
      return { lists: byId(lists ?? []), tasks: byId(tasks ?? []) };
    };
    const compared = async () => {
      expect(await shown()).toEqual(await stored());
    };
    await expect.poll(compared, { interval: 500 }).toBe(undefined);
  }
}

inBrowser(
  'whatever fails, each change that was stored is there once, in its account, and all tabs show what the server has',
  async () => {
    const journal = new Journal();
    const accounts = await Promise.all(
      ['Ada', 'Ben', 'Eve'].map(async (name): Promise<Account> => {
        const person = newcomer(name);
        const todo = createTodoClient({ url: server.url });
        return { person, todo, userId: (await todo.signUp(person)).id };
      }),
    );
    const desks: Desk[] = [];
    for (const [i, share] of SHARES.entries()) {
      const network = site.networks[i];
      if (!network) continue;
      const profile = await browser.profile(`${network.url}${PAGE_PATH}`);
      await profile.context.exposeFunction('report', journal.note);
      const desk = new Desk(
        network,
        accounts.filter((_, index) => share.includes(index)),
        profile,
      );
      for (let tab = 0; tab < TABS; tab += 1) await desk.open(tab);
      await desk.signIn(0, desk.first);
      desks.push(desk);
    }

    const begun = performance.now();
    const counts = new Map<string, number>();
    let made = 0;
    const type = async (desk: Desk, tab: number) => {
      while (made < CHANGES) {
        if (await desk.change(tab)) made += 1;
        await delay(below(PAUSE_MS));
      }
    };
    const fail = async (faults: Faults, pauseMs: number) => {
      while (made < CHANGES)
        for (const [name, cause] of shuffled(Object.entries(faults))) {
          await cause();
          counts.set(name, (counts.get(name) ?? 0) + 1);
          await delay(below(pauseMs));
        }
    };
    const failing = [fail(faultsOfServer, HANG_MS), ...desks.map((desk) => fail(faultsAt(desk), 2_000))];
    await Promise.all([...failing, ...desks.flatMap((desk) => desk.tabs.map((_, tab) => type(desk, tab)))]);
    const typed = performance.now();

    for (const desk of desks) {
      desk.network.mend();
      for (const [i, tab] of desk.tabs.entries()) if (!tab) await desk.open(i);
      for (const each of [...desk.accounts, desk.first]) {
        await expect.poll(() => desk.signIn(0, each).then(() => true)).toBe(true);
        await settle(desk, each);
      }
    }
    // What others have changed while a desk showed another account, and at the end all.
    for (const desk of desks) await settle(desk, desk.first);

    const logged = await Promise.all(
      accounts.map(async ({ userId, todo }): Promise<Logged> => {
        const rows = await server.inspect(`select id from idempotency_keys where user_id = '${userId}'`);
        return { userId, events: await allEvents(todo), mutationIds: new Set(rows.map(({ id }) => String(id))) };
      }),
    );
    const seconds = (ms: number) => Math.round(ms / 1000);
    console.info(
      JSON.stringify({
        made: journal.size,
        kept: journal.kept,
        refused: journal.refused.size,
        lostFields: journal.lost.size,
        events: logged.map(({ events }) => events.length),
        seconds: [seconds(typed - begun), seconds(performance.now() - typed)],
        ...Object.fromEntries(counts),
      }),
    );
    expect(journal.faults(logged)).toEqual([]);
    expect(desks.flatMap(({ profile }) => profile.errors)).toEqual([]);
  },
  TIME_LIMIT_MS,
);
