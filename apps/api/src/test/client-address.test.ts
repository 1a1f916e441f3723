import { randomUUID } from 'node:crypto';
import { createTestDatabase, freePort, type TestDatabase } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { client, type Program, start, stop } from '../testing/program.ts';
import { sendRaw } from '../testing/raw.ts';

const LIMIT = 5;
const settings = { BETTER_AUTH_SECRET: randomUUID(), TODO_DATA_DIR: '/nonexistent', SIGN_INS_PER_MINUTE: String(LIMIT) };

/** Headers in which proxies pass an address, and that in which the server passes it to Better Auth. */
const names = [
  'X-Forwarded-For',
  'Forwarded',
  'X-Real-IP',
  'CF-Connecting-IP',
  'True-Client-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'X-Todo-Client-Address',
];
const spoofed = (value: string) => names.map((name) => `${name}: ${name === 'Forwarded' ? 'for=' : ''}${value}`);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

async function startServer(more: Record<string, string>) {
  const port = await freePort();
  const program = await start({ ...settings, DATABASE_URL: database.appUrl, PORT: String(port), ...more });
  return { port, program, [Symbol.asyncDispose]: () => stop(program).then(() => {}) };
}

function signIn(port: number, email: string, password: string, headers: string[]) {
  const body = JSON.stringify({ email, password });
  const lines = ['Host: localhost', 'Content-Type: application/json', `Content-Length: ${body.length}`, ...headers, 'Connection: close'];
  return sendRaw(port, `POST /api/auth/sign-in/email HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}

const sessions = z.object({ sessions: z.array(z.object({ ipAddress: z.string().nullable() })) });
/** The addresses of the sessions that a user sees in the list, of newer sessions first. */
const addressesOf = async ({ url }: Program, headers: Record<string, string>) =>
  sessions.parse(await (await fetch(`${url}/api/auth/list-sessions`, { headers })).json()).sessions.map(({ ipAddress }) => ipAddress);

/** The status codes of wrong passwords for accounts that do not exist, each with other headers. */
const guesses = (port: number, headersOf: (i: number) => string[]) =>
  Array.from({ length: LIMIT + 1 }, (_, i) => i).reduce<Promise<number[]>>(async (before, i) => {
    const statuses = await before;
    return [...statuses, ...(await signIn(port, `${randomUUID()}@example.com`, 'wrong password', headersOf(i))).statuses];
  }, Promise.resolve([]));
const refusedAtLast = [...Array<number>(LIMIT).fill(401), 429];
const neverRefused = Array<number>(LIMIT + 1).fill(401);

describe('without a proxy', () => {
  it('no header says which address a request comes from', async () => {
    await using server = await startServer({});
    const email = `${randomUUID()}@example.com`;
    const ada = client(server.program, email);
    await ada.signUp();
    const { statuses } = await signIn(server.port, email, 'correct horse battery', spoofed('203.0.113.9'));
    expect(statuses).toEqual([200]);
    expect(new Set(await addressesOf(server.program, ada.headers()))).toEqual(new Set(['127.0.0.1']));
    expect(await guesses(server.port, (i) => spoofed(`203.0.113.${i}`))).toEqual(refusedAtLast);
  });
});

describe('behind a proxy', () => {
  it('the last address of its header counts: what a client has put before it, and other headers, say nothing', async () => {
    await using server = await startServer({ CLIENT_ADDRESS_FROM: 'x-forwarded-for' });
    const email = `${randomUUID()}@example.com`;
    const ada = client(server.program, email);
    await ada.signUp();
    const others = spoofed('203.0.113.1').filter((line) => !line.startsWith('X-Forwarded-For'));
    for (const forged of [['X-Forwarded-For: 203.0.113.1, 198.51.100.7'], ['X-Forwarded-For: 203.0.113.1', 'X-Forwarded-For: 198.51.100.7']])
      expect((await signIn(server.port, email, 'correct horse battery', [...others, ...forged])).statuses).toEqual([200]);
    const addresses = await addressesOf(server.program, ada.headers());
    expect(addresses.filter((address) => address === '198.51.100.7')).toHaveLength(2);
    expect(addresses).not.toContain('203.0.113.1');

    expect(await guesses(server.port, (i) => [...others, `X-Forwarded-For: 203.0.113.${i}, 198.51.100.8`])).toEqual(refusedAtLast);
    expect(await guesses(server.port, (i) => [...others, `X-Forwarded-For: 203.0.113.1, 192.0.2.${i}`])).toEqual(neverRefused);
    // What is no address counts as one and the same.
    expect(await guesses(server.port, (i) => [`X-Forwarded-For: anything ${i}`])).toEqual(refusedAtLast);
  });
});
