import { createTestDatabase, inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BASE_URL, json, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { procedures } from '../testing/procedures.ts';

const MEBIBYTE = 1_048_576;
const FRIEND = 'https://app.example';

let api: TestApi;
let person: Person;
beforeAll(async () => {
  api = await startTestApi({ trustedOrigins: [FRIEND] });
  person = await api.signUp();
});
afterAll(() => api[Symbol.asyncDispose]());

const stored = () => inspect(api.database.superuserUrl, 'select id from tasks order by id');
const mutations = [...procedures].filter(([, { type }]) => type === 'mutation').map(([path]) => path);
const queries = [...procedures].filter(([, { type }]) => type === 'query').map(([path]) => path);

/** The JSON of every error response. */
const refusal = z.object({
  error: z.object({ message: z.string(), code: z.number(), data: z.object({ code: z.string(), httpStatus: z.number(), reason: z.string() }) }),
});
async function expectRefusal(response: Response, status: number, code: string): Promise<void> {
  expect(response.headers.get('content-type')).toBe('application/json');
  const body: unknown = await response.json();
  expect([response.status, refusal.parse(body).error.data]).toEqual([status, expect.objectContaining({ code, httpStatus: status })]);
}

describe('content types', () => {
  const others = [
    'text/plain',
    'text/plain;application/json',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    '',
  ];
  it.each(others)('%j is refused for every mutation, and nothing is stored', async (type) => {
    const before = await stored();
    for (const path of mutations) {
      const body = new Blob([JSON.stringify({ title: 'Forged' })], { type: '' });
      await expectRefusal(await person.fetch(`/trpc/${path}`, { method: 'POST', headers: { 'content-type': type }, body }), 415, 'UNSUPPORTED_MEDIA_TYPE');
    }
    expect(await stored()).toEqual(before);
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON'])('%s is taken', async (type) => {
    const response = await person.fetch('/trpc/tasks.create', { method: 'POST', headers: { 'content-type': type }, body: '{"title":"Milk"}' });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

it('a watch may be neither stored nor rewritten on its way', async () => {
  const stop = new AbortController();
  const response = await person.fetch('/trpc/sync.watch?input=%7B%22since%22%3A0%7D', { signal: stop.signal });
  expect(response.headers.get('cache-control')).toBe('no-cache, no-transform, no-store');
  stop.abort();
});

describe('methods and paths', () => {
  it.each(mutations)('%s cannot be called by GET', async (path) => {
    const before = await stored();
    const response = await person.fetch(`/trpc/${path}?input=${encodeURIComponent('{"title":"Forged"}')}`);
    expect(response.headers.get('allow')).toBe('POST');
    await expectRefusal(response, 405, 'METHOD_NOT_SUPPORTED');
    expect(await stored()).toEqual(before);
  });

  it.each(queries)('%s cannot be called by POST', async (path) => {
    await expectRefusal(await person.fetch(`/trpc/${path}`, json({})), 405, 'METHOD_NOT_SUPPORTED');
  });

  it.each(['tasks.steal', 'tasks', 'tasks.', '__proto__', 'constructor', 'tasks.create.constructor', '%00', '..%2f..%2f.env'])(
    '%s is no procedure',
    async (path) => {
      await expectRefusal(await person.fetch(`/trpc/${path}`), 404, 'NOT_FOUND');
    },
  );

  it.each(['/nope', '/trpc', '/api', '/api/auth', '/api/auth/nope', '/api/auth/sign-in/email', '/.env', '/health/ready', '/src/main.ts'])(
    'there is nothing at %s',
    async (path) => {
      await expectRefusal(await person.fetch(path), 404, 'NOT_FOUND');
    },
  );
});

describe('bodies', () => {
  it.each(['{', '{"title":', 'title=Milk', '\ufeff{}x'])('%j is no JSON', async (body) => {
    await expectRefusal(await person.fetch('/trpc/tasks.create', { ...json({}), body }), 400, 'BAD_REQUEST');
    await expectRefusal(await person.fetch(`/trpc/tasks.get?input=${encodeURIComponent(body)}`), 400, 'BAD_REQUEST');
  });

  const ofSize = (bytes: number) => `{"title":"${' '.repeat(bytes - 12)}"}`;
  const streamed = (text: string) => new Response(text).body;
  const ways: Record<string, (text: string) => RequestInit> = {
    'with a content-length': (body) => ({ body, headers: { ...json('').headers, 'content-length': String(body.length) } }),
    'in a stream of unknown length': (body) => ({ body: streamed(body), headers: json('').headers, duplex: 'half' }),
  };
  const limits = { '/trpc/tasks.create': MEBIBYTE, '/api/auth/sign-in/email': 16_384, '/api/auth/nope': 16_384 };
  it.each(Object.entries(ways))('may have a stated number of bytes and no byte more, %s', async (_, init) => {
    for (const [path, bytes] of Object.entries(limits)) {
      expect((await api.fetch(path, { method: 'POST', ...init(ofSize(bytes)) })).status).not.toBe(413);
      const response = await api.fetch(path, { method: 'POST', ...init(ofSize(bytes + 1)) });
      await expectRefusal(response, 413, 'PAYLOAD_TOO_LARGE');
    }
  });
});

describe('batches', () => {
  const batch = (paths: string[]) => person.fetch(`/trpc/${paths.join()}?batch=1`);

  it('may have 50 calls and no call more', async () => {
    expect((await batch(Array<string>(50).fill('tasks.counts'))).status).toBe(200);
    const response = await batch(Array<string>(51).fill('tasks.counts'));
    expect(await response.clone().text()).toContain('Batch call exceeds maximum size');
    await expectRefusal(response, 400, 'BAD_REQUEST');
  });

  it('cannot mix queries and mutations', async () => {
    const before = await stored();
    await expectRefusal(await batch(['tasks.counts', 'tasks.create']), 400, 'BAD_REQUEST');
    expect(await stored()).toEqual(before);
  });

  it('cannot get around the limit on calls', async () => {
    await using limited = await startTestApi({ callsPerMinute: 10 });
    const { headers } = await limited.signUp();
    const response = await limited.fetch(`/trpc/${Array<string>(12).fill('tasks.counts').join()}?batch=1`, { headers: headers.jwt });
    const answers = z.array(z.object({ result: z.unknown().optional() })).parse(await response.json());
    expect(answers.filter(({ result }) => result !== undefined)).toHaveLength(10);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('health', () => {
  it('is live and ready', async () => {
    for (const state of ['live', 'ready']) {
      const response = await api.fetch(`/${state}z`);
      expect([response.status, await response.json()]).toEqual([200, { status: state }]);
    }
  });

  it('is live but not ready without a database', async () => {
    await using database = await createTestDatabase();
    const closed = database.appUrl.replace(/:\d+\//, ':1/');
    await using down = await startTestApi({ appUrl: closed });
    expect((await down.fetch('/livez')).status).toBe(200);
    const response = await down.fetch('/readyz');
    expect([response.status, await response.json()]).toEqual([503, { status: 'not ready' }]);
  });
});

describe('other origins', () => {
  const allowed = async (origin: string, init: RequestInit = {}) => {
    const { headers } = await api.fetch('/trpc/tasks.list', { ...init, headers: { origin, ...init.headers } });
    return headers.get('access-control-allow-origin');
  };
  const preflight = { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } };

  it.each([BASE_URL, FRIEND])('%s may read answers', async (origin) => {
    expect(await allowed(origin)).toBe(origin);
    expect(await allowed(origin, preflight)).toBe(origin);
  });

  it.each(['https://evil.example', 'null', 'https://app.example.evil.example', 'http://app.example', 'https://app.example:8443', 'http://localhost:3001', '*'])(
    '%s may not',
    async (origin) => {
      expect(await allowed(origin)).toBeNull();
      expect(await allowed(origin, preflight)).toBeNull();
    },
  );
});

it('the page at / says what this is, and everything on it works', async () => {
  const response = await api.fetch('/');
  const page = await response.text();
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
  for (const [, link = ''] of page.matchAll(/href="([^"]+)"/g)) expect([link, (await api.fetch(link)).status]).toEqual([link, 200]);

  const jar = new Map<string, string>();
  const commands = [...page.matchAll(/curl (?:.|\\\n)+?(?=\ncurl|<)/g)].map(([command]) => command.replaceAll('\\\n', ''));
  expect(commands).toHaveLength(3);
  for (const command of commands) {
    const url = /http:\S+/.exec(command)?.[0] ?? '';
    const body = /-d '(.+)'/.exec(command)?.[1];
    const cookie = jar.size > 0 ? { cookie: [...jar.values()].join('; ') } : {};
    const answer = await api.fetch(url, body === undefined ? { headers: cookie } : { ...json(''), body, headers: { ...json('').headers, ...cookie } });
    expect([command, answer.status]).toEqual([command, 200]);
    for (const line of answer.headers.getSetCookie()) jar.set(line.split('=', 1).join(), line.split(';', 1).join());
  }
  expect([...jar.keys()]).toEqual(['better-auth.session_token', 'better-auth.device']);
});
