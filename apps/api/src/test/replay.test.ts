import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { call, procedures } from '../testing/procedures.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

type Client = Person['client']['jwt'];

/** Status and body of a response. */
async function answer(person: Person, path: string, input: object) {
  const response = await call(api, path, input, person.headers.jwt);
  return { status: response.status, body: await response.text() };
}

const make = async ({ tasks }: Client, ...titles: string[]) =>
  (await tasks.createMany.mutate({ tasks: titles.map((title) => ({ title })) })).tasks.map(({ id }) => id);
const removed = async (client: Client, ...titles: string[]) => (await client.tasks.removeMany.mutate({ ids: await make(client, ...titles) })).ids;

const rowsOf = ({ userId }: Person) =>
  inspect(
    api.database.superuserUrl,
    `select count(*)::int as events, (select count(*)::int from idempotency_keys where user_id = '${userId}') as keys from events where user_id = '${userId}'`,
  );

interface Once {
  path: string;
  /** Creates what the call uses. */
  given(client: Client): Promise<string[]>;
  input(ids: string[]): object;
  /** Later changes by other calls. */
  later: Record<string, (client: Client, ids: string[]) => Promise<unknown>>;
}

const touch = (id = '') => ({ id });
const edit = ({ tasks }: Client, [id]: string[]) => tasks.edit.mutate({ ...touch(id), title: 'edited' });
const describeIt = ({ tasks }: Client, [id]: string[]) => tasks.edit.mutate({ ...touch(id), description: 'edited' });
const complete = ({ tasks }: Client, [id]: string[]) => tasks.complete.mutate(touch(id));
const move = ({ tasks }: Client, [id, other]: string[]) => tasks.move.mutate({ ...touch(id), before: other, parentId: null });
const reopen = ({ tasks }: Client, [id]: string[]) => tasks.reopen.mutate(touch(id));
const remove = ({ tasks }: Client, [id]: string[]) => tasks.remove.mutate(touch(id));
const restore = ({ tasks }: Client, [id]: string[]) => tasks.restore.mutate(touch(id));
const create = ({ tasks }: Client) => tasks.create.mutate({ title: 'later' });
const rewindAll = ({ history }: Client) => history.rewind.mutate({ to: 0 });
const again = async (client: Client, ids: string[]) => {
  await remove(client, ids);
  return restore(client, ids);
};
const nothing = async () => {};

const newIds = async () => [randomUUID(), randomUUID()];
const noIds = async () => [];
const two = (client: Client) => make(client, 'one', 'two');
/** The first one recurs twice more, the second once more: then its rule has ended. */
const recurring = async ({ tasks }: Client) =>
  (
    await tasks.createMany.mutate({
      tasks: ['3', '1'].map((count) => ({ title: count, dueDate: '2026-01-31', recurrence: `FREQ=DAILY;COUNT=${count}` })),
    })
  ).tasks.map(({ id }) => id);
const skip = ({ tasks }: Client, [id]: string[]) => tasks.skip.mutate({ ...touch(id), on: '2026-02-01' });
const undoSkip = async ({ tasks }: Client, [id]: string[]) => tasks.edit.mutate({ ...touch(id), dueDate: '2026-01-31', recurrence: 'FREQ=DAILY;COUNT=3' });
const labelled = async ({ tasks }: Client) =>
  (await tasks.createMany.mutate({ tasks: ['one', 'two'].map((title) => ({ title, labels: ['Work'] })) })).tasks.map(({ id }) => id);
const changes = { nothing, edit, describeIt, complete, remove, again, rewindAll };
/** For a call that generates ids: applies the change to the newest task. */
const onNewest = (change: Once['later'][string]) => async (client: Client) =>
  change(client, [(await client.tasks.list.query({ limit: 1 })).items[0]?.id ?? '']);
const changesOfNewest = Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, onNewest(change)]));

