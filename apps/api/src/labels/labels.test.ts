import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** A user with a task for each of these lists of labels. */
async function person(...labelled: string[][]) {
  const { userId, client } = await api.signUp();
  const { tasks, labels, history } = client.jwt;
  const made = labelled.length === 0 ? [] : (await tasks.createMany.mutate({ tasks: labelled.map((labels, i) => ({ title: `Task ${i}`, labels })) })).tasks;
  const ids = made.map(({ id }) => id);
  const now = () => Promise.all(ids.map(async (id) => (await tasks.get.query({ id })).labels));
  return { userId, tasks, labels, history, ids, now, first: ids[0] ?? '' };
}

const refused = (field: string, message: string) => ({ data: { reason: 'INVALID_INPUT', fields: { [field]: [message] } } });

describe('labels.list', () => {
  it('counts the open and all tasks of each label, as most of them spell it', async () => {
    const { tasks, labels, first } = await person(['Work', 'b'], ['work'], ['Work'], ['Ärger']);
    await tasks.complete.mutate({ id: first });
    expect(await labels.list.query()).toEqual({
      items: [
        { name: 'b', open: 0, total: 1 },
        { name: 'Work', open: 2, total: 3 },
        { name: 'Ärger', open: 1, total: 1 },
      ].sort((a, b) => a.name.localeCompare(b.name, 'en')),
      nextCursor: null,
    });
  });

  it('gives the same page by page', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `Label ${String(i).padStart(2, '0')}`);
    const { labels } = await person(names);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Awaited<ReturnType<typeof labels.list.query>> = await labels.list.query({ limit: 3, ...(cursor && { cursor }) });
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(names);
  });

  it('refuses a cursor of another list', async () => {
    const { tasks, labels } = await person(['a'], ['b']);
    const { nextCursor } = await tasks.list.query({ limit: 1 });
    await expect(labels.list.query({ cursor: nextCursor ?? '' })).rejects.toMatchObject({ data: { reason: 'INVALID_CURSOR' } });
  });
});

describe('labels.rename', () => {
  it('renames in place on all tasks, whatever their case, and merges two labels', async () => {
    const { labels, now } = await person(['a', 'WORK', 'z'], ['Job', 'work'], ['other'], ['job']);
    expect(await labels.rename.mutate({ from: 'Work', to: 'Job' })).toEqual({ changed: 2, seq: 6 });
    expect(await now()).toEqual([['a', 'Job', 'z'], ['Job'], ['other'], ['job']]);
  });

  it('can change the case alone, and changes only what differs', async () => {
    const { labels, now } = await person(['work'], ['Work']);
    expect(await labels.rename.mutate({ from: 'WORK', to: 'Work' })).toEqual({ changed: 1, seq: 3 });
    expect(await now()).toEqual([['Work'], ['Work']]);
  });

  it('is one change, which an undo takes back', async () => {
    const { labels, history, now } = await person(['work', 'x'], ['Work'], ['other']);
    const before = await now();
    const mutationId = randomUUID();
    await labels.rename.mutate({ from: 'work', to: 'other', mutationId });
    expect(await now()).toEqual([['other', 'x'], ['other'], ['other']]);
    expect(await history.undo.mutate({ of: { mutationId } })).toMatchObject({ edited: 2, keptCount: 0 });
    expect(await now()).toEqual(before);
    expect(await labels.list.query()).toMatchObject({ items: [{ name: 'other' }, { total: 2 }, { name: 'x' }] });
  });

  it('of a label that no task has changes nothing', async () => {
    const { labels } = await person(['work']);
    expect(await labels.rename.mutate({ from: 'none', to: 'work' })).toEqual({ changed: 0, seq: 1 });
  });
});

it('labels.remove takes a label from all tasks, and an undo gives it back', async () => {
  const { labels, history, now } = await person(['a', 'Work', 'b'], ['work'], ['other']);
  const before = await now();
  const mutationId = randomUUID();
  expect(await labels.remove.mutate({ name: 'WORK', mutationId })).toEqual({ changed: 2, seq: 5 });
  expect(await now()).toEqual([['a', 'b'], [], ['other']]);
  await history.undo.mutate({ of: { mutationId } });
  expect(await now()).toEqual(before);
});

