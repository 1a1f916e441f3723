import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialKinds, type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';
import { call, procedures } from '../testing/procedures.ts';

interface Row {
  /** Creates what another user then calls by id. */
  make(owner: Person): Promise<string>;
  /** Inputs with that id. Each would succeed for the owner. */
  calls: ((id: string) => Record<string, unknown>)[];
  /** The index in the error of a batch. */
  index?: number;
  /** Default: TASK_NOT_FOUND, or LIST_NOT_FOUND of lists. */
  reason?: string;
}

const openTask = async ({ client }: Person) => (await client.jwt.tasks.create.mutate({ title: 'Secret', description: 'of the owner' })).id;
const recurringTask = async ({ client }: Person) =>
  (await client.jwt.tasks.create.mutate({ title: 'Secret', dueDate: '2026-01-31', recurrence: 'FREQ=DAILY' })).id;
const completedTask = async (owner: Person) => (await owner.client.jwt.tasks.complete.mutate({ id: await openTask(owner) })).id;
const openList = async ({ client }: Person) => (await client.jwt.lists.create.mutate({ name: 'Secret' })).id;
const archivedList = async (owner: Person) => (await owner.client.jwt.lists.archive.mutate({ id: await openList(owner) })).id;
const removedList = async (owner: Person) => (await owner.client.jwt.lists.remove.mutate({ id: await openList(owner), tasks: 'remove' })).id;
/** Makes a call whose mutation id and group id are the same. */
async function namedCall({ client }: Person): Promise<string> {
  const id = randomUUID();
  await client.jwt.tasks.create.mutate({ title: 'Secret', mutationId: id, groupId: id });
  return id;
}
async function removedTask(owner: Person): Promise<string> {
  return (await owner.client.jwt.tasks.remove.mutate({ id: await openTask(owner) })).id;
}
const amongIds = (id: string) => ({ ids: [id] });
const byId = (id: string) => ({ id });
const inCapitals = (id: string) => ({ id: id.toUpperCase() });
const atVersion = (expectedVersion: number) => (id: string) => ({ id, expectedVersion });

/** One row per procedure that takes an id. */
const rows: Record<string, Row> = {
  'tasks.get': { make: openTask, calls: [byId, inCapitals] },
  'tasks.edit': {
    make: openTask,
    calls: [byId, inCapitals, atVersion(1), (id) => ({ id, title: 'Taken over' }), (id) => ({ id, title: 'Secret', description: '', expectedVersion: 1 })],
  },
  'tasks.complete': { make: openTask, calls: [byId, inCapitals, atVersion(1), (id) => ({ id, subtasks: true })] },
  'tasks.skip': { make: recurringTask, calls: [byId, inCapitals, atVersion(1), (id) => ({ id, on: '2026-02-01' })] },
  'tasks.reopen': { make: completedTask, calls: [byId, inCapitals, atVersion(2)] },
  'tasks.move': { make: openTask, calls: [byId, inCapitals, atVersion(1), (id) => ({ id, listId: null, parentId: null })] },
  'tasks.moveMany': { make: openTask, calls: [amongIds, (id) => ({ ids: [id], listId: null })], index: 0 },
  'tasks.remove': { make: openTask, calls: [byId, inCapitals, atVersion(1)] },
  'tasks.restore': { make: removedTask, calls: [byId, inCapitals] },
  'lists.get': { make: openList, calls: [byId, inCapitals] },
  'lists.edit': { make: openList, calls: [byId, inCapitals, atVersion(1), (id) => ({ id, name: 'Taken over', color: '#1e90ff' })] },
  'lists.archive': { make: openList, calls: [byId, inCapitals, atVersion(1)] },
  'lists.move': { make: openList, calls: [byId, inCapitals, atVersion(1)] },
  'lists.unarchive': { make: archivedList, calls: [byId, inCapitals, atVersion(2)] },
  'lists.remove': {
    make: openList,
    calls: [byId, inCapitals, atVersion(1)].flatMap((make) => (['inbox', 'remove'] as const).map((tasks) => (id: string) => ({ ...make(id), tasks }))),
  },
  'lists.restore': { make: removedList, calls: [byId, inCapitals] },
  'history.undo': {
    make: namedCall,
    calls: [
      (id) => ({ of: { mutationId: id } }),
      (id) => ({ of: { groupId: id } }),
      (id) => ({ of: { mutationId: id.toUpperCase() }, dryRun: true }),
      (id) => ({ of: { groupId: id }, dryRun: true }),
    ],
    reason: 'CALL_NOT_FOUND',
  },
  'tasks.editMany': { make: openTask, calls: [(id) => ({ ids: [id], title: 'Stolen' })], index: 0 },
  'tasks.completeMany': { make: openTask, calls: [amongIds], index: 0 },
  'tasks.removeMany': { make: openTask, calls: [amongIds], index: 0 },
};

