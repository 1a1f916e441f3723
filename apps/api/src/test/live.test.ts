import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { STREAM_SILENCE_MAX_MS } from '@todo/contract';
import { createTestDatabase, inspect, type Link, openLink, type TestDatabase } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, listen } from '../http/listen.ts';
import { appRouter } from '../router.ts';
import { type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';
import { cursorAt, eventsOf, openWatch, type Watch } from '../testing/events.ts';

const HOST = '127.0.0.1';
const STALLED_AFTER = 400;
const PING_EVERY = 40;
/** All instances share a database, and so the secret. */
const secret = randomUUID().repeat(2);
const watching = { pollIntervalMs: 20, credentialCheckIntervalMs: 600_000 };

let database: TestDatabase;
let link: Link;
const { sse } = appRouter._def._config;
const asShipped = structuredClone(sse);

beforeAll(async () => {
  database = await createTestDatabase();
  link = await openLink(database.appUrl);
  Object.assign(sse?.ping ?? {}, { intervalMs: PING_EVERY });
});
afterAll(async () => {
  await link[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const start = (options: Parameters<typeof startTestApi>[0] = {}) => startTestApi({ appUrl: link.url, secret, watching, ...options });

const over =
  ({ port }: Listening): TestApi['fetch'] =>
  (path, init) =>
    fetch(`http://${HOST}:${port}${path}`, init);

/** The cursor at the end of the user's log, which every first read leads to. */
const end = async ({ client }: Person) => (await client.jwt.sync.changes.query({ limit: 1 })).cursor.split('.').slice(0, 2).join('.');

describe('over a connection', () => {
  it('an idle watch hears signs of life, and is cut when its time is up, so that its client connects again', async () => {
    expect(asShipped).toMatchObject({ ping: { enabled: true, intervalMs: 10_000 }, maxDurationMs: 900_000 });
    await using api = await start();
    await using server = await listen(api.handle, { host: HOST, port: 0 });
    const ada = await api.signUp();
    Object.assign(sse ?? {}, { maxDurationMs: 50 * PING_EVERY });
    const events: string[] = [];
    const input = encodeURIComponent('{}');
    for await (const { event, data } of eventsOf(await over(server)(`/trpc/sync.watch?input=${input}`, { headers: ada.headers.bearer }))) {
      events.push(event);
      if (event === 'connected') expect(JSON.parse(data)).toEqual({ reconnectAfterInactivityMs: STREAM_SILENCE_MAX_MS });
    }
    Object.assign(sse ?? {}, { maxDurationMs: asShipped?.maxDurationMs });
    expect(events).toContain('ping');
    expect(events.filter((event) => event !== 'ping')).toEqual(['connected', 'message']);
    expect(api.logged).toEqual([]);
  });

  it('a reader who reads no more is not read ahead for, and is dropped; others go on', async () => {
    const PAGES = 40;
    await using api = await start({ watching: { ...watching, perOwnerMax: 1 } });
    await using server = await listen(api.handle, { host: HOST, port: 0, stalledAfter: STALLED_AFTER });
    const [ada, ben] = [await api.signUp('Ada'), await api.signUp('Ben')];
    for (let i = 0; i < PAGES; i += 1) {
      const task = `select '${ada.userId}', gen_random_uuid(), 'Long', repeat('x', 10000) from generate_series(1, 100)`;
      await inspect(database.superuserUrl, `insert into tasks (user_id, id, title, description) ${task}`);
    }
    await using reader = await openWatch(over(server), ben.headers.jwt, {});
    expect(await reader.next()).toMatchObject({ cursor: '0.' });
    const cursor = await end(ada);

    link.statements();
    const socket = connect(server.port, HOST);
    socket.on('error', () => {});
    socket.write(`GET /trpc/sync.watch?input=${encodeURIComponent('{}')} HTTP/1.1\r\nhost: x\r\nauthorization: ${ada.headers.jwt.authorization}\r\n\r\n`);
    socket.pause();
    const pages = () => link.statements().filter(({ text }) => text.includes('dropped_seq')).length;
    await expect.poll(pages).toBeGreaterThan(0);
    const occupied = await openWatch(over(server), ada.headers.jwt, {});
    expect(await occupied.next()).toBe('RATE_LIMITED');

    const again = async () => {
      await using watch = await openWatch(over(server), ada.headers.jwt, { cursor });
      return await watch.next();
    };
    let taken = pages();
    await expect.poll(again).toMatchObject({ reset: false });
    taken += pages();
    expect(taken).toBeLessThan(PAGES / 2);
    socket.destroy();

    const task = plain(await ben.client.jwt.tasks.create.mutate({ title: 'Still read' }));
    expect(await reader.next()).toMatchObject({ changes: [{ value: task }] });
    expect(api.logged).toEqual([]);
  });

  it('watches and readers who read no more do not keep a server from stopping', async () => {
    const stopping = new AbortController();
    await using api = await start({ stopping: stopping.signal });
    const server = await listen(api.handle, { host: HOST, port: 0, grace: 100 });
    const ada = await api.signUp();
    const task = `select '${ada.userId}', gen_random_uuid(), 'Long', repeat('x', 10000) from generate_series(1, 1000)`;
    await inspect(database.superuserUrl, `insert into tasks (user_id, id, title, description) ${task}`);
    const stalled = connect(server.port, HOST);
    stalled.on('error', () => {});
    stalled.write(`GET /trpc/sync.watch?input=${encodeURIComponent('{}')} HTTP/1.1\r\nhost: x\r\nauthorization: ${ada.headers.jwt.authorization}\r\n\r\n`);
    stalled.pause();
    await using idle = await openWatch(over(server), ada.headers.jwt, { cursor: await end(ada) });
    expect(await idle.next()).toMatchObject({ cursor: cursorAt(1_000) });
    stopping.abort();
    expect(await idle.next()).toBe('cut');
    await server[Symbol.asyncDispose]();
    await expect(over(server)('/livez')).rejects.toThrow();
    stalled.destroy();
  });
});

describe('200 idle watches', () => {
  it('of 20 users cost one statement a look, and a change wakes its owner alone', async () => {
    await using api = await start();
    const people: Person[] = [];
    const watches: Watch[] = [];
    // One user after another: a slow machine refuses calls that wait too long for a connection.
    for (let i = 0; i < 20; i += 1) {
      const person = await api.signUp();
      people.push(person);
      const { headers } = person;
      const own = await Promise.all(Array.from({ length: 10 }, () => openWatch(api.fetch, headers.jwt, {})));
      for (const watch of own) expect(await watch.next()).toMatchObject({ cursor: '0.' });
      watches.push(...own);
    }
    const looks = () => link.statements().map(({ text, values }) => (text.includes('unnest') ? String(values[0]).split(',').length : text));
    await expect.poll(() => looks().includes(200)).toBe(true);
    const seen: unknown[] = [];
    await expect.poll(() => seen.push(...looks())).toBeGreaterThan(10);
    expect(new Set(seen)).toEqual(new Set([200]));

    await people[0]?.client.jwt.tasks.create.mutate({ title: 'News' });
    await Promise.all(watches.slice(0, 10).map(async (watch) => expect(await watch.next()).toMatchObject({ cursor: cursorAt(1) })));
    const others = looks().filter((look) => typeof look === 'string');
    expect(others).toHaveLength(3 + 10);
    for (const watch of watches) await watch[Symbol.asyncDispose]();
    await expect.poll(() => looks().length).toBe(0);
    expect(api.logged).toEqual([]);
  });
});
