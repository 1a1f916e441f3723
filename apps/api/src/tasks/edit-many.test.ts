import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

it('sets the given fields of all, in one change, and leaves the others', async () => {
  const { tasks, history } = (await api.signUp()).client.jwt;
  const made = await tasks.createMany.mutate({
    tasks: [
      { title: 'A', labels: ['home'] },
      { title: 'B', dueDate: '2026-02-01', dueTime: '09:30' },
    ],
  });
  const ids = made.tasks.map(({ id }) => id);
  const mutationId = randomUUID();
  const edited = await tasks.editMany.mutate({ ids, priority: 'high', dueDate: null, mutationId });
  expect(edited.tasks).toMatchObject([
    { title: 'A', labels: ['home'], priority: 'high', dueDate: null, version: 2 },
    { title: 'B', priority: 'high', dueDate: null, dueTime: null, version: 2 },
  ]);
  expect((await history.list.query({ limit: 2 })).items).toMatchObject(ids.toReversed().map(() => ({ action: 'edited', mutationId })));
  await history.undo.mutate({ of: { mutationId } });
  expect((await tasks.get.query({ id: ids[1] ?? '' })).dueTime).toBe('09:30');
});

it('changes none when one of them refuses, and says which', async () => {
  const { tasks } = (await api.signUp()).client.jwt;
  const made = await tasks.createMany.mutate({ tasks: [{ title: 'A', dueDate: '2026-02-01' }, { title: 'B' }] });
  const ids = made.tasks.map(({ id }) => id);
  const [first = ''] = ids;
  await expect(tasks.editMany.mutate({ ids, dueTime: '09:30' })).rejects.toMatchObject({
    data: { reason: 'INVALID_INPUT', fields: { dueTime: ['requires dueDate'] }, index: 1 },
  });
  await expect(tasks.editMany.mutate({ ids: [first, randomUUID()], title: 'C' })).rejects.toMatchObject({ data: { reason: 'TASK_NOT_FOUND', index: 1 } });
  expect(await tasks.get.query({ id: first })).toMatchObject({ title: 'A', dueTime: null, version: 1 });
});

it('counts what the tasks will be: too large ones stay as they are', async () => {
  const { tasks } = (await api.signUp()).client.jwt;
  const ids = Array.from({ length: 100 }, randomUUID);
  await tasks.createMany.mutate({ tasks: ids.map((id) => ({ id, title: 'A' })) });
  const large = { ids, description: 'x'.repeat(10_000) };
  await expect(tasks.editMany.mutate(large)).rejects.toMatchObject({ data: { reason: 'TOO_LARGE' } });
  expect((await tasks.editMany.mutate({ ...large, ids: ids.slice(0, 40) })).tasks).toHaveLength(40);
  expect((await tasks.list.query({ search: 'xxx', limit: 200 })).items).toHaveLength(40);
});
