import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { json, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { problemIn, problemOutcome } from '../testing/problems.ts';
import { queryOf } from '../testing/rest.ts';

let api: TestApi;
let ada: Person;
beforeAll(async () => {
  api = await startTestApi({ trustedOrigins: ['https://app.example'] });
  ada = await api.signUp();
});
afterAll(() => api[Symbol.asyncDispose]());

const send = (person: Person, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  person.fetch(`/api/v1${path}`, { ...json(body), method, headers: { 'content-type': 'application/json', ...headers } });

it('creates, lists, edits, completes and removes a task', async () => {
  const person = await api.signUp();
  const task = z.object({ id: z.string(), version: z.int(), title: z.string(), completedAt: z.string().nullable() });
  const made = task.parse(await (await send(person, 'POST', '/tasks', { title: 'Milk', labels: ['Shop', 'Soon'], dueDate: '2026-01-31' })).json());
  await send(person, 'POST', '/tasks', { title: 'Other', priority: 'high' });
  const page = z.object({ items: z.array(task), nextCursor: z.string().nullable() });
  const list = async (query: string) => page.parse(await (await person.fetch(`/api/v1/tasks?${query}`)).json()).items.map(({ title }) => title);
  expect(await list('')).toEqual(['Other', 'Milk']);
  expect(await list('sort=title&order=asc&limit=1')).toEqual(['Milk']);
  expect(await list('completed=false&listId=null&due.from=2026-01-01&due.to=2026-01-31')).toEqual(['Milk']);
  expect(await list('due=null')).toEqual(['Other']);
  expect(await list('labels.all=shop&labels.all=soon')).toEqual(['Milk']);
  expect(await list('priority=high&priority=low')).toEqual(['Other']);
  expect(task.parse(await (await send(person, 'PATCH', `/tasks/${made.id}`, { title: 'Oat milk', dueDate: null, expectedVersion: 1 })).json())).toMatchObject({
    title: 'Oat milk',
    version: 2,
  });
  expect(task.parse(await (await send(person, 'POST', `/tasks/${made.id}/complete`, {})).json()).completedAt).not.toBeNull();
  expect(await problemIn(await person.fetch(`/api/v1/tasks/${made.id}?expectedVersion=1`, { method: 'DELETE' }))).toMatchObject({
    reason: 'VERSION_CONFLICT',
    title: 'Version conflict',
    status: 409,
  });
  expect(await (await person.fetch(`/api/v1/tasks/${made.id}?expectedVersion=3`, { method: 'DELETE' })).json()).toMatchObject({ id: made.id });
  expect(await list('')).toEqual(['Other']);
});

it('a retry with the same Idempotency-Key, or by tRPC with it as mutation id, is answered by the first result', async () => {
  const key = randomUUID();
  const [first, again, quoted] = await Promise.all(
    [key, key, `"${key}"`].map(async (value) => (await send(ada, 'POST', '/tasks', { title: 'Once' }, { 'idempotency-key': value })).json()),
  );
  expect(again).toEqual(first);
  expect(quoted).toEqual(first);
  expect(await ada.client.jwt.tasks.create.mutate({ title: 'Once', mutationId: key })).toEqual(first);
  expect(await problemOutcome(await send(ada, 'POST', '/tasks', { title: 'Twice' }, { 'idempotency-key': key }))).toBe('MUTATION_REUSED');
  const differing = await send(ada, 'POST', '/tasks', { title: 'Once', mutationId: randomUUID() }, { 'idempotency-key': key });
  expect((await problemIn(differing)).fields).toEqual({ mutationId: ['differs from the header Idempotency-Key'] });
});

describe('what cannot be read', () => {
  const id = randomUUID();
  it.each<[string, string, string, string | undefined, object]>([
    ['a query that is no number', 'GET', '/tasks?limit=ten', undefined, { reason: 'INVALID_INPUT', fields: { limit: [expect.any(String)] } }],
    ['a parameter that is repeated', 'GET', '/tasks?limit=1&limit=2', undefined, { reason: 'INVALID_INPUT', fields: { limit: [expect.any(String)] } }],
    ['both null and a range', 'GET', '/tasks?due=null&due.from=2026-01-01', undefined, { fields: { 'due.from': ['is not a field of this input'] } }],
    ['an unknown property', 'GET', '/tasks?due.__proto__=1', undefined, { fields: { 'due.__proto__': ['is not a field of this input'] } }],
    ['an id that is none', 'GET', '/tasks/milk', undefined, { reason: 'INVALID_INPUT', fields: { id: ['must be a UUID'] } }],
    ['an id in the body too', 'PATCH', `/tasks/${id}`, `{"id":"${id}"}`, { fields: { id: ['is part of the path'] } }],
    ['a body that is no object', 'PATCH', `/tasks/${id}`, '[]', { reason: 'INVALID_INPUT', status: 400 }],
    ['a body that is no JSON', 'POST', '/tasks', '{', { reason: 'INVALID_INPUT', status: 400, detail: 'The body is not valid JSON.' }],
    ['a body that is too deep', 'POST', '/tasks', '['.repeat(100), { fields: { '': ['is nested too deeply'] } }],
    ['a body that is too large', 'POST', '/tasks', `{"title":"${'x'.repeat(1_100_000)}"}`, { reason: 'TOO_LARGE', status: 413 }],
    ['a body where the query counts', 'DELETE', `/tasks/${id}`, '{"expectedVersion":1}', { fields: { '': ['goes into the query'] } }],
    ['a query where the body counts', 'PATCH', `/tasks/${id}?expectedVersion=1`, '{"title":"Milk"}', { fields: { expectedVersion: ['goes into the body'] } }],
    ['the pattern of a path', 'PATCH', '/tasks/{id}', `{"id":"${id}","title":"Milk"}`, { fields: { id: ['is part of the path'] } }],
    ['an unknown address', 'GET', '/things', undefined, { status: 404 }],
    ['the stream', 'GET', '/sync/watch', undefined, { status: 404 }],
  ])('%s is refused by name', async (_, method, path, body, expected) => {
    const response = await ada.fetch(`/api/v1${path}`, { method, headers: { 'content-type': 'application/json' }, ...(body !== undefined && { body }) });
    expect(await problemIn(response)).toMatchObject(expected);
  });

  it('another method is refused with those that there are', async () => {
    const response = await ada.fetch(`/api/v1/tasks/${id}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, PATCH, DELETE']);
  });

  it.each(['POST', 'PATCH'])('a %s of a form is refused', async (method) => {
    const body = new URLSearchParams({ title: 'Forged' });
    expect((await ada.fetch(`/api/v1/tasks${method === 'PATCH' ? `/${id}` : ''}`, { method, body })).status).toBe(415);
  });
});

it('a cookie counts on pages of trusted origins alone, which may send what the API reads', async () => {
  const from = (origin: string) => ada.fetch('/api/v1/tasks', { headers: { origin } });
  expect((await from('https://evil.example')).status).toBe(401);
  expect((await from('https://app.example')).status).toBe(200);
  const asked = { origin: 'https://app.example', 'access-control-request-method': 'PATCH' };
  const preflight = await api.fetch(`/api/v1/tasks/${randomUUID()}`, { method: 'OPTIONS', headers: asked });
  expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
  const allowed = preflight.headers.get('access-control-allow-headers')?.split(/, ?/);
  for (const name of ['idempotency-key', 'last-event-id', 'traceparent', 'trpc-accept', 'x-todo-user']) expect(allowed).toContain(name);
});

it('calls count as those of tRPC, and a refusal says when to try again', async () => {
  await using limited = await startTestApi({ callsPerMinute: 12 });
  const person = await limited.signUp();
  expect((await person.fetch(`/api/v1/tasks?${new URLSearchParams(queryOf({ search: 'milk' }))}`)).status).toBe(200);
  const refused = await send(person, 'POST', '/tasks/remove-many', { ids: Array.from({ length: 10 }, () => randomUUID()) });
  expect(refused.headers.get('ratelimit')).toBeTruthy();
  expect(await problemIn(refused)).toMatchObject({ reason: 'RATE_LIMITED', status: 429, retryAfterSeconds: Number(refused.headers.get('retry-after')) });
});

it('an id in a path is neither a label of a metric nor in the log', async () => {
  const paths: string[] = [];
  await using logged = await startTestApi({ logRequest: ({ path }) => paths.push(path) });
  const person = await logged.signUp();
  await person.fetch(`/api/v1/tasks/${randomUUID()}`);
  await send(person, 'POST', `/tasks/${randomUUID()}/complete`, {});
  expect(paths.slice(-2)).toEqual(['/api/v1/tasks/{id}', '/api/v1/tasks/{id}/complete']);
});
