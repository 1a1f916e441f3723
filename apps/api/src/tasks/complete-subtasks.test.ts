import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ acquireTimeout: 60_000 });
});
afterAll(() => api[Symbol.asyncDispose]());

const on = '2026-11-29';
const daily = { dueDate: on, recurrence: 'FREQ=DAILY' };

const newIds = () => ({ trip: randomUUID(), bag: randomUUID(), socks: randomUUID(), shoes: randomUUID(), alone: randomUUID() });

/** A trip, of which the bag is a part, of which socks and shoes are, and shoes are packed. Beside them, a task that stands alone. */
async function packing(trip: object = {}, socks: object = {}, ids = newIds()) {
  const { tasks, history } = (await api.signUp()).client.jwt;
  for (const [title, fields] of [
    ['trip', trip],
    ['bag', { parentId: ids.trip }],
    ['socks', { parentId: ids.bag, ...socks }],
    ['shoes', { parentId: ids.bag }],
    ['alone', {}],
  ] as const)
    await tasks.create.mutate({ id: ids[title], title, ...fields });
  const { seq } = await tasks.complete.mutate({ id: ids.shoes });
  const all = async () => (await tasks.list.query({ sort: 'created', order: 'asc' })).items;
  return {
    ids,
    tasks,
    history,
    all,
    completed: async () => (await all()).flatMap(({ title, completedAt }) => (completedAt ? [title] : [])).join(' '),
    actions: async () => (await history.list.query()).items.filter((event) => event.seq > seq).map(({ id, action }) => [id, action]),
  };
}

describe('completing a task with its subtasks', () => {
  it('completes the open ones at every level in the same change, recurring ones too, and an undo takes all back', async () => {
    const { ids, tasks, history, all, completed, actions } = await packing({}, daily);
    const before = await all();
    const call = { id: ids.trip, on, subtasks: true, expectedVersion: 1, mutationId: randomUUID() };
    const answer = await tasks.complete.mutate(call);
    expect(answer).toMatchObject({ id: ids.trip, completedAt: expect.any(String), version: 2, seq: 9 });
    expect(await completed()).toBe('trip bag socks shoes');
    expect((await all()).map(({ version }) => version)).toEqual([2, 2, 2, 2, 1]);
    expect((await all()).find(({ id }) => id === ids.socks)).toMatchObject(daily);
    expect((await actions()).sort()).toEqual([ids.trip, ids.bag, ids.socks].map((id) => [id, 'completed']).sort());
    expect(await tasks.complete.mutate(call)).toEqual(answer);
    expect(await history.undo.mutate({ of: { mutationId: call.mutationId } })).toMatchObject({ edited: 3, kept: [] });
    const content = (items: typeof before) => items.map(({ updatedAt: _, version: __, ...rest }) => rest);
    expect(content(await all())).toEqual(content(before));
  });

  it('leaves them as they are unless they are asked for, and completes those of a completed task', async () => {
    const { ids, tasks, completed, actions } = await packing();
    await tasks.complete.mutate({ id: ids.trip, subtasks: false });
    expect(await completed()).toBe('trip shoes');
    expect(await tasks.complete.mutate({ id: ids.trip, subtasks: true })).toMatchObject({ version: 2 });
    expect(await completed()).toBe('trip bag socks shoes');
    expect(await actions()).toHaveLength(3);
  });

  it('changes nothing for another version or a missing task', async () => {
    const { ids, tasks, completed, actions } = await packing();
    await expect(tasks.complete.mutate({ id: ids.trip, subtasks: true, expectedVersion: 2 })).rejects.toMatchObject({ data: { reason: 'VERSION_CONFLICT' } });
    await expect(tasks.complete.mutate({ id: randomUUID(), subtasks: true })).rejects.toMatchObject({ data: { reason: 'TASK_NOT_FOUND' } });
    expect([await completed(), await actions()]).toEqual(['shoes', []]);
  });

  it('completes those of a recurring task when its rule has ended', async () => {
    const { ids, tasks, completed } = await packing({ ...daily, recurrence: 'FREQ=DAILY;COUNT=1' });
    await tasks.complete.mutate({ id: ids.trip, on, subtasks: true });
    expect(await completed()).toBe('trip bag socks shoes');
  });
});

describe('a recurring task that moves to its next date', () => {
  it.each([
    ['completed', 'complete', {}],
    ['completed with its subtasks', 'complete', { subtasks: true }],
    ['skipped', 'skip', {}],
  ] as const)('has only open subtasks when it was %s, and an undo takes that back', async (_, procedure, more) => {
    const { ids, tasks, history, completed, actions } = await packing(daily);
    await tasks.complete.mutate({ id: ids.bag });
    const call = { id: ids.trip, on, ...more, mutationId: randomUUID() };
    const answer = await tasks[procedure].mutate(call);
    expect(answer).toMatchObject({ dueDate: '2026-11-30', completedAt: null });
    expect(await completed()).toBe('');
    const events = (await actions()).slice(0, 3);
    expect(events.sort()).toEqual([[ids.trip, procedure === 'skip' ? 'skipped' : 'completed'], ...[ids.bag, ids.shoes].map((id) => [id, 'reopened'])].sort());
    expect(await tasks[procedure].mutate(call)).toEqual(answer);
    expect(await history.undo.mutate({ of: { mutationId: call.mutationId } })).toMatchObject({ edited: 3 });
    expect(await completed()).toBe('bag shoes');
  });

  it('keeps them when its date is changed by an edit or restored by an undo', async () => {
    const { ids, tasks, history, completed } = await packing(daily);
    const mutationId = randomUUID();
    await tasks.complete.mutate({ id: ids.trip, on, mutationId });
    await tasks.complete.mutate({ id: ids.shoes });
    await history.undo.mutate({ of: { mutationId } });
    await tasks.edit.mutate({ id: ids.trip, dueDate: '2027-01-01' });
    expect(await completed()).toBe('shoes');
  });

  it.each([['first'], ['last']])('has open subtasks when they are completed together with it, %s in the call', async (place) => {
    const { ids, tasks, completed } = await packing(daily, daily);
    const below = [ids.bag, ids.shoes, ids.socks];
    const call = { ids: place === 'first' ? [ids.trip, ...below] : [...below, ids.trip], on, mutationId: randomUUID() };
    const answer = await tasks.completeMany.mutate(call);
    expect(await completed()).toBe('');
    const found = await Promise.all(call.ids.map((id) => tasks.get.query({ id })));
    expect(answer.tasks).toEqual(found);
    expect(found.map(({ id, dueDate }) => [id, dueDate])).toEqual(call.ids.map((id) => [id, id === ids.trip || id === ids.socks ? '2026-11-30' : null]));
    expect(await tasks.completeMany.mutate(call)).toEqual(answer);
  });
});

it('without row security, subtasks of another user with the same ids stay as they are', async () => {
  await inspect(api.database.superuserUrl, 'alter table tasks disable row level security');
  const ada = await packing(daily);
  const before = await ada.all();
  const ben = await packing(daily, {}, ada.ids);
  await ben.tasks.complete.mutate({ id: ben.ids.bag, subtasks: true });
  await ben.tasks.complete.mutate({ id: ben.ids.trip, on });
  await ben.tasks.completeMany.mutate({ ids: [ben.ids.bag, ben.ids.trip], on });
  expect(await ben.completed()).toBe('');
  expect(await ada.all()).toEqual(before);
});
