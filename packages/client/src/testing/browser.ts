import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { it, onTestFinished } from 'vitest';

export type { Page } from 'playwright-core';
export { type Loopback, listen } from './client.ts';
export { type Network, openNetwork } from './network.ts';
export { newcomer, watching } from './replica.ts';

const { TODO_CHROMIUM, CI } = process.env;
/** The first has no windows at all, and needs a quarter less of the processor. */
const places = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];
const program = TODO_CHROMIUM ?? places.find(existsSync);

if (program === undefined) console.log('The tests in a browser do not run: install Chromium, or name its program in TODO_CHROMIUM.');

/** A test in a browser. Where there is none it is skipped, except in CI, where it fails. */
export const inBrowser = it.skipIf(program === undefined && CI === undefined);

/** One user of a computer: tabs that share cookies and storage. */
export interface Profile {
  context: BrowserContext;
  /** What nobody has handled in its pages, and what they have written as an error to the console, such as a violation of their policy. */
  errors: string[];
  /** Opens the page in another tab. `query` is what its program reads of its address. */
  open(query?: string): Promise<Page>;
}

export interface TestBrowser {
  /** A new profile, whose page is at this address. The end of the test closes it. */
  profile(address: string, options?: BrowserContextOptions): Promise<Profile>;
}

let running: Promise<Browser> | undefined;

/** One for all test files of a process, which ends with it: a start takes as long as a test. Profiles share nothing. */
function launched(): Promise<Browser> {
  if (program === undefined) throw new Error('Chromium is not installed.');
  // As root its sandbox cannot be had.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  running ??= chromium.launch({ executablePath: program, args });
  return running;
}

/** A Chromium without a window. */
export async function openBrowser(): Promise<TestBrowser> {
  const browser = await launched();
  const profile = async (address: string, options?: BrowserContextOptions): Promise<Profile> => {
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    const errors: string[] = [];
    context.on('weberror', (error) => errors.push(String(error.error().stack)));
    context.on('console', (message) => {
      // The browser itself notes each answer that is an error, and each that did not come.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) errors.push(message.text());
    });
    const open = async (query = '') => {
      const page = await context.newPage();
      await page.goto(`${address}${query}`);
      return page;
    };
    return { context, errors, open };
  };
  return { profile };
}
