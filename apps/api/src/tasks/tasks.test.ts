import { afterAll, beforeAll, expect, it } from 'vitest';
import { plain, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

it('keeps what is created, edited, completed, reopened and removed', async () => {
  const { client } = await api.signUp();
  const made = await client.jwt.tasks.create.mutate({ title: 'Buy milk' });
  expect(made).toMatchObject({ title: 'Buy milk', description: '', completedAt: null, version: 1 });

  const edited = await client.cookie.tasks.edit.mutate({ id: made.id, title: 'Buy oat milk', expectedVersion: 1 });
  expect(edited).toMatchObject({ title: 'Buy oat milk', description: '', version: 2, createdAt: made.createdAt });
  expect(await client.bearer.tasks.edit.mutate({ id: made.id, title: 'Buy oat milk' })).toEqual(edited);

  const completed = await client.jwt.tasks.complete.mutate({ id: made.id });
  expect(completed.version).toBe(3);
  expect(completed.completedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(await client.jwt.tasks.complete.mutate({ id: made.id, expectedVersion: 3 })).toEqual(completed);
  expect(await client.jwt.tasks.counts.query()).toEqual({ open: 0, completed: 1 });
  expect(await client.jwt.tasks.list.query()).toEqual({ items: [plain(completed)], nextCursor: null });
  expect(await client.jwt.tasks.list.query({ completed: false })).toEqual({ items: [], nextCursor: null });

  expect(await client.jwt.tasks.reopen.mutate({ id: made.id })).toMatchObject({ completedAt: null, version: 4 });
  await expect(client.jwt.tasks.remove.mutate({ id: made.id, expectedVersion: 3 })).rejects.toMatchObject({ data: { reason: 'VERSION_CONFLICT' } });
  expect(await client.jwt.tasks.remove.mutate({ id: made.id, expectedVersion: 4 })).toEqual({ id: made.id, seq: 5 });
  await expect(client.jwt.tasks.get.query({ id: made.id })).rejects.toMatchObject({ data: { code: 'NOT_FOUND', reason: 'TASK_NOT_FOUND' } });
  expect(await client.jwt.tasks.counts.query()).toEqual({ open: 0, completed: 0 });
  expect(api.logged).toEqual([]);
});
