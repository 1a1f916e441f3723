import { once } from 'node:events';
import { connect } from 'node:net';
import { BODY_MAX_BYTES, BODY_MAX_VALUES, procedures as contract, type Procedure, REQUEST_UNITS_MAX_PER_OWNER, RESPONSE_MAX_BYTES } from '@todo/contract';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Listening, listen } from '../http/listen.ts';
import type { RequestEntry } from '../log.ts';
import { json, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { call } from '../testing/procedures.ts';

const requests: RequestEntry[] = [];
let api: TestApi;
let server: Listening;
let [ada, ben]: Person[] = [];

beforeAll(async () => {
  api = await startTestApi({ logRequest: (entry) => requests.push(entry) });
  server = await listen(api.handle, { host: '127.0.0.1', port: 0 });
  [ada, ben] = [await api.signUp(), await api.signUp('Ben')];
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

function people(): [Person, Person] {
  if (!ada || !ben) throw new Error('The test has no user yet.');
  return [ada, ben];
}

/** Adds tasks with descriptions of 40 kB, and nothing else. */
const addLarge = ({ userId }: Person, n: number) =>
  inspect(
    api.database.superuserUrl,
    `insert into tasks (user_id, id, title, description) select '${userId}', gen_random_uuid(), n, repeat('😀', 10000) from generate_series(1, ${n}) n`,
  );

describe('the answer to a batch of calls', () => {
  const page = z.object({ result: z.object({ data: z.object({ items: z.array(z.unknown()).min(1), nextCursor: z.string().nullable() }) }) });

  it('stays within its size: its pages are shorter, and lead on to the rest', async () => {
    const person = await api.signUp();
    await addLarge(person, 150);
    const inputs = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i, { limit: 200 }]));
    const path = `/trpc/${Array(50).fill('tasks.list').join()}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`;
    const text = await (await person.fetch(path)).text();
    expect(Buffer.byteLength(text)).toBeLessThan(1.1 * RESPONSE_MAX_BYTES);
    expect(Buffer.byteLength(text)).toBeGreaterThan(0.4 * RESPONSE_MAX_BYTES);
    const pages = z.array(page).parse(JSON.parse(text));
    expect(pages).toHaveLength(50);
    expect(pages.every(({ result }) => result.data.nextCursor !== null)).toBe(true);
  });
});

describe('a body', () => {
  it.each([
    ['keys', `{${Array.from({ length: 90_000 }, (_, i) => `"k${i}":1`)}}`],
    ['items', `{"ids":[${Array(BODY_MAX_VALUES + 1).fill(1)}]}`],
  ])('with too many %s is refused by a short answer', async (_, body) => {
    const [person] = people();
    const answer = await person.fetch('/trpc/tasks.removeMany', { ...json({}), body, headers: { 'content-type': 'application/json' } });
    const text = await answer.text();
    expect(answer.status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ error: { data: { reason: 'INVALID_INPUT', fields: { '': ['has too many keys and values'] } } } });
    expect(text.length).toBeLessThan(1_000);
  });

  it('with many wrong keys is refused by an answer that names some of them', async () => {
    const [person] = people();
    const wrong = Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`${i}${'k'.repeat(60)}`, 1]));
    const answer = await call(api, 'tasks.create', { title: 'One', ...wrong, ['x'.repeat(100_000)]: 1 }, person.headers.jwt);
    const text = await answer.text();
    expect(answer.status).toBe(400);
    expect(Object.keys(JSON.parse(text).error.data.fields)).toHaveLength(50);
    expect(text.length).toBeLessThan(20_000);
  });
});

describe('what one user sends and does not finish', () => {
  /** Sends the head of a request whose body never comes. */
  async function hold(person: Person) {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    const headers = { host: 'localhost', 'content-type': 'application/json', 'content-length': BODY_MAX_BYTES, ...person.headers.jwt };
    socket.write(
      `POST /trpc/tasks.create HTTP/1.1\r\n${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\n{`,
    );
    return socket;
  }
  const create = (person: Person) => call(api, 'tasks.create', { title: 'One' }, person.headers.jwt);

  it('takes a share of the memory, after which that user alone is refused, until it is over', async () => {
    const [attacker, other] = people();
    const sockets = await Promise.all(Array.from({ length: 20 }, () => hold(attacker)));
    let refused = 0;
    for (const socket of sockets) socket.once('data', (text) => (refused += String(text).startsWith('HTTP/1.1 429') ? 1 : 0));
    await expect.poll(() => refused).toBe(20 - REQUEST_UNITS_MAX_PER_OWNER / 16);
    expect(await (await create(attacker)).json()).toMatchObject({ error: { data: { reason: 'RATE_LIMITED', retryAfterSeconds: 1 } } });
    expect((await create(other)).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await create(attacker)).status).toBe(200);
  });
});

