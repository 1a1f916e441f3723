import type { readPage, startTestApi, TestApi } from '@todo/api/testing';
import { type Loopback, listen, type Network, newcomer, openBrowser, openNetwork, type Page, type Profile, watching } from '@todo/client/testing';
import { expect, onTestFinished } from 'vitest';
import { builtPage } from './built.ts';

type Person = ReturnType<typeof newcomer>;
/** The options of a window, such as its size. */
type Look = Parameters<Awaited<ReturnType<typeof openBrowser>>['profile']>[1];

interface Visit extends Profile {
  /** The first tab. */
  page: Page;
  person: Person;
}

export interface Site extends AsyncDisposable {
  api: TestApi;
  /** Between the browser and the server. */
  network: Network;
  /** Another user of a computer, with one tab open. */
  visit(look?: Look): Promise<Visit>;
  /** The same, who is signed in with a new account. */
  signedUp(look?: Look): Promise<Visit>;
  /** Stops the server, lets something happen, and starts it anew. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
}

type Options = NonNullable<Parameters<typeof startTestApi>[0]>;

/** What the API's own testing offers: this folder may not import it. */
export interface Server {
  startTestApi: typeof startTestApi;
  readPage: typeof readPage;
}

/** The desk on which tests run, unless they say otherwise. */
const DESK: Look = { viewport: { width: 1280, height: 800 }, locale: 'en-GB', reducedMotion: 'reduce' };

/** As long as `expect.poll` waits: a page that was in a network that leads nowhere tries again every 15 seconds. */
const WAIT_MS = 60_000;

/** A browser, and a server of the built page, as it is in production. A test whose pages write an error to the console fails. */
export async function openSite(
  { startTestApi, readPage }: Server,
  {
    host = '127.0.0.1',
    providersOf = async () => [],
    ...options
  }: Pick<Options, 'mailUrl' | 'signUp' | 'signInByMail' | 'verifyEmail'> & {
    host?: '127.0.0.1' | 'localhost';
    providersOf?(url: string): Promise<NonNullable<Options['providers']>>;
  } = {},
): Promise<Site> {
  const cleanUp = new AsyncDisposableStack();
  const folder = await builtPage();
  const browser = await openBrowser();
  let server: Loopback | undefined;
  const network = cleanUp.use(await openNetwork(() => Number(new URL(server?.url ?? 'http://127.0.0.1:9').port)));
  // Passkeys are made for names alone.
  const url = network.url.replace('127.0.0.1', host);
  const providers = await providersOf(url);
  // The provider sends the browser back to this address, so the server has to know it.
  const address = providers.length > 0 ? { baseUrl: url, providers } : {};
  const api = cleanUp.use(await startTestApi({ ...address, trustedOrigins: [url], page: readPage(folder, url), watching, ...options }));
  const serve = async () => {
    server = await listen((request) => api.fetch(request.url, request));
  };
  cleanUp.defer(async () => server?.[Symbol.asyncDispose]());
  await serve();
  const restart = async (meanwhile = async () => {}) => {
    await server?.[Symbol.asyncDispose]();
    server = undefined;
    await meanwhile();
    await serve();
  };

  const arrive = async (look?: Look) => {
    network.mend();
    const profile = await browser.profile(`${url}/`, { ...DESK, ...look });
    profile.context.setDefaultTimeout(WAIT_MS);
    onTestFinished(() => expect(profile.errors).toEqual([]));
    return { ...profile, person: newcomer() };
  };
  const visit = async (look?: Look): Promise<Visit> => {
    const arrived = await arrive(look);
    return { ...arrived, page: await arrived.open() };
  };
  const signedUp = async (look?: Look): Promise<Visit> => {
    const arrived = await arrive(look);
    // By the API, which takes a third of the time. The session is that of the browser.
    const answer = await arrived.context.request.post(`${url}/api/auth/sign-up/email`, { data: arrived.person, headers: { origin: url } });
    expect(answer.status()).toBe(200);
    const page = await arrived.open();
    await heading(page, 'Inbox').waitFor();
    return { ...arrived, page };
  };
  return { api, network, visit, signedUp, restart, [Symbol.asyncDispose]: () => cleanUp.disposeAsync() };
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name });

async function fillLogin(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
}

export async function signUp(page: Page, person: Person): Promise<void> {
  await page.getByRole('button', { name: 'Create account' }).click();
  await heading(page, 'Create your account').waitFor();
  await page.getByLabel('Name').fill(person.name);
  await fillLogin(page, person);
  await page.getByRole('button', { name: 'Create account' }).click();
  await heading(page, 'Inbox').waitFor();
}

export async function signIn(page: Page, person: Person): Promise<void> {
  await heading(page, 'Welcome back').waitFor();
  await fillLogin(page, person);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account of' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await heading(page, 'Welcome back').waitFor();
}
