import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { sendRaw } from '../testing/raw.ts';

let api: TestApi;
let server: Awaited<ReturnType<typeof listen>>;
let ada: Person;
beforeAll(async () => {
  api = await startTestApi();
  server = await listen(api.handle, { host: '127.0.0.1', port: 0 });
  ada = await api.signUp();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const stored = () => inspect(api.database.superuserUrl, 'select title from tasks order by title');
const send = (text: string) => sendRaw(server.port, text);

/** A whole request of Ada's, which only runs if the server takes it for one of its own. */
const hidden = () => {
  const body = '{"title":"Smuggled"}';
  const head = ['POST /trpc/tasks.create HTTP/1.1', 'Host: todo', `Authorization: ${ada.headers.bearer.authorization}`, 'Content-Type: application/json'];
  return `${[...head, `Content-Length: ${body.length}`, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`;
};
const post = (...headers: string[]) => `POST /trpc/tasks.create HTTP/1.1\r\nHost: todo\r\nContent-Type: application/json\r\n${headers.join('\r\n')}\r\n\r\n`;
const last = 'GET /livez HTTP/1.1\r\nHost: todo\r\nConnection: close\r\n\r\n';
const chunked = 'Transfer-Encoding: chunked';

/** Requests of which two servers may see different ends. */
const ambiguous: Record<string, () => string> = {
  'a length and chunks': () => `${post('Content-Length: 5', chunked)}0\r\n\r\n`,
  'chunks and a length': () => `${post(chunked, 'Content-Length: 5')}0\r\n\r\n`,
  'two equal lengths': () => `${post('Content-Length: 2', 'Content-Length: 2')}{}`,
  'two lengths': () => `${post('Content-Length: 2', 'Content-Length: 0')}{}`,
  'a list of lengths': () => `${post('Content-Length: 2, 2')}{}`,
  ...Object.fromEntries(
    ['+2', '-2', '0x2', '2 2', '', '2e0', '18446744073709551618'].map((length) => [`the length "${length}"`, () => `${post(`Content-Length: ${length}`)}{}`]),
  ),
  'a blank before the colon of a length': () => `${post('Content-Length : 2')}{}`,
  'a blank before the colon of an encoding': () => `${post('Transfer-Encoding : chunked')}0\r\n\r\n`,
  ...Object.fromEntries(
    ['identity', 'chunked, identity', 'chunked, chunked', 'xchunked', '\x0bchunked', '"chunked"', 'chunked;a'].map((coding) => [
      `the encoding ${JSON.stringify(coding)}`,
      () => `${post(`Transfer-Encoding: ${coding}`)}0\r\n\r\n`,
    ]),
  ),
  'two encodings': () => `${post(chunked, 'Transfer-Encoding: identity')}0\r\n\r\n`,
  'chunks in HTTP/1.0': () => `${post(chunked).replace('HTTP/1.1', 'HTTP/1.0')}0\r\n\r\n`,
  'an encoding on a folded line': () => `${post('Transfer-Encoding:', ' chunked')}0\r\n\r\n`,
  'a length on a folded line': () => `${post('X-A: 1', ' Content-Length: 2', 'Content-Length: 0')}`,
  'a line that ends without CR': () => `${post('X-A: 1\nContent-Length: 2')}{}`,
  'a line that ends without LF': () => `${post('X-A: 1\rContent-Length: 2')}{}`,
  'a head that ends without CR': () => `GET /livez HTTP/1.1\r\nHost: todo\r\nContent-Length: 2\r\n\n{}`,
  'lines without any CR': () => 'GET /livez HTTP/1.1\nHost: todo\n\n',
  'NUL in a header': () => post('X-A: a\0b', 'Content-Length: 0'),
  'a header without a name': () => post(': a', 'Content-Length: 0'),
  'a header without a colon': () => post('Content-Length', 'Content-Length: 0'),
  ...Object.fromEntries(
    ['0x2', '+2', '-2', '2 ', ' 2', '2_', '10000000000000002', '2;a\nb', '2;a\rb', '2\n{}', ''].map((size) => [
      `the chunk size ${JSON.stringify(size)}`,
      () => `${post(chunked)}${size}\r\n{}\r\n0\r\n\r\n`,
    ]),
  ),
  'a chunk that is longer than it says': () => `${post(chunked)}2\r\n{}xx0\r\n\r\n`,
  'a chunk that ends without CR': () => `${post(chunked)}2\r\n{}\n0\r\n\r\n`,
  'a length after the chunks': () => `${post(chunked)}2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n`,
};

describe('a request whose end is ambiguous is refused, nothing after it is read, and the connection ends', () => {
  it.each(Object.entries(ambiguous))('%s', async (_, make) => {
    const before = await stored();
    expect((await send(make() + hidden())).statuses.filter((status) => status !== 401)).toEqual([400]);
    expect(await stored()).toEqual(before);
  });
});

describe('a body is never read as the next request', () => {
  const carriers = ['GET /livez', 'HEAD /livez', 'GET /nowhere', 'POST /nowhere', 'POST /api/auth/nowhere', 'DELETE /trpc/tasks.list', 'POST /trpc/tasks.list'];
  it.each(carriers)('%s', async (line) => {
    const before = await stored();
    const body = hidden();
    for (const framed of [`Content-Length: ${body.length}\r\n\r\n${body}`, `${chunked}\r\n\r\n${body.length.toString(16)};a=b\r\n${body}\r\n0\r\n\r\n`]) {
      const { statuses, text } = await send(`${line} HTTP/1.1\r\nHost: todo\r\n${framed}${last}`);
      expect(statuses).toHaveLength(2);
      expect(text).toMatch(/\{"status":"live"\}(\r\n0\r\n\r\n)?$/);
    }
    expect(await stored()).toEqual(before);
  });
});

it('a header after the chunks authenticates nobody', async () => {
  const before = await stored();
  const { statuses } = await send(
    `${post(chunked, 'Connection: close')}14\r\n{"title":"Smuggled"}\r\n0\r\nAuthorization: ${ada.headers.bearer.authorization}\r\n\r\n`,
  );
  expect(statuses).toEqual([401]);
  expect(await stored()).toEqual(before);
});

it('requests on one connection are answered in their order, each with its own credential', async () => {
  const ben = await api.signUp('Ben');
  const ask = ({ headers }: Person) => `GET /api/auth/get-session HTTP/1.1\r\nHost: todo\r\nAuthorization: ${headers.bearer.authorization}\r\n\r\n`;
  const anonymous = 'GET /api/auth/get-session HTTP/1.1\r\nHost: todo\r\n\r\n';
  const { statuses, text } = await send(ask(ada) + anonymous + ask(ben) + ask(ada) + last);
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
  expect([...text.matchAll(/"email":"([^"]+)"|\r\n\r\n(null)/g)].map(([, email, nobody]) => email ?? nobody)).toEqual([
    ada.email,
    'null',
    ben.email,
    ada.email,
  ]);
});

it('the head of a request and the extensions of its chunks have a limit', async () => {
  const long = 'a'.repeat(20_000);
  for (const head of [`/ HTTP/1.1\r\nX-A: ${long}`, `/${long} HTTP/1.1`, `/ HTTP/1.1\r\n${'a:\r\n'.repeat(5_000)}b: 1`])
    expect((await send(`GET ${head}\r\nHost: todo\r\n\r\n`)).statuses).toEqual([431]);
  expect((await send(`${post(chunked)}2;${long}\r\n{}\r\n0\r\n\r\n`)).statuses).toContain(413);
});

it.each([
  'GET /livez\r\n\r\n',
  ...['0.9', '2.0', '3.0'].map((version) => `GET /livez HTTP/${version}\r\nHost: todo\r\n\r\n`),
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
])('another version than HTTP/1 is refused: %j', async (text) => {
  const { statuses, text: answer } = await send(text);
  expect([[400], [505]]).toContainEqual(statuses);
  expect(answer).not.toContain('live');
});

it.each(['websocket', 'h2c', 'TLS/1.0'])('a request to change to %s is answered as any other', async (protocol) => {
  const more = `Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==`;
  expect((await send(`GET /livez HTTP/1.1\r\nHost: todo\r\n${more}\r\n\r\n`)).statuses).toEqual([200]);
});

describe('a client that is slow', () => {
  const dribble = async (start: string, piece: string) => {
    await using slow = await listen(api.handle, {
      host: '127.0.0.1',
      port: 0,
      limits: { headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 },
    });
    return sendRaw(slow.port, start, { piece, everyMs: 20 });
  };

  it('with the head of a request is disconnected', async () => {
    expect((await dribble('GET /livez HTTP/1.1\r\nHost: todo\r\n', 'X-A: 1\r\n')).statuses).toEqual([408]);
  });

  it('with the body of a request is disconnected, also in chunks', async () => {
    const credential = `Authorization: ${ada.headers.bearer.authorization}`;
    expect((await dribble(post(credential, 'Content-Length: 100000'), ' ')).statuses).toEqual([408]);
    expect((await dribble(post(credential, chunked), '1\r\n \r\n')).statuses).toEqual([408]);
  });
});
