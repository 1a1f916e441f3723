import { randomUUID } from 'node:crypto';
import { LISTS_MAX_PER_OWNER } from '@todo/contract';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plain, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

it('keeps what is created, edited, archived, unarchived, removed and restored', async () => {
  const { lists, history } = (await api.signUp()).client.jwt;
  const made = await lists.create.mutate({ name: 'Groceries', color: '#1E90FF' });
  expect(made).toMatchObject({ name: 'Groceries', color: '#1e90ff', archivedAt: null, version: 1, seq: 1 });
  const { id } = made;
  expect(await lists.get.query({ id })).toEqual(plain(made));
  expect(await lists.edit.mutate({ id, color: null, expectedVersion: 1 })).toMatchObject({ name: 'Groceries', color: null, version: 2 });

  const archived = await lists.archive.mutate({ id });
  expect(archived).toMatchObject({ archivedAt: expect.stringMatching(time), version: 3 });
  expect(await lists.archive.mutate({ id, expectedVersion: 3 })).toEqual(archived);
  const other = await lists.create.mutate({ name: 'Work' });
  expect(await lists.list.query()).toEqual({ items: [plain(archived), plain(other)], nextCursor: null });
  expect((await lists.list.query({ archived: true })).items).toEqual([plain(archived)]);
  expect((await lists.list.query({ archived: false })).items).toEqual([plain(other)]);

  expect(await lists.unarchive.mutate({ id })).toMatchObject({ archivedAt: null, version: 4 });
  await expect(lists.remove.mutate({ id, tasks: 'inbox', expectedVersion: 3 })).rejects.toMatchObject({ data: { reason: 'VERSION_CONFLICT' } });
  expect(await lists.remove.mutate({ id, tasks: 'inbox', expectedVersion: 4 })).toEqual({ id, seq: 6 });
  await expect(lists.get.query({ id })).rejects.toMatchObject({ data: { code: 'NOT_FOUND', reason: 'LIST_NOT_FOUND' } });
  expect(await lists.restore.mutate({ id })).toMatchObject({ name: 'Groceries', color: null, version: 5, createdAt: made.createdAt });
  expect(await lists.restore.mutate({ id, seq: 1 })).toMatchObject({ color: '#1e90ff', version: 6 });

  const { items } = await history.list.query({ entity: 'list', id });
  expect(items.map(({ action }) => action)).toEqual(['restored', 'restored', 'removed', 'edited', 'edited', 'edited', 'created']);
  expect(items.at(-2)).toMatchObject({ entity: 'list', id, changes: { color: { from: '#1e90ff', to: null } } });
  expect(api.logged).toEqual([]);
});

it('goes on from a cursor, also with a filter, and takes no cursor of tasks', async () => {
  const { lists, tasks } = (await api.signUp()).client.jwt;
  const ids = [];
  for (const name of ['A', 'B', 'C', 'D']) ids.push((await lists.create.mutate({ name })).id);
  for (const id of ids.slice(2)) await lists.archive.mutate({ id });
  const read = async (input: { archived?: boolean }) => {
    const found = [];
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const page: Awaited<ReturnType<typeof lists.list.query>> = await lists.list.query({ ...input, limit: 1, cursor });
      expect(page.items).toHaveLength(1);
      found.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    }
    return found;
  };
  expect([await read({}), await read({ archived: false }), await read({ archived: true })]).toEqual([
    ['A', 'B', 'C', 'D'],
    ['A', 'B'],
    ['C', 'D'],
  ]);
  for (const title of ['One', 'Two']) await tasks.create.mutate({ title });
  const { nextCursor } = await tasks.list.query({ limit: 1 });
  await expect(lists.list.query({ cursor: nextCursor ?? '' })).rejects.toMatchObject({ data: { reason: 'INVALID_CURSOR' } });
});

it('imports lists that do not exist, and names those with other content', async () => {
  const { lists } = (await api.signUp()).client.jwt;
  const [first, second] = [randomUUID(), randomUUID()];
  const given = [
    { id: first, name: 'Groceries', archivedAt: '2026-01-31T09:30:00+02:00' },
    { id: second, name: 'Work' },
  ];
  expect(await lists.import.mutate({ lists: given, dryRun: true })).toEqual({ created: 2, unchanged: 0, conflicts: [], seq: 0 });
  expect(await lists.import.mutate({ lists: given })).toEqual({ created: 2, unchanged: 0, conflicts: [], seq: 2 });
  await lists.edit.mutate({ id: second, name: 'Office' });
  for (const dryRun of [true, false])
    expect(await lists.import.mutate({ lists: given, dryRun })).toMatchObject({ created: 0, unchanged: 1, conflicts: [second] });
  expect(await lists.get.query({ id: first })).toMatchObject({ archivedAt: '2026-01-31T07:30:00.000Z' });
});

it('filters the history by its entity, also where both have the same id', async () => {
  const { lists, tasks, history } = (await api.signUp()).client.jwt;
  const id = randomUUID();
  await lists.create.mutate({ id, name: 'List' });
  await tasks.create.mutate({ id, title: 'Task' });
  await tasks.remove.mutate({ id });
  expect(await lists.get.query({ id })).toMatchObject({ name: 'List' });
  const seqsOf = async (input: Parameters<typeof history.list.query>[0]) => (await history.list.query(input)).items.map(({ entity, seq }) => [entity, seq]);
  const [list, task] = [
    [['list', 1]],
    [
      ['task', 3],
      ['task', 2],
    ],
  ];
  for (const filter of [{}, { id }]) {
    expect(await seqsOf({ ...filter, entity: 'list' })).toEqual(list);
    expect(await seqsOf({ ...filter, entity: 'task' })).toEqual(task);
    expect(await seqsOf(filter)).toEqual([...task, ...list]);
  }
  await expect(lists.restore.mutate({ id, seq: 1 })).resolves.toMatchObject({ name: 'List', version: 1 });
  expect(await tasks.restore.mutate({ id })).toMatchObject({ title: 'Task', version: 2 });
});

it(`refuses more than ${LISTS_MAX_PER_OWNER} lists, and an import names the first above`, async () => {
  const person = await api.signUp();
  const { lists } = person.client.jwt;
  const room = (count: number) =>
    inspect(api.database.superuserUrl, `update owners set lists = ${LISTS_MAX_PER_OWNER - count} where user_id = '${person.userId}'`);
  await room(1);
  const given = ['A', 'B', 'C'].map((name) => ({ id: randomUUID(), name }));
  for (const dryRun of [true, false])
    await expect(lists.import.mutate({ lists: given, dryRun })).rejects.toMatchObject({ data: { reason: 'QUOTA_REACHED', quota: 'lists', index: 1 } });
  const { id } = await lists.create.mutate({ name: 'A' });
  await expect(lists.create.mutate({ name: 'B' })).rejects.toMatchObject({ data: { reason: 'QUOTA_REACHED', quota: 'lists' } });
  await lists.remove.mutate({ id, tasks: 'remove' });
  expect(await lists.create.mutate({ name: 'B' })).toMatchObject({ name: 'B' });
});