const list = async ({ lists }: Client) => [(await lists.create.mutate({ name: 'one' })).id];
const editList = ({ lists }: Client, [id]: string[]) => lists.edit.mutate({ ...touch(id), name: 'edited', color: '#1e90ff' });
const archive = ({ lists }: Client, [id]: string[]) => lists.archive.mutate(touch(id));
const removeList = ({ lists }: Client, [id]: string[]) => lists.remove.mutate({ ...touch(id), tasks: 'inbox' });
const restoreList = ({ lists }: Client, [id]: string[]) => lists.restore.mutate(touch(id));
const listChanges = { nothing, editList, archive, removeList, rewindAll };
const listChangesOfNewest = Object.fromEntries(
  Object.entries(listChanges).map(([name, change]) => [name, async (client: Client) => change(client, [(await client.lists.list.query()).items[0]?.id ?? ''])]),
);

const rows: Record<string, Once> = {
  'tasks.create without an id': { path: 'tasks.create', given: noIds, input: () => ({ title: 'one' }), later: changesOfNewest },
  'tasks.create with an id': { path: 'tasks.create', given: newIds, input: ([id]) => ({ id, title: 'one' }), later: changes },
  'tasks.createMany without ids': {
    path: 'tasks.createMany',
    given: noIds,
    input: () => ({ tasks: [{ title: 'one' }, { title: 'two' }] }),
    later: changesOfNewest,
  },
  'tasks.createMany with ids': { path: 'tasks.createMany', given: newIds, input: (ids) => ({ tasks: ids.map((id) => ({ id, title: id })) }), later: changes },
  'tasks.import': { path: 'tasks.import', given: newIds, input: (ids) => ({ tasks: ids.map((id) => ({ id, title: id })) }), later: changes },
  'tasks.edit': { path: 'tasks.edit', given: two, input: ([id]) => ({ id, title: 'mine', expectedVersion: 1 }), later: changes },
  'tasks.complete': { path: 'tasks.complete', given: two, input: ([id]) => ({ id, expectedVersion: 1 }), later: { ...changes, reopen } },
  'tasks.complete with subtasks': { path: 'tasks.complete', given: two, input: ([id]) => ({ id, subtasks: true }), later: { ...changes, reopen } },
  'tasks.reopen': {
    path: 'tasks.reopen',
    given: async (client) => (await client.tasks.completeMany.mutate({ ids: await two(client) })).tasks.map(({ id }) => id),
    input: ([id]) => ({ id }),
    later: changes,
  },
  'tasks.move': { path: 'tasks.move', given: two, input: ([id]) => ({ id, expectedVersion: 1 }), later: { ...changes, move } },
  'tasks.move into a parent': { path: 'tasks.move', given: two, input: ([id, parentId]) => ({ id, parentId }), later: { ...changes, move } },
  'tasks.moveMany': { path: 'tasks.moveMany', given: two, input: ([one, other]) => ({ ids: [other, one] }), later: { ...changes, move } },
  'tasks.remove': { path: 'tasks.remove', given: two, input: ([id]) => ({ id, expectedVersion: 1 }), later: { nothing, restore, create } },
  'tasks.restore': { path: 'tasks.restore', given: (client) => removed(client, 'one', 'two'), input: ([id]) => ({ id }), later: changes },
  'tasks.restore at a position': { path: 'tasks.restore', given: two, input: ([id]) => ({ id, seq: 1 }), later: changes },
  'tasks.editMany': { path: 'tasks.editMany', given: two, input: (ids) => ({ ids, title: 'Both' }), later: changes },
  'tasks.complete of a recurring task': {
    path: 'tasks.complete',
    given: recurring,
    input: ([id]) => ({ id, on: '2026-01-31', expectedVersion: 1 }),
    later: { ...changes, skip, undoSkip },
  },
  'tasks.complete of a task whose rule ends': {
    path: 'tasks.complete',
    given: recurring,
    input: ([, id]) => ({ id }),
    later: { nothing, reopen: ({ tasks }, [, id]) => tasks.reopen.mutate(touch(id)), rewindAll },
  },
  'tasks.skip': { path: 'tasks.skip', given: recurring, input: ([id]) => ({ id, on: '2026-01-31' }), later: { ...changes, skip, undoSkip } },
  'tasks.completeMany of recurring tasks': {
    path: 'tasks.completeMany',
    given: recurring,
    input: (ids) => ({ ids, on: '2026-01-31' }),
    later: { ...changes, skip, undoSkip },
  },
  'tasks.completeMany': { path: 'tasks.completeMany', given: two, input: (ids) => ({ ids }), later: { ...changes, reopen } },
  'tasks.removeMany': { path: 'tasks.removeMany', given: two, input: (ids) => ({ ids }), later: { nothing, restore, create } },
  'lists.create without an id': { path: 'lists.create', given: noIds, input: () => ({ name: 'one' }), later: listChangesOfNewest },
  'lists.create with an id': { path: 'lists.create', given: newIds, input: ([id]) => ({ id, name: 'one' }), later: listChanges },
  'lists.import': { path: 'lists.import', given: newIds, input: (ids) => ({ lists: ids.map((id) => ({ id, name: id })) }), later: listChanges },
  'lists.edit': { path: 'lists.edit', given: list, input: ([id]) => ({ id, name: 'mine', expectedVersion: 1 }), later: listChanges },
  'lists.archive': { path: 'lists.archive', given: list, input: ([id]) => ({ id, expectedVersion: 1 }), later: listChanges },
  'lists.move': { path: 'lists.move', given: list, input: ([id]) => ({ id, expectedVersion: 1 }), later: listChanges },
  'lists.unarchive': {
    path: 'lists.unarchive',
    given: async (client) => [(await client.lists.archive.mutate(touch((await list(client))[0]))).id],
    input: ([id]) => ({ id }),
    later: listChanges,
  },
  'lists.remove': {
    path: 'lists.remove',
    given: list,
    input: ([id]) => ({ id, expectedVersion: 1, tasks: 'remove' }),
    later: { nothing, restoreList, create },
  },
  'lists.restore': {
    path: 'lists.restore',
    given: async (client) => [(await client.lists.remove.mutate({ ...touch((await list(client))[0]), tasks: 'inbox' })).id],
    input: ([id]) => ({ id }),
    later: listChanges,
  },
  'lists.restore at a position': { path: 'lists.restore', given: list, input: ([id]) => ({ id, seq: 1 }), later: listChanges },
  'tasks.edit of labels': { path: 'tasks.edit', given: labelled, input: ([id]) => ({ id, addLabels: ['Mine'], removeLabels: ['work'] }), later: changes },
  'labels.rename': { path: 'labels.rename', given: labelled, input: () => ({ from: 'Work', to: 'Home' }), later: changes },
  'labels.remove': { path: 'labels.remove', given: labelled, input: () => ({ name: 'Work' }), later: changes },
  'history.rewind': { path: 'history.rewind', given: two, input: () => ({ to: 1 }), later: { nothing, edit, create, rewindAll } },
};

it('repeats calls of every procedure that changes something', () => {
  const changing = [...procedures].filter(([path, { type }]) => type === 'mutation' && path !== 'history.undo').map(([path]) => path);
  expect(new Set(Object.values(rows).map(({ path }) => path)), 'rows above').toEqual(new Set(changing));
});

const cases = Object.entries(rows).flatMap(([name, row]) => Object.entries(row.later).map(([change, act]) => ({ name, change, act, ...row })));

it.each(cases)('$name, then $change, then repeated, has its first answer and does nothing', async ({ path, given, input, act }) => {
  const person = await api.signUp();
  const client = person.client.jwt;
  const ids = await given(client);
  const asked = { ...input(ids), mutationId: randomUUID(), groupId: randomUUID() };
  const first = await answer(person, path, asked);
  expect(first.status).toBe(200);
  await act(client, ids);
  const state = async () => [await client.tasks.list.query(), await client.lists.list.query(), await rowsOf(person)];
  const before = await state();
  for (let i = 0; i < 2; i += 1) expect(await answer(person, path, asked)).toEqual(first);
  expect(await state()).toEqual(before);
});
