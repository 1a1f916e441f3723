import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { call } from '../testing/procedures.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** A user whose request bodies are sent as given. */
async function caller() {
  const person = await api.signUp();
  const send = async (path: string, body: string) => {
    const headers = { ...person.headers.jwt, 'content-type': 'application/json' };
    const response = await api.fetch(`/trpc/${path}`, { method: 'POST', headers, body });
    return await response.text();
  };
  const reasonOf = async (path: string, body: object) => JSON.parse(await send(path, JSON.stringify(body)))?.error?.data?.reason;
  return { ...person, send, reasonOf };
}

it('a call is the same whatever the order of its keys and the spaces between them, at any depth', async () => {
  const { send } = await caller();
  const [mutationId, id] = [randomUUID(), randomUUID()];
  const first = await send('tasks.createMany', `{"mutationId":"${mutationId}","tasks":[{"id":"${id}","title":"One","description":"D"}]}`);
  expect(first).toContain('"result"');
  expect(await send('tasks.createMany', `{ "tasks": [ { "description": "D", "title": "\\u004fne", "id": "${id}" } ],\n "mutationId": "${mutationId}" }`)).toBe(
    first,
  );
});

it('a call differs when a value is changed, added or removed, even if the outcome would be the same', async () => {
  const { send, reasonOf } = await caller();
  const [mutationId, id, groupId] = [randomUUID(), randomUUID(), randomUUID()];
  const input = { id, title: 'One', description: '', mutationId };
  const first = await send('tasks.create', JSON.stringify(input));
  const { description: _, ...without } = input;
  const others = [{ ...input, title: 'Two' }, { ...input, title: 'One ' }, { ...input, id: id.toUpperCase() }, { ...input, groupId }, without];
  for (const other of others) expect(await reasonOf('tasks.create', other)).toBe('MUTATION_REUSED');
  expect(await reasonOf('tasks.edit', input)).toBe('MUTATION_REUSED');
  expect(await send('tasks.create', JSON.stringify(input))).toBe(first);
});

it('the order of the items of a list matters', async () => {
  const { client, reasonOf } = await caller();
  const { tasks } = await client.jwt.tasks.createMany.mutate({ tasks: [{ title: 'One' }, { title: 'Two' }] });
  const ids = tasks.map(({ id }) => id);
  const mutationId = randomUUID();
  expect(await reasonOf('tasks.completeMany', { ids, mutationId })).toBeUndefined();
  expect(await reasonOf('tasks.completeMany', { ids: ids.toReversed(), mutationId })).toBe('MUTATION_REUSED');
});

it('a text is compared as sent, before Unicode normalization', async () => {
  const { send, reasonOf } = await caller();
  const mutationId = randomUUID();
  const [composed, decomposed] = ['Caf\u00e9', 'Cafe\u0301'];
  const first = await send('tasks.create', JSON.stringify({ title: decomposed, mutationId }));
  expect(JSON.parse(first)).toMatchObject({ result: { data: { title: composed } } });
  expect(await reasonOf('tasks.create', { title: composed, mutationId })).toBe('MUTATION_REUSED');
  expect(await send('tasks.create', JSON.stringify({ title: decomposed, mutationId }))).toBe(first);
});

it('the same call in a batch is the same call', async () => {
  const { send } = await caller();
  const input = { title: 'One', mutationId: randomUUID() };
  const first: unknown = JSON.parse(await send('tasks.create', JSON.stringify(input)));
  expect(JSON.parse(await send('tasks.create,tasks.create?batch=1', JSON.stringify({ 0: input, 1: input })))).toEqual([first, first]);
});

it('a key that an older version stored without a digest is replayed for any input', async () => {
  const person = await caller();
  const mutationId = randomUUID();
  const input = { title: 'One', mutationId };
  const first = await person.send('tasks.create', JSON.stringify(input));
  await inspect(api.database.superuserUrl, `update idempotency_keys set digest = null where user_id = '${person.userId}'`);
  expect(await person.send('tasks.create', JSON.stringify(input))).toBe(first);
  expect(await (await call(api, 'tasks.create', { ...input, description: '' }, person.headers.jwt)).text()).toBe(first);
});
