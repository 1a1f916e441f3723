import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** A time after all previous events and before all later ones. Events have a precision of a millisecond. */
const now = async () =>
  String((await inspect(api.database.superuserUrl, `select date_trunc('milliseconds', clock_timestamp())::text as now from pg_sleep(0.002)`))[0]?.now);
const trim = ({ userId }: Person, before: string) => api.database.trimLog(userId, before);

/** The call and its retry fail, because `field` refers to trimmed events. */
async function refusedTwice(field: string, call: (mutationId: string) => Promise<unknown>) {
  const mutationId = randomUUID();
  for (let i = 0; i < 2; i += 1) {
    await expect(call(mutationId)).rejects.toMatchObject({ data: { reason: 'INVALID_INPUT', fields: { [field]: [expect.stringContaining('trimmed')] } } });
  }
}

it('a retry of a call before the trim fails with ALREADY_APPLIED, and of one after it gets the first result', async () => {
  const person = await api.signUp();
  const { tasks, history } = person.client.jwt;
  const named = () => ({ mutationId: randomUUID() });
  const { id } = await tasks.create.mutate({ title: 'A' });
  const complete = { id, ...named() };
  await tasks.complete.mutate(complete);
  await tasks.reopen.mutate({ id });
  const time = await now();
  await tasks.edit.mutate({ id, description: 'First since' });
  const edit = { id, title: 'A2', ...named() };
  const edited = await tasks.edit.mutate(edit);
  const idle = { id, title: 'A2', ...named() };
  expect(await tasks.edit.mutate(idle)).toEqual(edited);
  await tasks.remove.mutate({ id });
  await trim(person, time);
  expect((await history.list.query()).items.map(({ seq }) => seq)).toEqual([6, 5, 4]);
  expect([await tasks.edit.mutate(edit), await tasks.edit.mutate(idle)]).toEqual([edited, edited]);
  await expect(tasks.complete.mutate(complete)).rejects.toMatchObject({ data: { reason: 'ALREADY_APPLIED', seq: 2 } });
  await expect(tasks.complete.mutate({ ...complete, expectedVersion: 1 })).rejects.toMatchObject({ data: { reason: 'MUTATION_REUSED' } });
  expect((await history.list.query()).items.map(({ seq }) => seq)).toEqual([6, 5, 4]);
});

it('no call whose events were trimmed is replayed from the remaining ones', async () => {
  const person = await api.signUp();
  const { lists, tasks, history } = person.client.jwt;
  const named = () => ({ mutationId: randomUUID() });
  const [id, list] = [randomUUID(), randomUUID()];
  const [create, many] = [
    { title: 'A', ...named() },
    { tasks: [{ title: 'B' }, { title: 'C' }], ...named() },
  ];
  await tasks.create.mutate(create);
  const two = await tasks.createMany.mutate(many);
  const ids = two.tasks.map((task) => task.id);
  const made: { call(): Promise<{ seq: number }>; seq: number }[] = [
    { call: () => tasks.create.mutate(create), seq: 1 },
    { call: () => tasks.createMany.mutate(many), seq: 3 },
  ];
  const input = { tasks: [{ id, title: 'I' }], ...named() };
  const [edit, recurring, skip, complete, move, reopen, remove, restore, completeMany, moveMany, removeMany, rewind, undo] = [
    { id, title: 'J', ...named() },
    { id, dueDate: '2026-01-31', recurrence: 'FREQ=DAILY;COUNT=2', ...named() },
    { id, on: '2026-01-31', ...named() },
    { id, ...named() },
    { id, before: ids[0], ...named() },
    { id, ...named() },
    { id, ...named() },
    { id, ...named() },
    { ids, ...named() },
    { ids: ids.toReversed(), ...named() },
    { ids, ...named() },
    { to: 3, ...named() },
    { of: { mutationId: many.mutationId }, ...named() },
  ];
  const ofList = { create: { id: list, name: 'L', ...named() }, change: Array.from({ length: 6 }, () => ({ id: list, ...named() })) };
  const [editList, archive, moveList, unarchive, removeList, restoreList] = ofList.change;
  const importLists = { lists: [{ id: randomUUID(), name: 'M' }], ...named() };
  const later = [
    () => lists.create.mutate(ofList.create),
    () => lists.edit.mutate({ ...editList, id: list, name: 'L2' }),
    () => lists.archive.mutate({ ...archive, id: list }),
    () => lists.move.mutate({ ...moveList, id: list }),
    () => lists.unarchive.mutate({ ...unarchive, id: list }),
    () => lists.remove.mutate({ ...removeList, id: list, tasks: 'inbox' }),
    () => lists.restore.mutate({ ...restoreList, id: list }),
    () => lists.import.mutate(importLists),
    () => tasks.import.mutate(input),
    () => tasks.edit.mutate(edit),
    () => tasks.edit.mutate(recurring),
    () => tasks.skip.mutate(skip),
    () => tasks.complete.mutate(complete),
    () => tasks.move.mutate(move),
    () => tasks.reopen.mutate(reopen),
    () => tasks.remove.mutate(remove),
    () => tasks.restore.mutate(restore),
    () => tasks.completeMany.mutate(completeMany),
    () => tasks.moveMany.mutate(moveMany),
    () => tasks.removeMany.mutate(removeMany),
    () => history.rewind.mutate(rewind),
    () => history.undo.mutate(undo),
  ];
  for (const call of later) made.push({ call, seq: (await call()).seq });
  await trim(person, await now());
  const before = (await tasks.list.query()).items;
  for (const { call, seq } of made) await expect(call()).rejects.toMatchObject({ data: { reason: 'ALREADY_APPLIED', seq } });
  expect((await tasks.list.query()).items).toEqual(before);
  expect(await history.list.query()).toEqual({ items: [], nextCursor: null, since: null });
});