it('an overloaded server says so to pages of trusted origins and in its log too, and answers health checks', async () => {
  const reasons: unknown[] = [];
  const logRequest = ({ reason }: RequestEntry) => reasons.push(reason);
  await using busy = await startTestApi({ requestsMax: 0, trustedOrigins: ['https://app.example'], logRequest });
  const answer = await busy.fetch('/trpc/tasks.list', { headers: { origin: 'https://app.example' } });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
  expect((await busy.fetch('/trpc/tasks.list', { headers: { origin: 'https://evil.example' } })).headers.get('access-control-allow-origin')).toBeNull();
  expect((await busy.fetch('/readyz')).status).toBe(200);
  expect(reasons).toEqual(['OVERLOADED', 'OVERLOADED', undefined]);
});

describe('the access log', () => {
  const last = () => requests.at(-1);

  it('names the procedure, the outcome and the user of a request, and no input', async () => {
    const [person] = people();
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await person.fetch(`/trpc/tasks.list?input=${encodeURIComponent('{"search":"Kryptonite"}')}`, {
      headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` },
    });
    const requestId = answer.headers.get('x-request-id');
    const milliseconds = expect.any(Number);
    expect(last()).toEqual({ requestId, method: 'GET', path: '/trpc/tasks.list', status: 200, reason: undefined, milliseconds, userId: person.userId, trace });
    await call(api, 'tasks.get', { id: 'x' }, person.headers.jwt);
    expect(last()).toMatchObject({ status: 400, reason: 'INVALID_INPUT', userId: person.userId, trace: undefined });
    await call(api, 'tasks.get', { id: 'x' });
    expect(last()).toMatchObject({ status: 401, reason: 'UNAUTHENTICATED', userId: null });
    await api.fetch('/api/auth/reset-password/Kryptonite?callbackURL=/');
    expect(JSON.stringify(requests)).not.toContain('Kryptonite');
  });
});

it.each(['/', '/livez', '/trpc/tasks.list', '/trpc/nothing', '/api/auth/get-session', '/export', '/nowhere'])('%s protects a browser’s user', async (path) => {
  const { headers } = await api.fetch(path);
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(headers.get('cross-origin-resource-policy')).toBe(path === '/livez' ? 'cross-origin' : 'same-origin');
  expect(headers.get('strict-transport-security')).toBeNull();
});

/** What one task holds needs no cost of its own. */
const FEW = 20;

/** The largest input by its size: a full list, the longest page. */
const largest = (input: z.ZodType) =>
  Object.entries(
    z
      .object({ properties: z.record(z.string(), z.object({ maxItems: z.int(), maximum: z.int() }).partial()) })
      .parse(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' })).properties,
  ).flatMap(([name, { maxItems, maximum }]) =>
    maxItems !== undefined && maxItems > FEW ? [[name, Array(maxItems)]] : name === 'limit' ? [[name, maximum]] : [],
  );

it('a call costs more when its input is larger', () => {
  const cheap = Object.entries(contract).flatMap(([group, members]) =>
    Object.entries<Procedure>(members)
      .filter(([, { kind, input, cost }]) => {
        const sizes = largest(input);
        return sizes.length > 0 && kind !== 'subscription' && (cost?.(Object.fromEntries(sizes)) ?? 1) <= 1;
      })
      .map(([name]) => `${group}.${name}`),
  );
  expect(cheap, 'procedures that need a cost in packages/contract/src/procedures').toEqual([]);
});

describe('the limit of calls per minute', () => {
  const [LIMIT, ITEMS] = [100, 200];

  it.each<[name: string, procedure: string, input: object, cost: number]>([
    ['a call', 'tasks.counts', {}, 1],
    ['a long page', 'tasks.list', { limit: ITEMS }, 4],
    ['a search', 'tasks.list', { search: 'milk' }, 11],
    ['a batch of tasks', 'tasks.createMany', { tasks: Array.from({ length: 50 }, () => ({ title: 'Buy milk' })) }, 10],
    ['a dry run of a rewind', 'history.rewind', { to: 0, dryRun: true }, 50],
  ])('counts %s (%s) as what it costs', async (_, procedure, input, cost) => {
    await using limited = await startTestApi({ callsPerMinute: LIMIT });
    const person = await limited.signUp();
    const statuses: number[] = [];
    const count = Math.floor(LIMIT / cost);
    for (let i = 0; i < count; i += 1) statuses.push((await call(limited, procedure, input, person.headers.jwt)).status);
    expect(statuses).toEqual(Array(count).fill(200));
    const refused = await call(limited, procedure, input, person.headers.jwt);
    expect(refused.status).toBe(429);
    const wait = refused.headers.get('retry-after');
    expect(refused.headers.get('ratelimit-policy')).toBe(`"procedure-calls";q=${LIMIT};w=60`);
    expect(refused.headers.get('ratelimit')).toBe(`"procedure-calls";r=0;t=${wait}`);
  });
});
