import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Listening, listen } from '../http/listen.ts';
import { json, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
let server: Listening;
beforeAll(async () => {
  api = await startTestApi();
  server = await listen(api.handle, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const paths = ['/trpc/tasks.create', '/api/auth/sign-in/email', '/nowhere'];

it('a client that sends far too much learns what to do, and its connection stays of use', async () => {
  const socket = connect(server.port, '127.0.0.1');
  let received = '';
  const statuses = () => Array.from(received.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status);
  socket.on('error', ({ message }) => (received += message));
  socket.on('data', (chunk) => (received += chunk));
  for (let round = 1; round <= 9; round += 1) {
    socket.write(`POST ${paths[round % 3]} HTTP/1.1\r\nhost: todo\r\ncontent-type: application/json\r\ncontent-length: 2000000\r\n\r\n`);
    socket.write(' '.repeat(2_000_000));
    await expect.poll(statuses).toHaveLength(round);
  }
  expect(new Set(statuses())).toEqual(new Set(['413']));
  await expect.poll(() => received.match(/Send fewer tasks/g)).toHaveLength(9);
  socket.end();
  await once(socket, 'close');
});

it('a body of unknown length is cut off', async () => {
  const body = new Response(' '.repeat(4_000_000)).body;
  const answer = await api.fetch('/trpc/tasks.create', { ...json(''), body, duplex: 'half' });
  expect([answer.status, answer.headers.get('connection')]).toEqual([413, 'close']);
});