/** Procedures that take no id, or the id of a new entity. Each has its test here or in another isolation test of this folder. */
const withoutId = [
  'labels.list',
  'labels.rename',
  'labels.remove',
  'history.list',
  'history.rewind',
  'tasks.createMany',
  'tasks.import',
  'tasks.removed',
  'sync.changes',
  'sync.watch',
  'tasks.create',
  'tasks.list',
  'tasks.counts',
  'lists.create',
  'lists.list',
  'lists.import',
];

let api: TestApi;
let owner: Person;
let other: Person;

beforeAll(async () => {
  api = await startTestApi();
  [owner, other] = await Promise.all([api.signUp('Owner'), api.signUp('Other')]);
});
afterAll(() => api[Symbol.asyncDispose]());

/** A response without its request id, which always differs. */
const answer = async (response: Response) => ({
  status: response.status,
  headers: [...response.headers].filter(([name]) => name !== 'x-request-id'),
  body: await response.text(),
});

/** A user's tasks, log and idempotency keys in the database. */
const stored = ({ userId }: Person) =>
  inspect(
    api.database.superuserUrl,
    `select to_jsonb(task) as row from tasks task where user_id = '${userId}'
     union all select to_jsonb(list) from lists list where user_id = '${userId}'
     union all select to_jsonb(owner) from owners owner where user_id = '${userId}'
     union all select to_jsonb(event) from events event where user_id = '${userId}'
     union all select to_jsonb(key) from idempotency_keys key where user_id = '${userId}' order by 1`,
  );

it('has a row for every procedure, and a procedure for every row', () => {
  expect([...Object.keys(rows), ...withoutId].sort(), 'rows and withoutId above').toEqual([...procedures.keys()].sort());
});

describe.each(Object.entries(rows))('%s', (path, { make, calls, ...detail }) => {
  it.each(credentialKinds)('answers a %s call with the id of another user exactly like one with no such id', async (kind) => {
    const id = await make(owner);
    const [before, others] = [await stored(owner), await stored(other)];
    for (const input of calls) {
      const foreign = await answer(await call(api, path, input(id), other.headers[kind]));
      const missing = await answer(await call(api, path, input(randomUUID()), other.headers[kind]));
      expect(foreign).toEqual(missing);
      expect(foreign.status).toBe(404);
      expect(JSON.parse(foreign.body).error.data).toEqual({
        code: 'NOT_FOUND',
        httpStatus: 404,
        reason: path.startsWith('lists.') ? 'LIST_NOT_FOUND' : 'TASK_NOT_FOUND',
        path,
        ...detail,
      });
      expect(await stored(owner)).toEqual(before);
    }
    expect(others).toMatchObject([{ row: { last_seq: 0 } }]);
    expect(await stored(other)).toEqual(others);
  });

  it.each(credentialKinds)('serves its owner by %s', async (kind) => {
    for (const input of calls) {
      const response = await call(api, path, input(await make(owner)), owner.headers[kind]);
      expect(response.status).toBe(200);
    }
  });
});

describe.each(credentialKinds)('by %s', (kind) => {
  it('shows nothing of another user in lists and counts', async () => {
    const reader = await api.signUp('Reader');
    await openTask(owner);
    const { tasks } = reader.client[kind];
    for (const input of [undefined, { search: 'Secret' }, { sort: 'title', limit: 200 }, { sort: 'updated', order: 'asc' }] as const) {
      expect(await tasks.list.query(input)).toEqual({ items: [], nextCursor: null });
    }
    expect(await tasks.counts.query()).toEqual({ open: 0, completed: 0 });
    const own = plain(await tasks.create.mutate({ title: 'Mine' }));
    expect(await tasks.list.query()).toEqual({ items: [own], nextCursor: null });
    expect(await tasks.counts.query()).toEqual({ open: 1, completed: 0 });
  });

  it('creates a task under an id that another user has, and does not reveal that', async () => {
    const id = await openTask(owner);
    const before = await stored(owner);
    const maker = await api.signUp('Maker');
    const made = await maker.client[kind].tasks.create.mutate({ id, title: 'Mine', description: 'entirely' });
    expect(made).toMatchObject({ id, title: 'Mine', description: 'entirely', version: 1 });
    const fresh = await answer(await call(api, 'tasks.create', { title: 'Mine' }, maker.headers[kind]));
    const again = await answer(await call(api, 'tasks.create', { id, title: 'Mine', description: 'entirely' }, maker.headers[kind]));
    expect({ ...again, body: '' }).toEqual({ ...fresh, body: '' });
    await maker.client[kind].tasks.remove.mutate({ id });
    expect(await stored(owner)).toEqual(before);
  });
});

it.each([...procedures.keys()])('refuses %s without a credential, whatever the input', async (path) => {
  const id = await openTask(owner);
  const before = await stored(owner);
  for (const input of [undefined, {}, { id }, { id, title: 'x' }, { userId: owner.userId }]) {
    const response = await call(api, path, input);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { data: { code: 'UNAUTHORIZED', reason: 'UNAUTHENTICATED' } } });
  }
  expect(await stored(owner)).toEqual(before);
});
