import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import type { TodoClient } from '../index.ts';
import type { TestBrowser } from './browser.ts';
import type { DrillApp } from './drill-page.ts';
import type { Network } from './network.ts';
import type { newcomer } from './replica.ts';

declare const app: DrillApp;

/** Somebody with an account, and a client outside the browsers. */
export interface Account {
  person: ReturnType<typeof newcomer>;
  userId: string;
  todo: TodoClient;
}

/** A browser with its tabs, which are closed, loaded again and signed in as others. */
export class Desk {
  readonly network: Network;
  readonly accounts: Account[];
  readonly tabs: (Page | undefined)[] = [];
  readonly profile: Awaited<ReturnType<TestBrowser['profile']>>;

  constructor(network: Network, accounts: Account[], profile: Desk['profile']) {
    this.network = network;
    this.accounts = accounts;
    this.profile = profile;
  }

  /** Who signs in first. */
  get first(): Account {
    const [account] = this.accounts;
    if (!account) throw new Error('A desk has no account.');
    return account;
  }

  async open(index: number): Promise<void> {
    const old = this.tabs[index];
    this.tabs[index] = undefined;
    await old?.close();
    // While it hangs a page that is not in the cache of the browser would not come.
    this.tabs[index] = await this.profile.open().catch(() => undefined);
  }

  async reload(index: number): Promise<void> {
    const loaded = await this.tabs[index]?.reload({ timeout: 5_000 }).then(
      () => true,
      () => false,
    );
    if (!loaded) await this.open(index);
  }

  async signIn(index: number, { person: { email, password } }: Account): Promise<void> {
    await this.tabs[index]?.evaluate((given) => app.todo.signIn(given).then(() => {}), { email, password });
  }

  /** Makes a change in a tab, if that shows somebody's data. */
  async change(index: number): Promise<boolean> {
    return (await this.tabs[index]?.evaluate((marker) => app.change(marker), `Text ${randomUUID()}`).catch(() => false)) ?? false;
  }
}
