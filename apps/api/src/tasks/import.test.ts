import { randomUUID } from 'node:crypto';
import { TASKS_MAX_BYTES_PER_OWNER, TASKS_MAX_PER_OWNER } from '@todo/contract';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const person = async () => (await api.signUp()).client.jwt;
const refused = (reason: string, index?: number) => ({ data: { reason, ...(index !== undefined && { index }) } });
const fresh = (count: number) => Array.from({ length: count }, (_, i) => ({ id: randomUUID(), title: `Task ${i}` }));
const idsOf = (tasks: { id: string }[]) => tasks.map(({ id }) => id);

it('creates open and completed tasks, with events in the history', async () => {
  const { tasks, history } = await person();
  const open = { id: randomUUID(), title: 'Open', description: 'Two\nlines' };
  const done = { id: randomUUID().toUpperCase(), title: 'Done', completedAt: '2020-02-29T12:00:00.1239+02:00' };
  expect(await tasks.import.mutate({ tasks: [open, done] })).toMatchObject({ created: 2, unchanged: 0, conflicts: [] });
  expect(await tasks.get.query({ id: open.id })).toMatchObject({ ...open, completedAt: null, version: 1 });
  expect(await tasks.get.query({ id: done.id })).toMatchObject({ title: 'Done', completedAt: '2020-02-29T10:00:00.123Z', version: 1 });
  expect(await tasks.counts.query()).toEqual({ open: 1, completed: 1 });
  expect((await history.list.query()).items.map(({ action }) => action)).toEqual(['created', 'created']);
});

it('changes nothing the second time, and leaves what has other content as it is', async () => {
  const { tasks, history } = await person();
  const given = fresh(500).map((task, i) => ({ ...task, completedAt: i % 2 ? '2026-01-01T00:00:00.000Z' : null }));
  expect(await tasks.import.mutate({ tasks: given })).toMatchObject({ created: 500 });
  expect(await tasks.import.mutate({ tasks: given })).toMatchObject({ created: 0, unchanged: 500, conflicts: [] });
  const [reopened, edited, removed] = [given[1]?.id ?? '', given[2]?.id ?? '', given[4]?.id ?? ''];
  await tasks.reopen.mutate({ id: reopened });
  await tasks.edit.mutate({ id: edited, description: 'More' });
  await tasks.remove.mutate({ id: removed });
  const before = (await history.list.query({ limit: 1 })).items[0]?.seq;
  const expected = { created: 1, unchanged: 497, conflicts: [reopened, edited] };
  expect(await tasks.import.mutate({ tasks: given, dryRun: true })).toMatchObject(expected);
  expect((await history.list.query({ limit: 1 })).items[0]?.seq).toBe(before);
  expect(await tasks.import.mutate({ tasks: given })).toMatchObject(expected);
  expect(await tasks.get.query({ id: edited })).toMatchObject({ description: 'More', version: 2 });
  expect(await tasks.get.query({ id: reopened })).toMatchObject({ completedAt: null });
  expect((await history.list.query({ limit: 2 })).items.map(({ seq, id }) => [seq, id])).toEqual([
    [504, removed],
    [503, removed],
  ]);
});

it('creates each task once when imports of the same tasks run concurrently, without a deadlock', async () => {
  const { tasks, history } = await person();
  for (let round = 1; round <= 5; round += 1) {
    const given = fresh(500);
    const results = await Promise.all(Array.from({ length: 8 }, (_, i) => tasks.import.mutate({ tasks: i % 2 ? given : given.toReversed() })));
    expect(results.reduce((sum, { created }) => sum + created, 0)).toBe(500);
    for (const { created, unchanged, conflicts } of results) expect([created + unchanged, conflicts]).toEqual([500, []]);
    expect((await history.list.query({ limit: 1 })).items[0]?.seq).toBe(500 * round);
  }
});

it('has one winner among concurrent imports of one id with different content, and reports a conflict to the others', async () => {
  const { tasks } = await person();
  const id = randomUUID();
  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => tasks.import.mutate({ tasks: [{ id, title: `By ${i}` }] })));
  const winner = results.findIndex(({ created }) => created === 1);
  expect(await tasks.get.query({ id })).toMatchObject({ title: `By ${winner}`, version: 1 });
  expect(results.filter(({ conflicts }) => conflicts[0] === id)).toHaveLength(19);
});

