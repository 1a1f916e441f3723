import { randomUUID } from 'node:crypto';
import { UNDO_MAX_KEPT_ITEMS } from '@todo/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** An idempotency key for a call, and the input of history.undo that refers to it. */
function named() {
  const mutationId = randomUUID();
  return { call: { mutationId }, of: { mutationId } };
}

async function person() {
  const { tasks, history } = (await api.signUp()).client.jwt;
  const look = async (id: string) => {
    const { title, description, completedAt } = await tasks.get.query({ id });
    return { title, description, completed: completedAt !== null };
  };
  const titles = async () => (await tasks.list.query({ sort: 'title', order: 'asc' })).items.map(({ title }) => title);
  return { tasks, history, look, titles, undo: history.undo.mutate };
}

const nothing = { restored: 0, edited: 0, removed: 0, kept: [], keptCount: 0 };
const refused = (reason: string) => ({ data: { reason } });

describe('what others have changed since', () => {
  it('stays field by field, and is named', async () => {
    const { tasks, look, undo } = await person();
    const { id } = await tasks.create.mutate({ title: 'Before', description: 'Old' });
    const edit = named();
    await tasks.edit.mutate({ id, title: 'After', description: 'New', ...edit.call });
    await tasks.edit.mutate({ id, title: 'Of others' });
    await tasks.complete.mutate({ id });
    expect(await undo({ of: edit.of })).toEqual({ ...nothing, edited: 1, kept: [{ entity: 'task', id, fields: ['title'] }], keptCount: 1, seq: 5 });
    expect(await look(id)).toEqual({ title: 'Of others', description: 'Old', completed: true });
  });

  it('names a field as the contract does', async () => {
    const { tasks, undo } = await person();
    const { id } = await tasks.create.mutate({ title: 'Task' });
    const complete = named();
    await tasks.complete.mutate({ id, ...complete.call });
    await tasks.reopen.mutate({ id });
    expect(await undo({ of: complete.of })).toEqual({ ...nothing, kept: [{ entity: 'task', id, fields: ['completedAt'] }], keptCount: 1, seq: 3 });
  });

  it('is kept as a whole if the call created it, or if it was removed since', async () => {
    const { tasks, undo } = await person();
    const [create, edit] = [named(), named()];
    const { tasks: made } = await tasks.createMany.mutate({ tasks: [{ title: 'A' }, { title: 'B' }], ...create.call });
    const [a, b] = made.map(({ id }) => id);
    await tasks.edit.mutate({ id: a ?? '', title: 'A2', ...edit.call });
    const whole = { entity: 'task', id: a, fields: [] };
    expect(await undo({ of: create.of })).toEqual({ ...nothing, removed: 1, kept: [whole], keptCount: 1, seq: 4 });
    expect((await tasks.list.query()).items).toMatchObject([{ id: a, title: 'A2' }]);
    await tasks.remove.mutate({ id: a ?? '' });
    expect(await undo({ of: edit.of })).toEqual({ ...nothing, kept: [whole], keptCount: 1, seq: 5 });
    expect((await tasks.removed.query()).items.map(({ id }) => id)).toEqual([a, b]);
  });

  it('is named up to a limit, and counted beyond it', async () => {
    const { tasks, undo } = await person();
    const create = named();
    const ids = Array.from({ length: UNDO_MAX_KEPT_ITEMS + 5 }, () => randomUUID());
    await tasks.import.mutate({ tasks: ids.map((id) => ({ id, title: 'Made' })), ...create.call });
    await tasks.completeMany.mutate({ ids });
    const { kept, ...counts } = await undo({ of: create.of });
    expect(counts).toMatchObject({ removed: 0, keptCount: ids.length });
    expect(kept.map(({ id }) => id)).toEqual(ids.toSorted().slice(0, UNDO_MAX_KEPT_ITEMS));
  });
});

it('a dry run returns the same result and changes nothing', async () => {
  const { tasks, history, undo } = await person();
  const [create, complete] = [named(), named()];
  const { tasks: made } = await tasks.createMany.mutate({ tasks: [{ title: 'A' }, { title: 'B' }], ...create.call });
  const ids = made.map(({ id }) => id);
  await tasks.completeMany.mutate({ ids, ...complete.call });
  await tasks.remove.mutate({ id: ids[0] ?? '' });
  const before = await history.list.query();
  for (const { of } of [create, complete]) {
    const foreseen = await undo({ of, dryRun: true });
    expect(foreseen).toMatchObject({ seq: 5, keptCount: of === create.of ? 2 : 1 });
    expect(await history.list.query()).toEqual(before);
  }
  const foreseen = await undo({ of: complete.of, dryRun: true });
  const { seq: _, ...done } = await undo({ of: complete.of });
  expect({ ...done, seq: 5 }).toEqual(foreseen);
});

it('a retry of the undo returns its first result, whatever has changed since', async () => {
  const { tasks, history, titles, undo } = await person();
  const [create, edit, own, missing, late] = [named(), named(), named(), named(), named()];
  const { tasks: made } = await tasks.createMany.mutate({ tasks: [{ title: 'A' }, { title: 'B' }], ...create.call });
  await tasks.edit.mutate({ id: made[0]?.id ?? '', title: 'A2', ...edit.call });
  const call = { of: create.of, ...own.call };
  const first = await undo(call);
  expect(first).toMatchObject({ removed: 1, keptCount: 1, seq: 4 });
  const lost = { of: late.of, ...missing.call };
  await expect(undo(lost)).rejects.toMatchObject(refused('CALL_NOT_FOUND'));

  await tasks.removeMany.mutate({ ids: [made[0]?.id ?? ''] });
  await tasks.create.mutate({ title: 'Late', ...late.call });
  const before = await history.list.query();
  expect(await undo(call)).toEqual(first);
  await expect(undo(lost)).rejects.toMatchObject(refused('CALL_NOT_FOUND'));
  await expect(undo({ of: edit.of, ...own.call })).rejects.toMatchObject(refused('MUTATION_REUSED'));
  expect(await history.list.query()).toEqual(before);
  expect(await titles()).toEqual(['Late']);
});
