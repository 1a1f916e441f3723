import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plain, startTestApi, type TestApi } from '../testing/api.ts';

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

describe('undoing one call', () => {
  it('gives what it edited, completed or reopened the values before, and keeps the rest', async () => {
    const { tasks, look, undo } = await person();
    const { id } = await tasks.create.mutate({ title: 'Before', description: 'Stays' });
    const [edit, complete, reopen] = [named(), named(), named()];
    await tasks.edit.mutate({ id, title: 'After', ...edit.call });
    expect(await undo({ of: edit.of })).toEqual({ ...nothing, edited: 1, seq: 3 });
    expect(await look(id)).toEqual({ title: 'Before', description: 'Stays', completed: false });
    await tasks.complete.mutate({ id, ...complete.call });
    await tasks.reopen.mutate({ id, ...reopen.call });
    expect(await undo({ of: reopen.of })).toEqual({ ...nothing, edited: 1, seq: 6 });
    expect(await look(id)).toMatchObject({ completed: true });
    expect(await undo({ of: complete.of })).toEqual({ ...nothing, edited: 1, seq: 7 });
    expect(await look(id)).toMatchObject({ completed: false });
  });

  it('removes what it created or imported, all of it and nothing else', async () => {
    const { tasks, titles, undo } = await person();
    await tasks.create.mutate({ title: 'Kept' });
    const [create, imports] = [named(), named()];
    await tasks.createMany.mutate({ tasks: [{ title: 'One' }, { title: 'Two' }], ...create.call });
    await tasks.import.mutate({ tasks: [{ id: randomUUID(), title: 'Three' }], ...imports.call });
    expect(await undo({ of: create.of })).toEqual({ ...nothing, removed: 2, seq: 6 });
    expect(await titles()).toEqual(['Kept', 'Three']);
    expect(await undo({ of: imports.of })).toEqual({ ...nothing, removed: 1, seq: 7 });
    expect(await titles()).toEqual(['Kept']);
  });

  it('brings back what it removed, as it last was', async () => {
    const { tasks, history, undo } = await person();
    const { id } = await tasks.create.mutate({ title: 'Lost', description: 'and found' });
    const last = plain(await tasks.complete.mutate({ id }));
    const remove = named();
    await tasks.remove.mutate({ id, ...remove.call });
    expect(await undo({ of: remove.of })).toEqual({ ...nothing, restored: 1, seq: 4 });
    const back = await tasks.get.query({ id });
    expect(back).toEqual({ ...last, version: last.version + 1, updatedAt: back.updatedAt });
    expect((await history.list.query({ limit: 1 })).items).toMatchObject([{ seq: 4, id, action: 'restored' }]);
  });

  it('takes back a restore and a rewind too', async () => {
    const { tasks, history, titles, undo } = await person();
    const { tasks: made } = await tasks.createMany.mutate({ tasks: [{ title: 'A' }, { title: 'B' }] });
    const [restore, rewind] = [named(), named()];
    const id = made[0]?.id ?? '';
    await tasks.edit.mutate({ id, title: 'A2' });
    await tasks.restore.mutate({ id, seq: 1, ...restore.call });
    expect(await titles()).toEqual(['A', 'B']);
    expect(await undo({ of: restore.of })).toEqual({ ...nothing, edited: 1, seq: 5 });
    expect(await titles()).toEqual(['A2', 'B']);
    await history.rewind.mutate({ to: 0, ...rewind.call });
    expect(await titles()).toEqual([]);
    expect(await undo({ of: rewind.of })).toEqual({ ...nothing, restored: 2, seq: 9 });
    expect(await titles()).toEqual(['A2', 'B']);
  });

  it('of a call that has changed nothing, or of one that was refused, changes nothing', async () => {
    const { tasks, undo } = await person();
    const { id } = await tasks.create.mutate({ title: 'Same' });
    const [idle, conflict] = [named(), named()];
    await tasks.edit.mutate({ id, title: 'Same', ...idle.call });
    await expect(tasks.edit.mutate({ id, title: 'Late', expectedVersion: 7, ...conflict.call })).rejects.toMatchObject(refused('VERSION_CONFLICT'));
    for (const { of } of [idle, conflict]) expect(await undo({ of })).toEqual({ ...nothing, seq: 1 });
  });

  it('fails for a call that nobody has made, in a dry run too', async () => {
    const { undo } = await person();
    for (const target of [{ mutationId: randomUUID() }, { groupId: randomUUID() }]) {
      for (const dryRun of [true, false]) await expect(undo({ of: target, dryRun })).rejects.toMatchObject(refused('CALL_NOT_FOUND'));
    }
  });
});

describe('undoing a group of calls', () => {
  it('undoes them together, and keeps the changes between them', async () => {
    const { tasks, titles, look, undo } = await person();
    const groupId = randomUUID();
    const grouped = () => ({ mutationId: randomUUID(), groupId });
    const { id } = await tasks.create.mutate({ title: 'Moved', description: 'One' });
    await tasks.edit.mutate({ id, title: 'Moved twice', ...grouped() });
    await tasks.create.mutate({ title: 'Between' });
    const { id: made } = await tasks.create.mutate({ title: 'Made', ...grouped() });
    await tasks.edit.mutate({ id: made, title: 'Made and edited', ...grouped() });
    await tasks.edit.mutate({ id, title: 'Moved again', description: 'Two', ...grouped() });
    expect(await undo({ of: { groupId } })).toEqual({ ...nothing, edited: 1, removed: 1, seq: 8 });
    expect(await look(id)).toMatchObject({ title: 'Moved', description: 'One' });
    expect(await titles()).toEqual(['Between', 'Moved']);
  });

  it('can be undone as a whole, which is a call of a group itself', async () => {
    const { tasks, titles, undo } = await person();
    const groupId = randomUUID();
    for (const title of ['A', 'B']) await tasks.create.mutate({ title, mutationId: randomUUID(), groupId });
    const again = { mutationId: randomUUID(), groupId: randomUUID() };
    expect(await undo({ of: { groupId }, ...again })).toMatchObject({ removed: 2 });
    expect(await titles()).toEqual([]);
    expect(await undo({ of: { groupId: again.groupId } })).toMatchObject({ restored: 2 });
    expect(await titles()).toEqual(['A', 'B']);
  });
});

it('an undo can be undone, and that again', async () => {
  const { tasks, look, undo } = await person();
  const { id } = await tasks.create.mutate({ title: 'Before' });
  const calls = [named(), named(), named()];
  const [edit, first, second] = calls;
  await tasks.edit.mutate({ id, title: 'After', ...edit?.call });
  await undo({ of: edit?.of ?? named().of, ...first?.call });
  expect(await look(id)).toMatchObject({ title: 'Before' });
  await undo({ of: first?.of ?? named().of, ...second?.call });
  expect(await look(id)).toMatchObject({ title: 'After' });
  expect(await undo({ of: second?.of ?? named().of })).toEqual({ ...nothing, edited: 1, seq: 5 });
  expect(await look(id)).toMatchObject({ title: 'Before' });
});