it('applies an import with a mutation id once, and a retry gets the first result whatever has changed since', async () => {
  const { tasks } = await person();
  const given = fresh(3);
  const other = { ...(await tasks.create.mutate({ title: 'Taken' })), title: 'Other' };
  const same = await tasks.create.mutate({ title: 'Same' });
  const input = { tasks: [...given, { id: other.id, title: other.title }, { id: same.id, title: 'Same' }], mutationId: randomUUID() };
  const first = await tasks.import.mutate(input);
  expect(first).toMatchObject({ created: 3, unchanged: 1, conflicts: [other.id] });
  await tasks.removeMany.mutate({ ids: [...idsOf(given), same.id] });
  await tasks.edit.mutate({ id: other.id, title: 'Other' });
  for (const again of await Promise.all(Array.from({ length: 10 }, () => tasks.import.mutate(input)))) expect(again).toEqual(first);
  expect((await tasks.list.query()).items).toHaveLength(1);
  await expect(tasks.import.mutate({ ...input, tasks: given })).rejects.toMatchObject(refused('MUTATION_REUSED'));
});

it('fails above the maximum number of tasks, with the index of the first task above it', async () => {
  const { userId, client } = await api.signUp();
  const { tasks } = client.jwt;
  const there = fresh(2);
  await tasks.import.mutate({ tasks: there });
  const room = (count: number) => inspect(api.database.superuserUrl, `update owners set open = ${TASKS_MAX_PER_OWNER - count} where user_id = '${userId}'`);
  await room(3);
  const given = [...there, ...fresh(3)];
  const [one, more] = [fresh(1), [...given.slice(0, 3), ...fresh(3)]];
  for (const dryRun of [true, false]) await expect(tasks.import.mutate({ tasks: more, dryRun })).rejects.toMatchObject(refused('QUOTA_REACHED', 5));
  expect((await tasks.list.query()).items).toHaveLength(2);
  const named = { tasks: given, mutationId: randomUUID() };
  expect(await tasks.import.mutate(named)).toMatchObject({ created: 3, unchanged: 2 });
  await expect(tasks.import.mutate({ tasks: one })).rejects.toMatchObject(refused('QUOTA_REACHED', 0));
  expect(await tasks.import.mutate({ tasks: given, dryRun: true })).toMatchObject({ created: 0, unchanged: 5 });

  await tasks.removeMany.mutate({ ids: idsOf(given.slice(3)) });
  await room(0);
  expect(await tasks.import.mutate(named)).toMatchObject({ created: 3, unchanged: 2 });
});

it('fails above the maximum size of the texts, with the index of the first task above it', async () => {
  const { userId, client } = await api.signUp();
  const { tasks } = client.jwt;
  const sized = (bytes: number) => fresh(1).map((task) => ({ ...task, title: 'é', description: 'x'.repeat(bytes - 2) }));
  const given = [...sized(30), ...sized(30), ...sized(41), ...sized(30)];
  await inspect(api.database.superuserUrl, `update owners set task_bytes = ${TASKS_MAX_BYTES_PER_OWNER - 100} where user_id = '${userId}'`);
  for (const dryRun of [true, false]) {
    await expect(tasks.import.mutate({ tasks: given, dryRun })).rejects.toMatchObject({ data: { reason: 'QUOTA_REACHED', quota: 'bytes', index: 2 } });
  }
  expect((await tasks.list.query()).items).toEqual([]);
  expect(await tasks.import.mutate({ tasks: [...given.slice(0, 2), ...sized(40)] })).toMatchObject({ created: 3 });
});

it('refuses too many, none, and an id named twice', async () => {
  const { tasks } = await person();
  const [one] = fresh(1);
  for (const given of [[], fresh(501), one ? [one, { ...one, id: one.id.toUpperCase() }] : []]) {
    await expect(tasks.import.mutate({ tasks: given })).rejects.toMatchObject(refused('INVALID_INPUT'));
  }
});
