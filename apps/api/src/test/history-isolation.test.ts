import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialKinds, type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';
import { cursorAt } from '../testing/events.ts';
import { call } from '../testing/procedures.ts';

let api: TestApi;
let owner: Person;

beforeAll(async () => {
  api = await startTestApi();
  owner = await api.signUp('Owner');
});
afterAll(() => api[Symbol.asyncDispose]());

/** A user's tasks and log in the database. */
const stored = ({ userId }: Person) =>
  inspect(
    api.database.superuserUrl,
    `select to_jsonb(task) as row from tasks task where user_id = '${userId}'
     union all select to_jsonb(list) from lists list where user_id = '${userId}'
     union all select to_jsonb(event) from events event where user_id = '${userId}'
     union all select to_jsonb(owner) from owners owner where user_id = '${userId}' order by 1`,
  );

/** A user with three removed tasks. */
async function remover(): Promise<{ giver: Person; ids: string[] }> {
  const giver = await api.signUp('Giver');
  const { tasks } = giver.client.jwt;
  const made = await tasks.createMany.mutate({ tasks: ['A', 'B', 'C'].map((title) => ({ title })) });
  return { giver, ids: (await tasks.removeMany.mutate({ ids: made.tasks.map(({ id }) => id) })).ids };
}

describe.each(credentialKinds)('by %s', (kind) => {
  it('shows and moves nothing of another user in history', async () => {
    const reader = await api.signUp('Reader');
    const { id: taskId } = await owner.client.jwt.tasks.create.mutate({ title: 'Secret' });
    await owner.client.jwt.tasks.remove.mutate({ id: taskId });
    const before = await stored(owner);
    const { history, tasks } = reader.client[kind];
    const { nextCursor } = await owner.client.jwt.history.list.query({ limit: 1 });
    for (const input of [undefined, { id: taskId }, { limit: 200 }, { cursor: nextCursor ?? '' }]) {
      expect(await history.list.query(input)).toEqual({ items: [], nextCursor: null, since: null });
    }
    expect(await tasks.removed.query()).toEqual({ items: [], nextCursor: null });
    expect(await history.rewind.mutate({ to: 1 })).toMatchObject({ restored: 0, edited: 0, removed: 0 });
    expect(await tasks.createMany.mutate({ tasks: [{ id: taskId, title: 'Mine' }] })).toMatchObject({ tasks: [{ id: taskId, version: 1 }] });
    expect(await history.list.query({ id: taskId })).toMatchObject({ items: [{ seq: 1, action: 'created' }] });
    expect(await stored(owner)).toEqual(before);
  });

  it('goes on with its own events alone from a cursor that another user was given', async () => {
    const [{ giver }, reader] = [await remover(), await api.signUp('Reader')];
    const { history, tasks } = reader.client[kind];
    const { id } = await tasks.create.mutate({ title: 'Mine' });
    await tasks.remove.mutate({ id });
    const past = await giver.client.jwt.history.list.query({ limit: 1 });
    const removed = await giver.client.jwt.tasks.removed.query({ limit: 1 });
    expect([past.nextCursor, removed.nextCursor]).toEqual([expect.any(String), expect.any(String)]);
    expect(await history.list.query({ cursor: past.nextCursor ?? '' })).toEqual(await history.list.query());
    expect(await tasks.removed.query({ cursor: removed.nextCursor ?? '' })).toMatchObject({ items: [{ id, title: 'Mine' }], nextCursor: null });
    await expect(history.list.query({ cursor: removed.nextCursor ?? '' })).rejects.toMatchObject({ data: { reason: 'INVALID_CURSOR' } });
  });

  it('reads a position or time of another user’s log as one in the caller’s own log', async () => {
    const [{ giver, ids }, reader] = [await remover(), await api.signUp('Reader')];
    const before = await stored(giver);
    const { history, tasks } = reader.client[kind];
    const own = await tasks.create.mutate({ title: 'Mine' });
    for (const id of ids) {
      for (const seq of [1, 3, 6]) await expect(tasks.restore.mutate({ id, seq })).rejects.toMatchObject({ data: { reason: 'TASK_NOT_FOUND' } });
    }
    expect(await tasks.restore.mutate({ id: own.id, seq: 6 })).toEqual(own);
    const [last] = (await giver.client.jwt.history.list.query({ limit: 1 })).items;
    for (const to of [3, 6]) expect(await history.rewind.mutate({ to })).toMatchObject({ restored: 0, edited: 0, removed: 0 });
    expect(await history.rewind.mutate({ to: last?.at ?? '' })).toMatchObject({ restored: 0, edited: 0, removed: 1 });
    expect(await tasks.list.query()).toEqual({ items: [], nextCursor: null });
    expect((await history.list.query()).items.map(({ id, action }) => [id, action])).toEqual([
      [own.id, 'removed'],
      [own.id, 'created'],
    ]);
    expect(await stored(giver)).toEqual(before);
  });

  it('imports tasks under ids that another user has, and does not reveal that', async () => {
    const reader = await api.signUp('Reader');
    const { id } = await owner.client.jwt.tasks.create.mutate({ title: 'Secret' });
    const before = await stored(owner);
    const input = { tasks: [{ id, title: 'Mine' }] };
    const { tasks } = reader.client[kind];
    expect(await tasks.import.mutate({ ...input, dryRun: true })).toMatchObject({ created: 1, unchanged: 0, conflicts: [] });
    expect(await tasks.import.mutate(input)).toMatchObject({ created: 1, unchanged: 0, conflicts: [] });
    expect(await tasks.get.query({ id })).toMatchObject({ title: 'Mine', version: 1 });
    expect(await stored(owner)).toEqual(before);
  });

  it.each(['sync.changes', 'sync.watch'])('makes nothing of a position or a hash of the log of another user in %s', async (path) => {
    const [giver, reader] = await Promise.all([api.signUp('Giver'), api.signUp('Reader')]);
    for (const title of ['A', 'B', 'C']) await giver.client.jwt.tasks.create.mutate({ title });
    const task = plain(await reader.client[kind].tasks.create.mutate({ title: 'Mine' }));
    const changesFor = async (input: object) => Object(await (await call(api, path, input, reader.headers[kind])).json()).result.data;
    const { cursor: foreign } = await giver.client.jwt.sync.changes.query({ limit: 1 });
    const [seq, hash] = foreign.split('.');
    const own = { changes: [{ seq: 1, entity: 'task', id: task.id, value: task }], seq: 1, cursor: cursorAt(1), more: false, reset: false };
    for (const cursor of [foreign, `${seq}.${hash}`, `1.${hash}`, `0.${hash}`, `${seq}.`])
      expect(await changesFor({ cursor })).toEqual({ ...own, reset: true });
    expect(await changesFor({})).toEqual(own);
    expect(await changesFor({})).not.toMatchObject({ cursor: foreign });
  });
});
