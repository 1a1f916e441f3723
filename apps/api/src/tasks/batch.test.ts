import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plain, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const person = async () => (await api.signUp()).client.jwt;
const refused = (reason: string, index?: number) => ({ data: { reason, ...(index !== undefined && { index }) } });
const titles = (count: number) => Array.from({ length: count }, (_, i) => ({ title: `Task ${i}` }));

it('creates, completes and removes many at once, in the order given', async () => {
  const { tasks, history } = await person();
  const { tasks: made } = await tasks.createMany.mutate({ tasks: titles(100) });
  expect(made.map(({ title }) => title)).toEqual(titles(100).map(({ title }) => title));
  const ids = made.map(({ id }) => id).reverse();
  const { tasks: completed } = await tasks.completeMany.mutate({ ids });
  expect(completed.map(({ id, version }) => [id, version])).toEqual(ids.map((id) => [id, 2]));
  expect(await tasks.counts.query()).toEqual({ open: 0, completed: 100 });
  expect(await tasks.removeMany.mutate({ ids })).toEqual({ ids, seq: 300 });
  expect(await tasks.list.query()).toEqual({ items: [], nextCursor: null });
  expect((await history.list.query({ limit: 1 })).items[0]?.seq).toBe(300);
});

it('creates none when one id is taken by other content, and names it', async () => {
  const { tasks } = await person();
  const taken = await tasks.create.mutate({ title: 'Taken' });
  const same = { id: taken.id, title: 'Taken' };
  expect((await tasks.createMany.mutate({ tasks: [{ title: 'Before' }, same] })).tasks[1]).toEqual(plain(taken));
  const other = { id: taken.id, title: 'Other' };
  await expect(tasks.createMany.mutate({ tasks: [...titles(3), other, ...titles(2)] })).rejects.toMatchObject(refused('ID_TAKEN', 3));
  expect((await tasks.list.query()).items).toHaveLength(2);
});

it('changes none when one is missing or another’s, and names it', async () => {
  const { tasks } = await person();
  const { tasks: made } = await tasks.createMany.mutate({ tasks: titles(3) });
  const ids = made.map(({ id }) => id);
  const foreign = await (await person()).tasks.create.mutate({ title: 'Not yours' });
  for (const stray of [randomUUID(), foreign.id]) {
    const list = [...ids.slice(0, 2), stray, ...ids.slice(2)];
    await expect(tasks.completeMany.mutate({ ids: list })).rejects.toMatchObject(refused('TASK_NOT_FOUND', 2));
    await expect(tasks.removeMany.mutate({ ids: list })).rejects.toMatchObject(refused('TASK_NOT_FOUND', 2));
  }
  expect((await tasks.list.query()).items.map(({ version }) => version)).toEqual([1, 1, 1]);
});

it('has exactly one winner when batches create one id with different content at once', async () => {
  const { tasks } = await person();
  const id = randomUUID();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => tasks.createMany.mutate({ tasks: [{ title: 'Beside' }, { id, title: `By ${i}` }] })),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(refused('ID_TAKEN', 1));
  expect((await tasks.list.query()).items).toHaveLength(2);
});

it('does not deadlock when batches name the same tasks in different orders', async () => {
  const { tasks } = await person();
  const ids = (await tasks.createMany.mutate({ tasks: titles(50) })).tasks.map(({ id }) => id);
  await Promise.all(Array.from({ length: 10 }, (_, i) => tasks.completeMany.mutate({ ids: i % 2 ? ids : ids.toReversed() })));
  expect(await tasks.counts.query()).toEqual({ open: 0, completed: 50 });
});

it('does not deadlock when batches create the same tasks in different orders', async () => {
  const { tasks } = await person();
  for (let round = 1; round <= 5; round += 1) {
    const given = titles(100).map((task) => ({ ...task, id: randomUUID() }));
    await Promise.all(Array.from({ length: 8 }, (_, i) => tasks.createMany.mutate({ tasks: i % 2 ? given : given.toReversed() })));
    expect(await tasks.counts.query()).toEqual({ open: 100 * round, completed: 0 });
  }
});

it('applies a batch with a mutation id once, and a retry gets the first result, even an error', async () => {
  const { tasks } = await person();
  const create = { tasks: titles(3), mutationId: randomUUID() };
  const made = await tasks.createMany.mutate(create);
  const ids = made.tasks.map(({ id }) => id);
  const complete = { ids, mutationId: randomUUID() };
  const completed = await tasks.completeMany.mutate(complete);
  const failing = { ids: [...ids, randomUUID()], mutationId: randomUUID() };
  await expect(tasks.completeMany.mutate(failing)).rejects.toMatchObject(refused('TASK_NOT_FOUND', 3));
  const remove = { ids, mutationId: randomUUID() };
  const removed = await tasks.removeMany.mutate(remove);

  const repeated = await Promise.all(Array.from({ length: 20 }, () => tasks.createMany.mutate(create)));
  for (const again of repeated) expect(again).toEqual(made);
  expect(await tasks.completeMany.mutate(complete)).toEqual(completed);
  await expect(tasks.completeMany.mutate(failing)).rejects.toMatchObject(refused('TASK_NOT_FOUND', 3));
  expect(await tasks.removeMany.mutate(remove)).toEqual(removed);
  expect((await tasks.list.query()).items).toEqual([]);
});

it('refuses too many, none, and an id named twice', async () => {
  const { tasks } = await person();
  const id = randomUUID();
  for (const ids of [[], [id, id], Array.from({ length: 501 }, () => randomUUID())]) {
    await expect(tasks.removeMany.mutate({ ids })).rejects.toMatchObject(refused('INVALID_INPUT'));
  }
  await expect(tasks.createMany.mutate({ tasks: titles(101) })).rejects.toMatchObject(refused('INVALID_INPUT'));
  await expect(
    tasks.createMany.mutate({
      tasks: [
        { id, title: 'a' },
        { id, title: 'b' },
      ],
    }),
  ).rejects.toMatchObject(refused('INVALID_INPUT'));
});
