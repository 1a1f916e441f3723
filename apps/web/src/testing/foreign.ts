import { createServer } from 'node:http';
import type { Page, Profile } from '@todo/client/testing';
import type { Site } from './site.ts';

/** Where pages of an attacker are: on another site, whose requests carry no cookie but by navigation, and on another port of the same site, whose requests carry all. */
export const strangers = ['another site', 'the same site'] as const;
type Stranger = (typeof strangers)[number];

export interface Foreign extends AsyncDisposable {
  /** Opens an empty page of the attacker in the browser of a victim. */
  visit(profile: Profile, from: Stranger): Promise<Page>;
  /** The addresses that were asked for here, with the headers that came. */
  asked: { path: string; headers: NodeJS.Dict<string | string[]> }[];
}

/** A server of an attacker's pages, which have no policy. */
export async function openForeign(): Promise<Foreign> {
  const asked: Foreign['asked'] = [];
  const server = createServer(({ url = '', headers }, answer) => {
    asked.push({ path: url, headers });
    answer.setHeader('content-type', 'text/html').end('<!doctype html><title>Win a prize</title><body>');
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
  const visit = async ({ context }: Profile, from: Stranger) => {
    const page = await context.newPage();
    await page.goto(`http://${from === 'the same site' ? '127.0.0.1' : 'localhost'}:${port}/`);
    return page;
  };
  return { visit, asked, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** What an attacker would have done, each with the last text at the end: a form adds a sign to it. */
const forgedCalls = (eve: string) => ({
  '/trpc/tasks.create': { title: 'Forged' },
  '/trpc/lists.create': { name: 'Forged' },
  '/api/v1/tasks': { title: 'Forged' },
  '/api/auth/update-user': { name: 'Forged' },
  '/api/auth/sign-in/email': { email: eve, password: 'correct horse battery' },
  '/api/auth/sign-up/email': { email: `new-${eve}`, password: 'correct horse battery', name: 'Forged' },
  '/api/auth/sign-out': {},
  '/api/auth/revoke-sessions': {},
  '/api/auth/revoke-other-sessions': {},
});

/** Programs for a page: each sends these calls in one of the ways of a foreign page, and resolves when all is done. `eve` is the attacker's account. */
export function forgeries({ network }: Pick<Site, 'network'>, eve: string): Record<string, string> {
  const calls = JSON.stringify(Object.entries(forgedCalls(eve)).map(([path, body]) => [`${network.url}${path}`, JSON.stringify(body)]));
  const each = (send: string) => `Promise.all(${calls}.map(([url, body]) => (${send})(url, body))).then(() => undefined)`;
  const fetching = (init: string) => each(`(url, body) => fetch(url, { method: 'POST', body, ${init} }).then(() => {}, () => {})`);
  /** JSON in the only names and values that a form of text/plain sends. */
  const form = (type: string) => `(url, body) => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.name = 'f' + Math.random();
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: url, enctype: ${JSON.stringify(type)}, target: frame.name });
    const field = document.createElement('input');
    [field.name, field.value] = [body.slice(0, -2), body.slice(-2)];
    form.append(field);
    document.body.append(frame, form);
    frame.addEventListener('load', () => resolve());
    form.submit();
  })`;
  const sandboxed = `new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.sandbox = 'allow-scripts allow-forms';
    const send = "([url, body]) => fetch(url, { method: 'POST', credentials: 'include', mode: 'no-cors', body }).catch(() => {})";
    frame.srcdoc = '<script>Promise.all(' + ${JSON.stringify(calls)} + '.map(' + send + ')).then(() => parent.postMessage("done", "*"))</' + 'script>';
    addEventListener('message', () => resolve(), { once: true });
    document.body.append(frame);
  })`;
  const loading = (tag: string, name: string) =>
    each(`(url, body) => new Promise((resolve) => {
      const element = document.createElement('${tag}');
      element.onload = element.onerror = () => resolve();
      element.rel = 'stylesheet';
      element.${name} = url + '?input=' + encodeURIComponent(body);
      document.body.append(element);
    })`);
  return {
    'a fetch of JSON with the cookie': fetching(`credentials: 'include', headers: { 'content-type': 'application/json' }`),
    'a fetch of JSON without the cookie': fetching(`credentials: 'omit', headers: { 'content-type': 'application/json' }`),
    'a fetch of JSON as text': fetching(`credentials: 'include', mode: 'no-cors', headers: { 'content-type': 'text/plain;application/json' }`),
    'a fetch without a type': fetching(`credentials: 'include', mode: 'no-cors', keepalive: true`),
    'a beacon': each(
      `async (url, body) => { navigator.sendBeacon(url, new Blob([body], { type: 'text/plain' })); await new Promise((done) => setTimeout(done, 500)); }`,
    ),
    'a form of text': each(form('text/plain')),
    'a form of fields': each(form('application/x-www-form-urlencoded')),
    'a form with parts': each(form('multipart/form-data')),
    'a frame in a sandbox': sandboxed,
    'an image': loading('img', 'src'),
    'a program': loading('script', 'src'),
    'a style': loading('link', 'href'),
    'a frame': loading('iframe', 'src'),
  };
}
