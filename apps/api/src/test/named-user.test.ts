import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URL, type CredentialKind, credentialKinds, json, PASSWORD, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { openWatch } from '../testing/events.ts';
import { call } from '../testing/procedures.ts';

let api: TestApi;
let ada: Person;
let ben: Person;
beforeAll(async () => {
  api = await startTestApi({ watching: { pollIntervalMs: 20, credentialCheckIntervalMs: 600_000 } });
  [ada, ben] = [await api.signUp('Ada'), await api.signUp('Ben')];
});
afterAll(() => api[Symbol.asyncDispose]());

type Headers = Record<string, string>;

/** The reason in an answer of any form, read to its end. */
const reasonIn = async (answer: Response | Promise<Response>) => /"reason":"(\w+)"/.exec(await (await answer).text())?.[1] ?? 'ok';
const batched = (headers: Headers) => api.fetch('/trpc/tasks.list,tasks.counts?batch=1', { headers });

/** Every way to reach data of an owner, and its outcome: 'ok' or a reason. */
const ways: Record<string, (headers: Headers) => Promise<string>> = {
  'a query': (headers) => reasonIn(call(api, 'tasks.list', undefined, headers)),
  'a mutation': (headers) => reasonIn(call(api, 'tasks.create', { title: 'Named' }, headers)),
  'a batch of queries': (headers) => reasonIn(batched(headers)),
  'a batch of mutations': (headers) => {
    const { method, body } = json({ 0: { title: 'Named' }, 1: { title: 'Named, too' } });
    return reasonIn(api.fetch('/trpc/tasks.create,tasks.create?batch=1', { method, body, headers: { ...headers, 'content-type': 'application/json' } }));
  },
  'a streamed batch': (headers) => reasonIn(batched({ ...headers, 'trpc-accept': 'application/jsonl' })),
  'an export': (headers) => reasonIn(api.fetch('/export', { headers })),
  'a stream': (headers) => reasonIn(call(api, 'sync.watch', {}, headers)),
};

/** How many tasks and events each of the two has. */
const stored = async () => {
  const counts = [ada, ben].map(async ({ client }) => [(await client.jwt.tasks.counts.query()).open, (await client.jwt.history.list.query()).items.length]);
  return Promise.all(counts);
};

const rows = Object.keys(ways).flatMap((way) => credentialKinds.map((kind): [string, CredentialKind] => [way, kind]));

describe.each(rows)('%s by %s', (way, kind) => {
  const outcome = (named?: string) => ways[way]?.({ ...ada.headers[kind], ...(named !== undefined && { 'x-todo-user': named }) });

  it('is served with the id of its user, and without the header', async () => {
    expect([await outcome(), await outcome(ada.userId)]).toEqual(['ok', 'ok']);
  });

  it('is USER_CHANGED with any other id, whoever has it, and changes nothing for anybody', async () => {
    const before = await stored();
    const names = [ben.userId, randomUUID(), ada.userId.toUpperCase(), `${ada.userId}, ${ben.userId}`, 'ada', ''];
    for (const name of names) expect([name, await outcome(name)]).toEqual([name, 'USER_CHANGED']);
    expect(await stored()).toEqual(before);
  });
});

describe('the header', () => {
  it.each(Object.entries(ways))('is no credential for %s', async (_, way) => {
    expect(await way({ 'x-todo-user': ada.userId })).toBe('UNAUTHENTICATED');
    expect(await way({ authorization: 'Bearer none.none', 'x-todo-user': ada.userId })).toBe('UNAUTHENTICATED');
  });

  it('does not choose between the credentials of two users', async () => {
    for (const { userId } of [ada, ben]) {
      const headers = { ...ada.headers.cookie, ...ben.headers.jwt, 'x-todo-user': userId };
      expect(await reasonIn(call(api, 'tasks.list', undefined, headers))).toBe('UNAUTHENTICATED');
    }
  });

  it('may be sent by a page of a trusted origin', async () => {
    const asked = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-todo-user' };
    const paths = ['/trpc/tasks.list', '/trpc/sync.watch', '/export', '/api/auth/sign-out'];
    const answers = paths.map((path) => api.fetch(path, { method: 'OPTIONS', headers: { origin: BASE_URL, ...asked } }));
    for (const { headers } of await Promise.all(answers)) expect(headers.get('access-control-allow-headers')?.split(',')).toContain('x-todo-user');
  });

  it('keeps a stream with its user for as long as it lasts', async () => {
    await using watch = await openWatch(api.fetch, { ...ada.headers.cookie, 'x-todo-user': ada.userId }, {});
    await watch.next();
    const task = await ada.client.jwt.tasks.create.mutate({ title: 'Live' });
    expect(await watch.next()).toMatchObject({ changes: [{ id: task.id }] });
  });
});

describe('an account request that names another user', () => {
  const send = (path: string, person: Person, named: string) =>
    person.fetch(`/api/auth/${path}`, { ...json({ password: PASSWORD }), headers: { ...json('').headers, origin: BASE_URL, 'x-todo-user': named } });

  it.each(['sign-out', 'delete-user'])('ends nothing by %s, and does with its own', async (path) => {
    const person = await api.signUp();
    expect(await reasonIn(send(path, person, ada.userId))).toBe('USER_CHANGED');
    expect(await person.client.cookie.tasks.counts.query()).toEqual({ open: 0, completed: 0 });
    expect((await send(path, person, person.userId)).status).toBe(200);
    await expect(person.client.cookie.tasks.counts.query()).rejects.toMatchObject({ data: { reason: 'UNAUTHENTICATED' } });
  });
});
