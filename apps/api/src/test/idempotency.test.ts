import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plain, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const person = async () => (await api.signUp()).client.jwt;
const refused = (reason: string) => ({ data: { reason } });

it('carries 50 copies of a call out once and gives each the same answer', async () => {
  const { tasks, history } = await person();
  const create = { title: 'Buy milk', mutationId: randomUUID() };
  const made = await Promise.all(Array.from({ length: 50 }, () => tasks.create.mutate(create)));
  expect(new Set(made.map((task) => JSON.stringify(task))).size).toBe(1);

  const { id } = await tasks.create.mutate({ title: 'Draft' });
  const edit = { id, title: 'Final', expectedVersion: 1, mutationId: randomUUID() };
  const edited = await Promise.all(Array.from({ length: 50 }, () => tasks.edit.mutate(edit)));
  expect(new Set(edited.map((task) => JSON.stringify(task))).size).toBe(1);
  expect(edited[0]).toMatchObject({ title: 'Final', version: 2 });
  expect((await history.list.query()).items.map(({ seq, action }) => [seq, action])).toEqual([
    [3, 'edited'],
    [2, 'created'],
    [1, 'created'],
  ]);
});

it('gives a repeated call its first answer, whatever has happened since', async () => {
  const { tasks } = await person();
  const named = () => ({ mutationId: randomUUID() });
  const create = { title: 'Buy milk', ...named() };
  const made = await tasks.create.mutate(create);
  const complete = { id: made.id, ...named() };
  const completed = await tasks.complete.mutate(complete);
  const idle = { id: made.id, ...named() };
  expect(await tasks.complete.mutate(idle)).toEqual(completed);
  const reopen = { id: made.id, ...named() };
  const reopened = await tasks.reopen.mutate(reopen);
  const late = { id: made.id, title: 'Too late', expectedVersion: 1, ...named() };
  await expect(tasks.edit.mutate(late)).rejects.toMatchObject(refused('VERSION_CONFLICT'));
  const remove = { id: made.id, ...named() };
  const removed = await tasks.remove.mutate(remove);
  const gone = { id: made.id, ...named() };
  await expect(tasks.remove.mutate(gone)).rejects.toMatchObject(refused('TASK_NOT_FOUND'));
  const restore = { id: made.id, ...named() };
  const restored = await tasks.restore.mutate(restore);
  const last = await tasks.edit.mutate({ id: made.id, title: 'Now' });

  expect(await tasks.create.mutate(create)).toEqual(made);
  expect(await tasks.complete.mutate(complete)).toEqual(completed);
  expect(await tasks.complete.mutate(idle)).toEqual(completed);
  expect(await tasks.reopen.mutate(reopen)).toEqual(reopened);
  await expect(tasks.edit.mutate(late)).rejects.toMatchObject(refused('VERSION_CONFLICT'));
  expect(await tasks.remove.mutate(remove)).toEqual(removed);
  await expect(tasks.remove.mutate(gone)).rejects.toMatchObject(refused('TASK_NOT_FOUND'));
  expect(await tasks.restore.mutate(restore)).toEqual(restored);
  expect(await tasks.get.query({ id: made.id })).toEqual(plain(last));
});

it('refuses a mutation id of another call, and reveals nothing about those of other owners', async () => {
  const { tasks } = await person();
  const mutationId = randomUUID();
  const { id } = await tasks.create.mutate({ title: 'Buy milk', mutationId });
  await expect(tasks.create.mutate({ title: 'Buy bread', mutationId })).rejects.toMatchObject(refused('MUTATION_REUSED'));
  await expect(tasks.complete.mutate({ id, mutationId })).rejects.toMatchObject(refused('MUTATION_REUSED'));

  const stranger = await person();
  expect(await stranger.tasks.create.mutate({ title: 'Buy bread', mutationId })).toMatchObject({ title: 'Buy bread' });
  expect(await tasks.list.query()).toMatchObject({ items: [{ title: 'Buy milk' }] });
});
