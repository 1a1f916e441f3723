import { randomUUID } from 'node:crypto';
import { openDatabase, schema } from '@todo/db';
import { inspect, trust } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';
import { cursorAt } from '../testing/events.ts';
import { call, procedures } from '../testing/procedures.ts';

let api: TestApi;
let owner: Person;
let id: string;
let listId: string;
const mutationId = randomUUID();

beforeAll(async () => {
  api = await startTestApi();
  owner = await api.signUp('Owner');
  ({ id } = await owner.client.jwt.tasks.create.mutate({ title: 'Secret', labels: ['Secret'], dueDate: '2026-01-31', mutationId, groupId: mutationId }));
  for (const description of ['One', 'Two', 'Three', 'Four']) await owner.client.jwt.tasks.edit.mutate({ id, description });
  ({ id: listId } = await owner.client.jwt.lists.create.mutate({ name: 'Secret' }));
  for (const table of ['tasks', 'task_labels', 'lists', 'owners', 'events', 'idempotency_keys'])
    await inspect(api.database.superuserUrl, `alter table ${table} disable row level security`);
});
afterAll(() => api[Symbol.asyncDispose]());

it('row security is really gone: a statement that names no owner shows the task of another', async () => {
  const { userId } = await api.signUp('Other');
  trust(userId);
  const database = openDatabase(api.database.appUrl);
  const rows = await database.as(userId).builder().select({ title: schema.tasks.title }).from(schema.tasks);
  await database.close();
  expect(rows).toEqual([{ title: 'Secret' }]);
});