describe('addLabels and removeLabels', () => {
  it('change single labels, regardless of case, and keep the order', async () => {
    const { tasks, first } = await person(['Work', 'a', 'b']);
    const edit = { id: first, addLabels: ['WORK', 'new', 'a '], removeLabels: ['B', 'none'] };
    expect(await tasks.edit.mutate(edit)).toMatchObject({ labels: ['Work', 'a', 'new'], version: 2 });
    expect(await tasks.edit.mutate(edit)).toMatchObject({ labels: ['Work', 'a', 'new'], version: 2 });
    const names = { addLabels: ['x, "y"', '{z}', '\\', 'null'], removeLabels: [] };
    expect(await tasks.edit.mutate({ id: first, title: 'T', ...names })).toMatchObject({ title: 'T', labels: ['Work', 'a', 'new', ...names.addLabels] });
  });

  it('of many callers at once are all there', async () => {
    const { tasks, now, first } = await person(['gone']);
    const names = Array.from({ length: 20 }, (_, i) => `Label ${i}`);
    await Promise.all(names.map((name) => tasks.edit.mutate({ id: first, addLabels: [name], removeLabels: ['gone'] })));
    expect((await now())[0]?.toSorted()).toEqual(names.toSorted());
  });

  it('change many tasks too', async () => {
    const { tasks, now, ids } = await person(['a'], ['b'], []);
    await tasks.editMany.mutate({ ids, addLabels: ['A'], removeLabels: ['b'] });
    expect(await now()).toEqual([['a'], ['A'], ['A']]);
  });

  it('are refused beside labels, for one label both ways, and beyond 20', async () => {
    const { tasks, first } = await person(Array.from({ length: 20 }, (_, i) => `Label ${i}`));
    const edit = (input: object) => tasks.edit.mutate({ id: first, ...input });
    await expect(edit({ labels: [], addLabels: ['a'] })).rejects.toMatchObject(refused('labels', 'cannot be combined with addLabels or removeLabels'));
    await expect(edit({ addLabels: ['a'], removeLabels: ['A'] })).rejects.toMatchObject(refused('removeLabels', 'has a label of addLabels'));
    await expect(edit({ addLabels: ['a'] })).rejects.toMatchObject(refused('labels', 'must be at most 20'));
    expect(await edit({ addLabels: ['a'], removeLabels: ['label 7'] })).toMatchObject({ version: 2 });
  });
});

it('tasks.counts says what is overdue, due today, and open by list and by label', async () => {
  const { tasks, first } = await person(['Work'], ['work', 'a'], ['Work']);
  const dates = ['2026-01-30', '2026-01-31', '2026-01-31', '2026-02-01'];
  await tasks.createMany.mutate({ tasks: dates.map((dueDate) => ({ title: dueDate, dueDate })) });
  await tasks.import.mutate({ tasks: [{ id: randomUUID(), title: 'Done', labels: ['a'], dueDate: '2026-01-01', completedAt: '2026-01-01T00:00:00Z' }] });
  await tasks.complete.mutate({ id: first });
  const totals = { open: 6, completed: 2 };
  expect(await tasks.counts.query()).toEqual(totals);
  const counts = await tasks.counts.query({ today: '2026-01-31' });
  expect(counts).toMatchObject({ ...totals, overdue: 1, today: 2, lists: [{ id: null, open: 6 }] });
  expect(counts.labels?.map(({ name, open }) => [name.toLowerCase(), open])).toEqual([
    ['work', 2],
    ['a', 1],
  ]);
});

it('two labels that differ only in case are refused by the database too, as an error of the labels', async () => {
  const { userId } = await person();
  const text = `insert into tasks (user_id, id, title, labels) values ('${userId}', gen_random_uuid(), 'T', '{a,A}')`;
  await expect(inspect(api.database.superuserUrl, text)).rejects.toMatchObject({ reason: 'LABELS_REFUSED' });
});
