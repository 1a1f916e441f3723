import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { credentialKinds, type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** A user's lists, tasks and log in the database. */
const stored = ({ userId }: Person) =>
  inspect(
    api.database.superuserUrl,
    `select to_jsonb(list) as row from lists list where user_id = '${userId}'
     union all select to_jsonb(task) from tasks task where user_id = '${userId}'
     union all select to_jsonb(event) from events event where user_id = '${userId}'
     union all select to_jsonb(owner) from owners owner where user_id = '${userId}' order by 1`,
  );
const open = async ({ client }: Person) => (await client.jwt.lists.create.mutate({ name: 'Secret' })).id;

it.each(credentialKinds)('by %s, lists of another user are not shown, a foreign cursor leads to own ones alone, and a foreign id is free', async (kind) => {
  const [giver, reader] = [await api.signUp('Giver'), await api.signUp('Reader')];
  const [id = ''] = [await open(giver), await open(giver)].sort();
  const before = await stored(giver);
  const { lists } = reader.client[kind];
  for (const input of [undefined, { archived: false }, { archived: true }]) expect(await lists.list.query(input)).toEqual({ items: [], nextCursor: null });
  const { nextCursor } = await giver.client.jwt.lists.list.query({ limit: 1 });
  for (const dryRun of [true, false])
    expect(await lists.import.mutate({ lists: [{ id, name: 'Mine' }], dryRun })).toMatchObject({ created: 1, unchanged: 0, conflicts: [] });
  await lists.remove.mutate({ id, tasks: 'remove' });
  expect(await lists.create.mutate({ id, name: 'Mine again' })).toMatchObject({ id, name: 'Mine again', color: null, version: 2 });
  const own = plain(await lists.create.mutate({ name: 'Later' }));
  expect(await lists.list.query({ cursor: nextCursor ?? '' })).toEqual({ items: [own], nextCursor: null });
  expect(await stored(giver)).toEqual(before);
});

it.each(credentialKinds)('by %s, a list of tasks goes on with own ones alone from a cursor that another user was given', async (kind) => {
  const [giver, reader] = await Promise.all([api.signUp('Giver'), api.signUp('Reader')]);
  for (const title of ['A', 'B', 'C']) await giver.client.jwt.tasks.create.mutate({ title });
  const own = plain(await reader.client[kind].tasks.create.mutate({ title: 'Mine' }));
  for (const input of [
    { sort: 'created', order: 'asc' },
    { sort: 'title', order: 'asc' },
    { sort: 'updated', order: 'asc' },
  ] as const) {
    const { nextCursor } = await giver.client.jwt.tasks.list.query({ ...input, limit: 1 });
    expect(nextCursor).not.toBeNull();
    expect(await reader.client[kind].tasks.list.query({ ...input, ...(nextCursor && { cursor: nextCursor }) })).toEqual({ items: [own], nextCursor: null });
  }
});

it('answers a batch call by call: own tasks are served, foreign ones do not exist', async () => {
  const [owner, reader] = [await api.signUp('Owner'), await api.signUp('Reader')];
  const make = async ({ client }: Person) => (await client.jwt.tasks.create.mutate({ title: 'Secret' })).id;
  const [foreign, own] = [await make(owner), await make(reader)];
  const before = await stored(owner);
  const input = encodeURIComponent(JSON.stringify({ 0: { id: foreign }, 1: { id: own }, 2: { id: foreign } }));
  const response = await api.fetch(`/trpc/tasks.get,tasks.get,tasks.get?batch=1&input=${input}`, { headers: reader.headers.jwt });
  expect(response.status).toBe(207);
  expect(await response.json()).toMatchObject([
    { error: { data: { reason: 'TASK_NOT_FOUND' } } },
    { result: { data: { id: own } } },
    { error: { data: { reason: 'TASK_NOT_FOUND' } } },
  ]);
  expect(await stored(owner)).toEqual(before);
});
