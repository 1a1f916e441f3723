import { afterAll, beforeAll, expect, it } from 'vitest';
import { plain, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const person = async () => (await api.signUp()).client.jwt;

it('lists the changes of a task, newest first, field by field', async () => {
  const { tasks, history } = await person();
  const { id } = await tasks.create.mutate({ title: 'Buy milk' });
  await tasks.create.mutate({ title: 'Another' });
  await tasks.edit.mutate({ id, title: 'Buy oat milk', description: 'Two' });
  const { completedAt } = await tasks.complete.mutate({ id });
  await tasks.remove.mutate({ id });

  const { items } = await history.list.query({ id });
  expect(items.map(({ seq, action, changes }) => ({ seq, action, changes }))).toEqual([
    {
      seq: 5,
      action: 'removed',
      changes: { title: { from: 'Buy oat milk', to: null }, description: { from: 'Two', to: null }, completedAt: { from: completedAt, to: null } },
    },
    { seq: 4, action: 'completed', changes: { completedAt: { from: null, to: completedAt } } },
    { seq: 3, action: 'edited', changes: { title: { from: 'Buy milk', to: 'Buy oat milk' }, description: { from: '', to: 'Two' } } },
    { seq: 1, action: 'created', changes: { title: { from: null, to: 'Buy milk' } } },
  ]);
  expect((await history.list.query()).items.map(({ seq }) => seq)).toEqual([5, 4, 3, 2, 1]);
});

it('pages through the log without a gap or a repeat', async () => {
  const { tasks, history } = await person();
  for (let i = 0; i < 7; i += 1) await tasks.create.mutate({ title: `Task ${i}` });
  const seen: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: { items: { seq: number }[]; nextCursor: string | null } = await history.list.query({ limit: 3, ...(cursor && { cursor }) });
    seen.push(...page.items.map(({ seq }) => seq));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1]);
  await expect(history.list.query({ cursor: 'bm90IG91cnM' })).rejects.toMatchObject({ data: { reason: 'INVALID_CURSOR' } });
});

it('brings back a removed task as it last was, going on with its version', async () => {
  const { tasks, history } = await person();
  const { id } = await tasks.create.mutate({ title: 'Buy milk', description: 'Two' });
  const last = await tasks.complete.mutate({ id });
  await tasks.remove.mutate({ id });
  expect((await tasks.removed.query()).items).toMatchObject([{ id, title: 'Buy milk', description: 'Two', completedAt: last.completedAt }]);

  const back = await tasks.restore.mutate({ id });
  expect(back).toEqual({ ...last, version: last.version + 1, updatedAt: back.updatedAt, seq: 4 });
  expect(await tasks.get.query({ id })).toEqual(plain(back));
  expect(await tasks.removed.query()).toEqual({ items: [], nextCursor: null });
  expect(await tasks.counts.query()).toEqual({ open: 0, completed: 1 });
  expect((await history.list.query({ id })).items[0]).toMatchObject({ seq: 4, action: 'restored', changes: { title: { from: null, to: 'Buy milk' } } });
  expect(await tasks.restore.mutate({ id })).toEqual(back);
});

it('sets a task to how it was at a number of the log, as a new change', async () => {
  const { tasks, history } = await person();
  const first = await tasks.create.mutate({ title: 'Buy milk' });
  await tasks.edit.mutate({ id: first.id, title: 'Buy oat milk' });
  await tasks.complete.mutate({ id: first.id });
  expect(await tasks.restore.mutate({ id: first.id, seq: 1 })).toMatchObject({ title: 'Buy milk', completedAt: null, version: 4 });
  expect((await history.list.query()).items[0]).toMatchObject({ seq: 4, action: 'restored' });
  expect(await tasks.restore.mutate({ id: first.id, seq: 3 })).toMatchObject({ title: 'Buy oat milk', version: 5 });
});

it('does not restore what never existed', async () => {
  const { tasks } = await person();
  const stranger = await person();
  const { id } = await stranger.tasks.create.mutate({ title: 'Not yours' });
  await tasks.create.mutate({ title: 'Mine' });
  const { id: removed } = await tasks.create.mutate({ title: 'Gone' });
  await tasks.remove.mutate({ id: removed });
  for (const input of [{ id }, { id: removed, seq: 1 }, { id: removed, seq: 3 }]) {
    await expect(tasks.restore.mutate(input)).rejects.toMatchObject({ data: { reason: 'TASK_NOT_FOUND' } });
  }
});