it('a later call that referred to an earlier position is replayed, although that position was trimmed', async () => {
  const person = await api.signUp();
  const { tasks, history } = person.client.jwt;
  const { id } = await tasks.create.mutate({ title: 'A' });
  await tasks.edit.mutate({ id, title: 'A2' });
  const time = await now();
  await tasks.create.mutate({ title: 'First since' });
  const [restore, rewind, idle] = [
    { id, seq: 1, mutationId: randomUUID() },
    { to: 2, mutationId: randomUUID() },
    { to: 2, mutationId: randomUUID() },
  ];
  const restored = await tasks.restore.mutate(restore);
  const rewound = await history.rewind.mutate(rewind);
  const nothing = await history.rewind.mutate(idle);
  expect([restored, rewound, nothing]).toMatchObject([
    { title: 'A', seq: 4 },
    { restored: 0, edited: 1, removed: 1, seq: 6 },
    { restored: 0, edited: 0, removed: 0, seq: 6 },
  ]);
  await trim(person, time);
  await refusedTwice('seq', (mutationId) => tasks.restore.mutate({ id, seq: 1, mutationId }));
  expect(await tasks.restore.mutate(restore)).toEqual(restored);
  expect(await history.rewind.mutate(rewind)).toEqual(rewound);
  expect(await history.rewind.mutate(idle)).toEqual(nothing);
});

it('calls before the trim cannot be undone, later ones can', async () => {
  const person = await api.signUp();
  const { tasks, history } = person.client.jwt;
  const [old, young, groupId] = [randomUUID(), randomUUID(), randomUUID()];
  const { id } = await tasks.create.mutate({ title: 'A', mutationId: old, groupId });
  const time = await now();
  await tasks.edit.mutate({ id, description: 'First since' });
  await tasks.edit.mutate({ id, title: 'A2', mutationId: young, groupId });
  await trim(person, time);
  for (const target of [{ mutationId: old }, { groupId }]) {
    await refusedTwice('of', () => history.undo.mutate({ of: target, dryRun: true }));
    await refusedTwice('of', (mutationId) => history.undo.mutate({ of: target, mutationId }));
  }
  expect(await history.undo.mutate({ of: { mutationId: young } })).toMatchObject({ restored: 0, edited: 1, removed: 0, kept: [] });
  expect(await tasks.get.query({ id })).toMatchObject({ title: 'A', description: 'First since' });
});
