import { randomUUID } from 'node:crypto';
import { TASK_MAX_LEVELS } from '@todo/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ acquireTimeout: 60_000 });
});
afterAll(() => api[Symbol.asyncDispose]());

type Client = Person['client']['jwt'];

const person = async () => (await api.signUp()).client.jwt;
const refused = (reason: string, more: object = {}) => ({ data: { reason, ...more } });

/** Creates tasks in this order and returns their ids. */
async function create({ tasks }: Client, titles: string, more: object = {}): Promise<string[]> {
  const { tasks: made } = await tasks.createMany.mutate({ tasks: [...titles].map((title) => ({ title, ...more })) });
  return made.map(({ id }) => id);
}

/** All tasks in their order, each as its title after those of its parents. */
async function outline({ tasks }: Client, listId: string | null = null): Promise<string[]> {
  const { items } = await tasks.list.query({ limit: 200 });
  const byPlace = items.sort((a, b) => (a.position === b.position ? (a.id < b.id ? -1 : 1) : a.position < b.position ? -1 : 1));
  const below = (parentId: string | null, path: string): string[] =>
    byPlace.filter((task) => task.parentId === parentId && task.listId === listId).flatMap(({ id, title }) => [path + title, ...below(id, path + title)]);
  return below(null, '');
}

it('keeps new tasks in the order of their creation, behind those that are there', async () => {
  const client = await person();
  await create(client, 'abc');
  await client.tasks.create.mutate({ title: 'd' });
  await client.tasks.import.mutate({ tasks: ['e', 'f'].map((title) => ({ id: randomUUID(), title })) });
  expect(await outline(client)).toEqual([...'abcdef']);
});

it('moves a task before and after another one, to the beginning and to the end', async () => {
  const client = await person();
  const [a = '', b = '', c = '', d = ''] = await create(client, 'abcd');
  expect(await client.tasks.move.mutate({ id: d, before: b })).toMatchObject({ id: d, title: 'd', version: 2 });
  expect(await outline(client)).toEqual([...'adbc']);
  await client.tasks.move.mutate({ id: a, after: c });
  expect(await outline(client)).toEqual([...'dbca']);
  await client.tasks.move.mutate({ id: c, before: d });
  await client.tasks.move.mutate({ id: b });
  expect(await outline(client)).toEqual([...'cdab']);
  expect((await client.history.list.query({ limit: 1 })).items[0]).toMatchObject({ action: 'moved', id: b, changes: { position: {} } });
});

it('changes nothing if the task is there already', async () => {
  const client = await person();
  const [a = '', b = '', c = ''] = await create(client, 'abc');
  for (const place of [{ after: a }, { before: c }]) expect(await client.tasks.move.mutate({ id: b, ...place })).toMatchObject({ version: 1, seq: 3 });
  expect(await client.tasks.move.mutate({ id: c })).toMatchObject({ version: 1, seq: 3 });
});

it('moves several together, in the order given', async () => {
  const client = await person();
  const [a = '', b = '', , d = '', e = ''] = await create(client, 'abcde');
  expect(await client.tasks.moveMany.mutate({ ids: [e, a, d], after: b })).toEqual({ ids: [e, a, d], seq: 8 });
  expect(await outline(client)).toEqual([...'beadc']);
  await client.tasks.moveMany.mutate({ ids: [b, e] });
  expect(await outline(client)).toEqual([...'adcbe']);
  const missing = randomUUID();
  await expect(client.tasks.moveMany.mutate({ ids: [a, missing], before: d })).rejects.toMatchObject(refused('TASK_NOT_FOUND', { index: 1 }));
});

it('gives tied tasks new positions, the fewest that there are', async () => {
  const client = await person();
  const ids = Array.from({ length: 6 }, (_, i) => `00000000-0000-4000-8000-00000000000${i}`);
  await client.tasks.import.mutate({ tasks: ids.map((id, i) => ({ id, title: String(i), position: 'a0' })) });
  const [first = '', second = '', , , , last = ''] = ids;
  expect(await client.tasks.move.mutate({ id: last, before: second })).toMatchObject({ seq: 8 });
  expect(await outline(client)).toEqual([...'051234']);
  const { items } = await client.history.list.query({ limit: 2 });
  expect(items.map(({ id, action }) => [id, action]).sort()).toEqual([first, last].map((id) => [id, 'moved']).sort());
});