describe('without row security', () => {
  const notFound = { data: { reason: 'TASK_NOT_FOUND' } };
  const noList = { data: { reason: 'LIST_NOT_FOUND' } };

  const filters = [{}, { completed: false }, { completed: false, search: 'e' }, { labels: { any: ['Secret'] } }, { overdueOn: '2026-02-01' }];

  /** The outcome of each procedure when another user calls it for the task. */
  const attempts: Record<string, (other: Person['client']['jwt'], headers: Person['headers']['jwt']) => Promise<void>> = {
    'history.list': async ({ history }) => {
      for (const input of [undefined, { id }, { entity: 'list' as const }, { entity: 'task' as const, id }])
        expect(await history.list.query(input)).toEqual({ items: [], nextCursor: null, since: null });
    },
    'history.rewind': async ({ history }) => {
      expect(await history.rewind.mutate({ to: 0 })).toMatchObject({ restored: 0, edited: 0, removed: 0 });
      expect(await history.rewind.mutate({ to: 1 })).toMatchObject({ restored: 0, edited: 0, removed: 0 });
    },
    'history.undo': async ({ history }) => {
      for (const target of [{ mutationId }, { groupId: mutationId }]) {
        for (const dryRun of [true, false])
          await expect(history.undo.mutate({ of: target, dryRun })).rejects.toMatchObject({ data: { reason: 'CALL_NOT_FOUND' } });
      }
    },
    'tasks.createMany': async ({ tasks }) => {
      expect(await tasks.createMany.mutate({ tasks: [{ id, title: 'Mine' }] })).toMatchObject({ tasks: [{ id, title: 'Mine', version: 1 }] });
      expect(await tasks.remove.mutate({ id })).toMatchObject({ id });
    },
    'tasks.import': async ({ tasks }) => {
      const input = { tasks: [{ id, title: 'Mine' }] };
      expect(await tasks.import.mutate({ ...input, dryRun: true })).toMatchObject({ created: 1, unchanged: 0, conflicts: [] });
      expect(await tasks.import.mutate(input)).toMatchObject({ created: 1, unchanged: 0, conflicts: [] });
      expect(await tasks.remove.mutate({ id })).toMatchObject({ id });
    },
    'tasks.editMany': ({ tasks }) => expect(tasks.editMany.mutate({ ids: [id], title: 'Stolen' })).rejects.toMatchObject(notFound),
    'tasks.completeMany': ({ tasks }) => expect(tasks.completeMany.mutate({ ids: [id] })).rejects.toMatchObject(notFound),
    'tasks.move': async ({ tasks }) => {
      await expect(tasks.move.mutate({ id })).rejects.toMatchObject(notFound);
      const mine = await tasks.create.mutate({ title: 'Mine' });
      for (const [place, reason] of [
        [{ before: id }, 'NEIGHBOR_NOT_FOUND'],
        [{ parentId: id }, 'PARENT_NOT_FOUND'],
      ] as const)
        await expect(tasks.move.mutate({ id: mine.id, ...place })).rejects.toMatchObject({ data: { reason } });
      await tasks.remove.mutate({ id: mine.id });
    },
    'tasks.moveMany': ({ tasks }) => expect(tasks.moveMany.mutate({ ids: [id] })).rejects.toMatchObject(notFound),
    'tasks.removeMany': ({ tasks }) => expect(tasks.removeMany.mutate({ ids: [id] })).rejects.toMatchObject(notFound),
    'tasks.removed': async ({ tasks }) => {
      expect(await tasks.removed.query()).toEqual({ items: [], nextCursor: null });
    },
    'tasks.restore': ({ tasks }) => expect(tasks.restore.mutate({ id })).rejects.toMatchObject(notFound),
    'sync.changes': async ({ sync }) => {
      expect(await sync.changes.query({})).toEqual({ changes: [], seq: 0, cursor: '0.', more: false, reset: false });
    },
    'sync.watch': async (_, headers) => {
      const first = await call(api, 'sync.watch', {}, headers);
      expect(await first.json()).toEqual({ result: { data: { changes: [], seq: 0, cursor: '0.', more: false, reset: false } } });
    },
    'lists.create': async ({ lists }) => {
      expect(await lists.create.mutate({ id: listId, name: 'Mine' })).toMatchObject({ id: listId, name: 'Mine', version: 1 });
      expect(await lists.remove.mutate({ id: listId, tasks: 'remove' })).toMatchObject({ id: listId });
    },
    'lists.get': ({ lists }) => expect(lists.get.query({ id: listId })).rejects.toMatchObject(noList),
    'lists.list': async ({ lists }) => {
      for (const input of [undefined, { archived: false }]) expect(await lists.list.query(input)).toEqual({ items: [], nextCursor: null });
    },
    'lists.edit': ({ lists }) => expect(lists.edit.mutate({ id: listId, name: 'Mine' })).rejects.toMatchObject(noList),
    'lists.archive': ({ lists }) => expect(lists.archive.mutate({ id: listId })).rejects.toMatchObject(noList),
    'lists.move': ({ lists }) => expect(lists.move.mutate({ id: listId })).rejects.toMatchObject(noList),
    'lists.unarchive': ({ lists }) => expect(lists.unarchive.mutate({ id: listId })).rejects.toMatchObject(noList),
    'lists.remove': ({ lists }) => expect(lists.remove.mutate({ id: listId, tasks: 'remove' })).rejects.toMatchObject(noList),
    'lists.import': async ({ lists }) => {
      const input = { lists: [{ id: listId, name: 'Mine' }] };
      for (const dryRun of [true, false]) expect(await lists.import.mutate({ ...input, dryRun })).toMatchObject({ created: 1, unchanged: 0, conflicts: [] });
      expect(await lists.remove.mutate({ id: listId, tasks: 'remove' })).toMatchObject({ id: listId });
    },
    'lists.restore': ({ lists }) => expect(lists.restore.mutate({ id: listId })).rejects.toMatchObject(noList),
    'tasks.get': ({ tasks }) => expect(tasks.get.query({ id })).rejects.toMatchObject(notFound),
    'tasks.edit': ({ tasks }) => expect(tasks.edit.mutate({ id, title: 'Mine' })).rejects.toMatchObject(notFound),
    'tasks.complete': ({ tasks }) => expect(tasks.complete.mutate({ id })).rejects.toMatchObject(notFound),
    'tasks.skip': ({ tasks }) => expect(tasks.skip.mutate({ id })).rejects.toMatchObject(notFound),
    'tasks.reopen': ({ tasks }) => expect(tasks.reopen.mutate({ id })).rejects.toMatchObject(notFound),
    'tasks.remove': ({ tasks }) => expect(tasks.remove.mutate({ id })).rejects.toMatchObject(notFound),
    'tasks.create': async ({ tasks }) => {
      expect(await tasks.create.mutate({ id, title: 'Mine' })).toMatchObject({ id, title: 'Mine', version: 1 });
      expect(await tasks.remove.mutate({ id })).toMatchObject({ id });
    },
    'tasks.counts': async ({ tasks }) => {
      expect(await tasks.counts.query()).toEqual({ open: 0, completed: 0 });
      expect(await tasks.counts.query({ today: '2026-01-31' })).toEqual({ open: 0, completed: 0, overdue: 0, today: 0, lists: [], labels: [] });
    },
    'labels.list': ({ labels }) => expect(labels.list.query()).resolves.toEqual({ items: [], nextCursor: null }),
    'labels.rename': ({ labels }) => expect(labels.rename.mutate({ from: 'secret', to: 'Mine' })).resolves.toMatchObject({ changed: 0 }),
    'labels.remove': ({ labels }) => expect(labels.remove.mutate({ name: 'secret' })).resolves.toMatchObject({ changed: 0 }),
    'tasks.list': async ({ tasks }) => {
      for (const sort of ['created', 'updated', 'title', 'due', 'priority', 'completed'] as const) {
        for (const order of ['asc', 'desc'] as const) {
          for (const filter of filters) {
            expect(await tasks.list.query({ sort, order, ...filter })).toEqual({ items: [], nextCursor: null });
          }
        }
      }
    },
  };

  it.each([...procedures.keys()])('%s still keeps to its owner', async (path) => {
    const attempt = attempts[path];
    if (!attempt) throw new Error(`Add a row to attempts above for ${path}.`);
    const { tasks, lists } = owner.client.jwt;
    const before = [await tasks.get.query({ id }), await lists.get.query({ id: listId })];
    const other = await api.signUp('Other');
    await attempt(other.client.jwt, other.headers.jwt);
    expect([await tasks.get.query({ id }), await lists.get.query({ id: listId })]).toEqual(before);
    expect(await tasks.counts.query()).toEqual({ open: 1, completed: 0 });
  });

  it('a retry is still found by its mutation id among the user’s own calls only', async () => {
    const { tasks } = (await api.signUp('Other')).client.jwt;
    const create = { title: 'Mine', mutationId };
    const task = await tasks.create.mutate(create);
    expect(await tasks.create.mutate(create)).toEqual(task);
    expect(await tasks.list.query()).toEqual({ items: [plain(task)], nextCursor: null });
  });

  it('the log of another owner with the same task id is not visible', async () => {
    const { tasks, history, sync } = (await api.signUp('Other')).client.jwt;
    const mine = await tasks.create.mutate({ id, title: 'Mine' });
    const first = await sync.changes.query({});
    expect(first).toMatchObject({ changes: [{ seq: 1, value: plain(mine) }], cursor: cursorAt(1) });
    const { cursor } = await owner.client.jwt.sync.changes.query({ limit: 1 });
    expect(await sync.changes.query({ cursor })).toEqual({ ...first, reset: true });
    expect(await sync.changes.query({ cursor: cursor.replace(/^\d+/, '1') })).toEqual({ ...first, reset: true });
    expect(await sync.changes.query({ cursor: first.cursor })).toEqual({ ...first, changes: [] });
    await tasks.remove.mutate({ id });
    expect((await tasks.removed.query()).items).toMatchObject([{ id, title: 'Mine', description: '' }]);
    expect(await sync.changes.query({})).toMatchObject({ changes: [], cursor: cursorAt(2) });
    expect(await sync.changes.query({ cursor: first.cursor })).toMatchObject({ changes: [{ seq: 2, value: null }], cursor: cursorAt(2) });
    expect(await tasks.restore.mutate({ id, seq: 1 })).toMatchObject({ title: 'Mine', description: '', version: 2 });
    expect(await history.rewind.mutate({ to: 2 })).toMatchObject({ restored: 0, edited: 0, removed: 1 });
    expect(await tasks.restore.mutate({ id })).toMatchObject({ title: 'Mine', description: '', version: 3 });
    expect((await history.list.query({ id })).items).toMatchObject([
      { seq: 5, changes: { title: { from: null, to: 'Mine' } } },
      { seq: 4, changes: { title: { from: 'Mine', to: null } } },
      { seq: 3, changes: { title: { from: null, to: 'Mine' } } },
      { seq: 2, changes: { title: { from: 'Mine', to: null } } },
      { seq: 1, changes: { title: { from: null, to: 'Mine' } } },
    ]);
  });

  it('an export still holds own tasks alone', async () => {
    const other = await api.signUp('Other');
    expect(await (await other.fetch('/export')).json()).toMatchObject({ upto: 0, lists: [], tasks: [], history: [] });
    const own = plain(await other.client.jwt.tasks.create.mutate({ id, title: 'Mine' }));
    expect(await (await other.fetch('/export')).json()).toMatchObject({ upto: 1, lists: [], tasks: [own], history: [{ changes: { title: { to: 'Mine' } } }] });
  });

  it('a later page still shows own tasks alone', async () => {
    const { tasks } = (await api.signUp('Other')).client.jwt;
    for (const title of ['One', 'Two', 'Three']) await tasks.create.mutate({ title });
    for (const sort of ['created', 'updated', 'title'] as const) {
      const first = await tasks.list.query({ sort, limit: 2 });
      const second = await tasks.list.query({ sort, limit: 2, ...(first.nextCursor && { cursor: first.nextCursor }) });
      expect([...first.items, ...second.items].map(({ title }) => title).sort()).toEqual(['One', 'Three', 'Two']);
    }
  });
});
