import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plain, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const person = async () => (await api.signUp()).client.jwt;
type Client = Awaited<ReturnType<typeof person>>;

/** The visible fields, without those that a rewind itself changes. */
const look = async ({ tasks }: Client) =>
  (await tasks.list.query({ sort: 'title' })).items.map(({ title, description, completedAt }) => ({ title, description, completedAt }));

async function make(client: Client) {
  const { tasks } = client;
  const { tasks: made } = await tasks.createMany.mutate({ tasks: [{ title: 'Kept' }, { title: 'To edit' }, { title: 'To remove' }] });
  const [, toEdit, toRemove] = made.map(({ id }) => id);
  const before = await look(client);
  await tasks.edit.mutate({ id: toEdit ?? '', title: 'Edited', description: 'New' });
  await tasks.complete.mutate({ id: toEdit ?? '' });
  await tasks.remove.mutate({ id: toRemove ?? '' });
  await tasks.create.mutate({ title: 'Added' });
  return before;
}

it('sets the whole list back to a number of the log, and forward again', async () => {
  const client = await person();
  const before = await make(client);
  const after = await look(client);
  expect(await client.history.rewind.mutate({ to: 3, dryRun: true })).toMatchObject({ restored: 1, edited: 1, removed: 1 });
  expect(await look(client)).toEqual(after);

  expect(await client.history.rewind.mutate({ to: 3 })).toMatchObject({ restored: 1, edited: 1, removed: 1 });
  expect(await look(client)).toEqual(before);
  expect(await client.tasks.counts.query()).toEqual({ open: 3, completed: 0 });
  const { items } = await client.history.list.query({ limit: 3 });
  expect(items.map(({ action }) => action).sort()).toEqual(['removed', 'restored', 'restored']);

  expect(await client.history.rewind.mutate({ to: 7 })).toMatchObject({ restored: 1, edited: 1, removed: 1 });
  expect(await look(client)).toEqual(after);
  expect(await client.history.rewind.mutate({ to: 7 })).toMatchObject({ restored: 0, edited: 0, removed: 0 });
});

it('restores the list to a time, and to before its first task', async () => {
  const client = await person();
  const [first] = (await client.history.list.query()).items;
  expect(first).toBeUndefined();
  const before = await make(client);
  const made = (await client.history.list.query()).items.find(({ seq }) => seq === 3);
  expect(await client.history.rewind.mutate({ to: made?.at ?? '' })).toMatchObject({ restored: 1, edited: 1, removed: 1 });
  expect(await look(client)).toEqual(before);
  expect(await client.history.rewind.mutate({ to: '2001-01-01T00:00:00Z' })).toMatchObject({ restored: 0, edited: 0, removed: 3 });
  expect(await look(client)).toEqual([]);
});

it('touches no other owner’s list', async () => {
  const [client, stranger] = [await person(), await person()];
  await make(client);
  await stranger.tasks.create.mutate({ title: 'Mine' });
  await client.history.rewind.mutate({ to: 0 });
  expect(await look(stranger)).toHaveLength(1);
  expect((await stranger.history.list.query()).items).toHaveLength(1);
});

it('is applied once for each mutation id', async () => {
  const client = await person();
  await make(client);
  const call = { to: 3, mutationId: randomUUID() };
  const first = await client.history.rewind.mutate(call);
  const later = await client.tasks.create.mutate({ title: 'Later' });
  expect(await client.history.rewind.mutate(call)).toEqual(first);
  expect(await client.tasks.get.query({ id: later.id })).toEqual(plain(later));
  await expect(client.history.rewind.mutate({ to: 3, dryRun: true, mutationId: randomUUID() })).rejects.toMatchObject({ data: { reason: 'INVALID_INPUT' } });
});