describe('subtasks', () => {
  it('are created in a parent, moved under another one and to the top, and go where their parent goes', async () => {
    const client = await person();
    const [a = '', b = ''] = await create(client, 'ab');
    const [c = '', d = ''] = await create(client, 'cd', { parentId: a });
    await create(client, 'e', { parentId: c });
    expect(await outline(client)).toEqual(['a', 'ac', 'ace', 'ad', 'b']);
    await client.tasks.move.mutate({ id: c, parentId: b });
    expect(await outline(client)).toEqual(['a', 'ad', 'b', 'bc', 'bce']);
    await client.tasks.move.mutate({ id: d, before: c });
    expect(await outline(client)).toEqual(['a', 'b', 'bd', 'bc', 'bce']);
    await client.tasks.move.mutate({ id: d, parentId: null, before: a });
    expect(await outline(client)).toEqual(['d', 'a', 'b', 'bc', 'bce']);
  });

  it('go to another list with their parent, and a subtask that goes alone is at the top level there', async () => {
    const client = await person();
    const listId = (await client.lists.create.mutate({ name: 'Work' })).id;
    const [a = ''] = await create(client, 'ab');
    const [c = ''] = await create(client, 'cd', { parentId: a });
    const { seq } = await client.tasks.move.mutate({ id: a, listId });
    expect(await outline(client, listId)).toEqual(['a', 'ac', 'ad']);
    await client.tasks.move.mutate({ id: c, listId: null });
    expect([await outline(client), await outline(client, listId)]).toEqual([
      ['b', 'c'],
      ['a', 'ad'],
    ]);
    expect((await client.history.list.query({ limit: 200 })).items.filter((event) => event.seq <= seq && event.action === 'moved')).toHaveLength(3);
  });

  it.each([
    ['PARENT_NOT_FOUND', () => ({ parentId: randomUUID() })],
    ['NEIGHBOR_NOT_FOUND', () => ({ before: randomUUID() })],
    ['NEIGHBOR_NOT_FOUND', ({ a, c }: Record<string, string>) => ({ parentId: null, after: a && c })],
    ['PARENT_IS_SUBTASK', ({ c }: Record<string, string>) => ({ parentId: c })],
    ['PARENT_IS_SUBTASK', ({ a }: Record<string, string>) => ({ parentId: a })],
  ])('are refused with %s', async (reason, place) => {
    const client = await person();
    const [a = ''] = await create(client, 'a');
    const [b = ''] = await create(client, 'b', { parentId: a });
    const [c = ''] = await create(client, 'c', { parentId: b });
    await expect(client.tasks.move.mutate({ id: a, ...place({ a, b, c }) })).rejects.toMatchObject(refused(reason));
    expect(await outline(client)).toEqual(['a', 'ab', 'abc']);
  });

  it(`have ${TASK_MAX_LEVELS} levels at most, however they come there`, async () => {
    const client = await person();
    const chain: string[] = [];
    for (const title of 'abcde') chain.push(...(await create(client, title, chain.length > 0 ? { parentId: chain.at(-1) } : {})));
    const [, b = ''] = chain;
    await expect(create(client, 'f', { parentId: chain.at(-1) })).rejects.toMatchObject(refused('LEVELS_EXCEEDED'));
    const [x = ''] = await create(client, 'x');
    await client.tasks.move.mutate({ id: b, parentId: x });
    const [y = ''] = await create(client, 'y');
    await expect(client.tasks.move.mutate({ id: x, parentId: y })).rejects.toMatchObject(refused('LEVELS_EXCEEDED'));
  });

  it('are removed with their parent, and come back when that is undone', async () => {
    const client = await person();
    const [a = '', b = ''] = await create(client, 'ab');
    const [c = ''] = await create(client, 'cd', { parentId: a });
    await create(client, 'e', { parentId: c });
    const mutationId = randomUUID();
    expect(await client.tasks.remove.mutate({ id: a, mutationId })).toEqual({ id: a, seq: 9 });
    expect(await outline(client)).toEqual(['b']);
    await client.history.undo.mutate({ of: { mutationId } });
    expect(await outline(client)).toEqual(['a', 'ac', 'ace', 'ad', 'b']);
    await client.tasks.removeMany.mutate({ ids: [c, b] });
    expect(await outline(client)).toEqual(['a', 'ad']);
    await client.tasks.remove.mutate({ id: a });
    await client.tasks.restore.mutate({ id: a });
    expect(await outline(client)).toEqual(['a']);
  });

  it('become top-level when they are restored and their parent is gone or does not take them any more', async () => {
    const client = await person();
    const [a = '', b = ''] = await create(client, 'ab');
    const [c = '', d = ''] = await create(client, 'cd', { parentId: a });
    await client.tasks.remove.mutate({ id: c });
    await client.tasks.remove.mutate({ id: a });
    expect(await client.tasks.restore.mutate({ id: c })).toMatchObject({ parentId: null });
    expect(await client.tasks.restore.mutate({ id: d })).toMatchObject({ parentId: null });
    const { seq } = await client.tasks.move.mutate({ id: c, parentId: b });
    await client.tasks.move.mutate({ id: c, parentId: null });
    await client.tasks.move.mutate({ id: b, parentId: c });
    expect(await client.tasks.restore.mutate({ id: c, seq })).toMatchObject({ parentId: null });
  });
});

it('50 concurrent moves leave a strict order', async () => {
  const client = await person();
  const ids = await create(client, 'abcdefghij');
  const at = (i: number) => ids[i % ids.length] ?? '';
  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      client.tasks.move.mutate({ id: at(i), ...(i % 3 === 0 ? { before: at(i * 7 + 1) } : i % 3 === 1 ? { after: at(i * 3 + 1) } : {}) }),
    ),
  );
  const { items } = await client.tasks.list.query({ limit: 200 });
  expect(new Set(items.map(({ position }) => position)).size).toBe(ids.length);
});
