import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authPaths } from '@todo/auth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URL, listen, type Person, readPage, startTestApi, type TestApi } from '../testing/api.ts';
import { type MailServer, startMailServer } from '../testing/mail-server.ts';
import { sendRaw } from '../testing/raw.ts';

const SECRET = 'not for anybody';

let folder: string;
let mailServer: MailServer;
let api: TestApi;
let server: Awaited<ReturnType<typeof listen>>;
let ada: Person;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'todo-targets-'));
  const root = join(folder, 'dist');
  mkdirSync(join(root, 'assets'), { recursive: true });
  writeFileSync(join(root, 'index.html'), '<!doctype html>');
  writeFileSync(join(root, 'assets', 'a.js'), 'a');
  for (const path of [join(root, 'secret.txt'), join(folder, 'secret.txt'), join(root, 'assets', '.secret.txt')]) writeFileSync(path, SECRET);
  mailServer = await startMailServer();
  api = await startTestApi({ page: readPage(root, BASE_URL), mailUrl: mailServer.url });
  server = await listen(api.handle, { host: '127.0.0.1', port: 0 });
  ada = await api.signUp();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  await mailServer[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** Sends a target as it is; `fetch` and `URL` would normalize it. */
const ask = (target: string, { method = 'GET', host = 'localhost:3000', more = '' } = {}) =>
  sendRaw(server.port, `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`);

const climbs = [
  '..',
  '%2e%2e',
  '%2E.',
  '..%2f',
  '..%5c',
  '..\\',
  '%252e%252e',
  '....//',
  '..;',
  '%c0%ae%c0%ae',
  '.%00.',
  '%2e%2e%2f',
  '..%252f',
  '/..',
  '%uff0e%uff0e',
];
it.each(climbs)('no path leads out of the folder of assets: %s', async (climb) => {
  for (const start of ['/assets', '/assets/x', '/assets/a.js', '/api/docs', '/service-worker.js', ''])
    for (const end of ['secret.txt', `${climb}/secret.txt`, 'package.json', `${climb}/${climb}/${climb}/${climb}/${climb}/${climb}/etc/passwd`]) {
      const { statuses, text } = await ask(`${start}/${climb}/${end}`);
      expect([[400], [404]], `${start}/${climb}/${end}`).toContainEqual(statuses);
      expect(text).not.toMatch(/not for anybody|root:|"scripts"/);
    }
});

it.each(['//etc/passwd', '/%2fetc%2fpasswd', '/', '', '/.', '/a.js/', '/a.js%00', '/a.js%2f', '/%', '/%zz', '/CON', '/a.js::$DATA'])(
  'a target that is no asset is not served: /assets%s',
  async (end) => {
    const { statuses } = await ask(`/assets${end}`);
    expect(statuses).toEqual([404]);
  },
);

const disguises = (path: string) => {
  const end = path.slice('/api/auth'.length);
  return [
    `/${path}`,
    `/api//auth${end}`,
    `/api/auth/${end}`,
    `${path}/`,
    `${path}//`,
    path.toUpperCase(),
    `/api/auth/%${end.charCodeAt(1).toString(16)}${end.slice(2)}`,
    `/api/auth${end.replaceAll('/', '%2f')}`,
    `/api%2fauth${end}`,
    `${path};a=b`,
    `${path}%00`,
    `${path}%20`,
    `${path}.json`,
    `${path}%3fa=b`,
  ];
};
it('an endpoint of sign-in has one spelling, and those that are off have none', async () => {
  for (const path of [
    ...authPaths,
    ...['/ok', '/error', '/list-accounts', '/unlink-account', '/sign-in/social', '/callback/google'].map((end) => `/api/auth${end}`),
  ])
    for (const target of disguises(path))
      for (const method of ['GET', 'POST']) {
        const { statuses, text } = await ask(target, { method, more: `Authorization: ${ada.headers.bearer.authorization}\r\n` });
        expect(statuses, `${method} ${target}`).toEqual([404]);
        expect(text).toContain('There is nothing at this address');
      }
});

describe('methods', () => {
  it.each(['TRACE', 'PROPFIND', 'PURGE', 'QUERY', 'LINK', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'])(
    '%s is refused everywhere, and nothing of the request comes back',
    async (method) => {
      for (const target of ['/', '/livez', '/assets/a.js', '/trpc/tasks.list', '/export', '/api/auth/get-session', '/nowhere']) {
        const { statuses, text } = await ask(target, { method, more: `Authorization: ${ada.headers.bearer.authorization}\r\nX-Mirror: looking-glass\r\n` });
        expect(statuses[0], target).toBeGreaterThanOrEqual(400);
        expect(statuses[0], target).toBeLessThan(500);
        expect(text).not.toMatch(/looking-glass|Bearer/);
      }
    },
  );

  it.each(['FOO', 'get', 'GET/', 'GE\tT', 'G(ET'])('%s is no method', async (method) => {
    expect((await ask('/livez', { method })).statuses).toEqual([400]);
  });

  it('the server is no proxy', async () => {
    expect(await ask('evil.example:443', { method: 'CONNECT', host: 'evil.example:443' })).toEqual({ statuses: [], text: '' });
    for (const target of ['http://evil.example/nowhere', 'https://evil.example/nowhere', '//evil.example/livez', 'http://127.0.0.1:1/nowhere'])
      expect((await ask(target, { host: 'evil.example' })).statuses).toEqual([404]);
    for (const target of ['ftp://evil.example/', 'file:///etc/passwd', 'javascript:1', '*', 'livez', '\\livez', '/x\\..\\livez'])
      expect((await ask(target)).statuses, target).toEqual([400]);
  });
});

describe('the host of a request', () => {
  it.each([
    'a/livez?',
    'a b',
    'a@b',
    '[::1',
    'a\\b',
    'todo:99999',
    'todo:x',
    'evil.example/../..',
    'todo#',
    'todo?x',
    '%61',
    'todo\r\nHost: evil.example',
    ':80',
  ])('is refused if it is none, or two: %j', async (host) => {
    expect((await ask('/nowhere', { host })).statuses).toEqual([400]);
  });

  it('is needed', async () => {
    expect((await sendRaw(server.port, 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n')).statuses).toEqual([400]);
  });

  it.each(['evil.example', 'evil.example:3000', 'localhost:3000'])('%s, whoever names it and however, is in no mail and no answer', async (host) => {
    const body = JSON.stringify({ email: ada.email });
    const names = [
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Proto: ftp',
      'Forwarded: host=evil.example;proto=ftp',
      'X-Host: evil.example',
      'X-Original-URL: /export',
      'X-Rewrite-URL: /export',
    ];
    const more = `${names.join('\r\n')}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    const request = `POST /api/auth/request-password-reset HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n${body}`;
    const { statuses, text } = await sendRaw(server.port, request);
    expect(statuses).toEqual([200]);
    expect(text).not.toContain('evil');
    // Beside it may come the mail of the sign-up.
    const texts = () => mailServer.received.map(({ text }) => text).join();
    await expect.poll(texts).toContain(`${BASE_URL}/#/reset-password?token=`);
    expect(texts()).not.toContain('evil');
    mailServer.received.length = 0;
    for (const target of ['/', '/openapi.json', '/api/docs', '/api/auth/token', '/nowhere', '/trpc/nothing', '/api/v1/nothing'])
      expect((await ask(target, { host, more: `${names.join('\r\n')}\r\nAuthorization: ${ada.headers.bearer.authorization}\r\n` })).text, target).not.toContain(
        'evil',
      );
  });
});

it.each(['%0d%0aSet-Cookie:%20a=b', '%0aSet-Cookie:%20a=b', '%E5%98%8D%E5%98%8ASet-Cookie:%20a=b', '\u560d\u560aSet-Cookie:a=b'])(
  'what a request names comes back in no header: %j',
  async (line) => {
    const paths = ['/', '/assets/', '/api/auth/', '/api/auth/get-session', '/trpc/tasks.list', '/api/v1/tasks/', '/api/docs', '/export', '/'];
    for (const path of paths)
      for (const target of [`${path}${line}`, `${path}?input=${line}&callbackURL=${line}&redirect=${line}&batch=${line}`])
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const { text } = await ask(target, {
            method,
            more: `Authorization: ${ada.headers.bearer.authorization}\r\nX-Request-Id: ${line}\r\nOrigin: ${line}\r\n`,
          });
          expect(text.split('\r\n\r\n', 1).join(), `${method} ${target}`).not.toMatch(/a=b/);
        }
  },
);
