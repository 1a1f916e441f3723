import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';
import { call } from '../testing/procedures.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

type Client = Person['client']['jwt'];

/** A list with two tasks, and one task in the inbox. */
async function withList(client: Client) {
  const { id: listId } = await client.lists.create.mutate({ name: 'Work' });
  const { tasks } = await client.tasks.createMany.mutate({ tasks: [{ title: 'A', listId }, { title: 'B', listId }, { title: 'Inbox' }] });
  return { listId, ids: tasks.map(({ id }) => id) };
}

const placesOf = async ({ tasks }: Client) => Object.fromEntries((await tasks.list.query()).items.map(({ title, listId }) => [title, listId]));
const noList = { data: { reason: 'LIST_NOT_FOUND', httpStatus: 404 } };

it('a task is created in a list of its owner, or else not at all, whoever has a list with that id', async () => {
  const [owner, other] = [await api.signUp('Owner'), await api.signUp('Other')];
  const { listId } = await withList(owner.client.jwt);
  const { tasks } = other.client.jwt;
  const [own, missing] = [(await other.client.jwt.lists.create.mutate({ name: 'Mine' })).id, randomUUID()];
  expect(await tasks.create.mutate({ title: 'There', listId: own.toUpperCase() })).toMatchObject({ listId: own });
  const answers = [listId, missing].map(async (id) => {
    const response = await call(api, 'tasks.create', { title: 'Nowhere', listId: id }, other.headers.jwt);
    return [response.status, await response.json()];
  });
  const [foreign, unknown] = await Promise.all(answers);
  expect(foreign).toEqual(unknown);
  expect(foreign).toMatchObject([404, { error: noList }]);
  const many = [{ title: 'There', listId: own }, { title: 'Inbox' }, { title: 'Nowhere', listId }];
  await expect(tasks.createMany.mutate({ tasks: many })).rejects.toMatchObject({ data: { ...noList.data, index: 2 } });
  const given = many.map((task) => ({ ...task, id: randomUUID() }));
  await expect(tasks.import.mutate({ tasks: given })).rejects.toMatchObject({ data: { ...noList.data, index: 2 } });
  // Another call of the same import may make the list, so a dry run answers the same for one that is missing and that of another.
  const lost = given.map((task) => ({ ...task, listId: missing }));
  for (const trial of [given, lost]) expect(await tasks.import.mutate({ tasks: trial, dryRun: true })).toMatchObject({ created: 3 });
  expect((await tasks.list.query()).items).toHaveLength(1);
  expect(await tasks.import.mutate({ tasks: given.slice(0, 2) })).toMatchObject({ created: 2 });
  expect(api.logged).toEqual([]);
});

it.each(['inbox', 'remove'] as const)('a list that is removed with its tasks (%s) comes back by one undo, with its tasks in it', async (what) => {
  const client = (await api.signUp()).client.jwt;
  const { listId } = await withList(client);
  const before = await client.tasks.list.query();
  const mutationId = randomUUID();
  const { seq } = await client.lists.remove.mutate({ id: listId, tasks: what, mutationId });
  expect(seq).toBe(7);
  expect(await placesOf(client)).toEqual(what === 'inbox' ? { A: null, B: null, Inbox: null } : { Inbox: null });
  const { items } = await client.history.list.query({ limit: 3 });
  expect(items.map(({ entity, action }) => `${entity} ${action}`).sort()).toEqual(
    what === 'inbox' ? ['list removed', 'task moved', 'task moved'] : ['list removed', 'task removed', 'task removed'],
  );
  const counts = what === 'inbox' ? { restored: 1, edited: 2 } : { restored: 3, edited: 0 };
  const of = { mutationId };
  expect(await client.history.undo.mutate({ of, dryRun: true })).toMatchObject({ ...counts, removed: 0, kept: [] });
  expect(await client.history.undo.mutate({ of })).toMatchObject({ ...counts, removed: 0, kept: [] });
  const content = ({ items: found }: typeof before) => found.map(({ id, title, listId: list }) => ({ id, title, list })).sort((a, b) => (a.id < b.id ? -1 : 1));
  expect(content(await client.tasks.list.query())).toEqual(content(before));
  expect(await client.lists.get.query({ id: listId })).toMatchObject({ name: 'Work', version: 2 });
});

it('a task comes back to the inbox when its list is gone, by restore, by undo and by rewind', async () => {
  const client = (await api.signUp()).client.jwt;
  const { lists, tasks, history } = client;
  const { listId, ids } = await withList(client);
  const [a = '', b = ''] = ids;
  const mutationId = randomUUID();
  await tasks.remove.mutate({ id: a, mutationId });
  await tasks.remove.mutate({ id: b });
  await lists.remove.mutate({ id: listId, tasks: 'inbox' });
  expect(await tasks.restore.mutate({ id: b })).toMatchObject({ title: 'B', listId: null });
  expect(await history.undo.mutate({ of: { mutationId } })).toMatchObject({ restored: 1, kept: [] });
  expect(await tasks.get.query({ id: a })).toMatchObject({ title: 'A', listId: null });
  expect(await tasks.restore.mutate({ id: a, seq: 2 })).toMatchObject({ listId: null });

  await history.rewind.mutate({ to: 4 });
  expect(await placesOf(client)).toEqual({ A: listId, B: listId, Inbox: null });
  await history.rewind.mutate({ to: 0 });
  expect([(await lists.list.query()).items, (await tasks.list.query()).items]).toEqual([[], []]);
  await history.rewind.mutate({ to: 4 });
  expect(await placesOf(client)).toEqual({ A: listId, B: listId, Inbox: null });
});

it('an undo of the creation of a list leaves the tasks of others in the inbox, and its retry says the same', async () => {
  const person = await api.signUp();
  const { lists, tasks, history } = person.client.jwt;
  const [id, mutationId] = [randomUUID(), randomUUID()];
  await lists.create.mutate({ id, name: 'Work', mutationId });
  const made = await tasks.create.mutate({ title: 'A', listId: id });
  const undo = { of: { mutationId }, mutationId: randomUUID() };
  const undone = await history.undo.mutate(undo);
  expect(undone).toMatchObject({ restored: 0, edited: 0, removed: 1, kept: [] });
  expect(await tasks.get.query({ id: made.id })).toEqual({ ...plain(made), listId: null, version: 2, updatedAt: expect.any(String) });
  expect(await history.undo.mutate(undo)).toEqual(undone);
  await history.undo.mutate({ of: { mutationId: undo.mutationId } });
  expect(await tasks.get.query({ id: made.id })).toMatchObject({ listId: id, version: 3 });
  expect(await api.database.verifyLog(person.userId)).not.toHaveProperty('fault');
});
