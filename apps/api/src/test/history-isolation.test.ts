import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialKinds, type Person, startTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
let owner: Person;

beforeAll(async () => {
  api = await startTestApi();
  owner = await api.signUp('Owner');
});
afterAll(() => api[Symbol.asyncDispose]());

/** Everything the database holds of a person's tasks and their log. */
const stored = ({ userId }: Person) =>
  inspect(
    api.database.superuserUrl,
    `select to_jsonb(task) as row from tasks task where user_id = '${userId}'
     union all select to_jsonb(event) from task_events event where user_id = '${userId}' order by 1`,
  );

describe.each(credentialKinds)('by %s', (kind) => {
  it('shows and moves nothing of another user in history', async () => {
    const reader = await api.signUp('Reader');
    const { id: taskId } = await owner.client.jwt.tasks.create.mutate({ title: 'Secret' });
    await owner.client.jwt.tasks.remove.mutate({ id: taskId });
    const before = await stored(owner);
    const { history, tasks } = reader.client[kind];
    const { nextCursor } = await owner.client.jwt.history.list.query({ limit: 1 });
    for (const input of [undefined, { taskId }, { limit: 200 }, { cursor: nextCursor ?? '' }]) {
      expect(await history.list.query(input)).toEqual({ items: [], nextCursor: null });
    }
    expect(await tasks.removed.query()).toEqual({ items: [], nextCursor: null });
    expect(await history.rewind.mutate({ to: 1 })).toEqual({ restored: 0, edited: 0, removed: 0 });
    expect(await tasks.createMany.mutate({ tasks: [{ id: taskId, title: 'Mine' }] })).toMatchObject({ tasks: [{ id: taskId, version: 1 }] });
    expect(await history.list.query({ taskId })).toMatchObject({ items: [{ seq: 1, action: 'created' }] });
    expect(await stored(owner)).toEqual(before);
  });

  it('imports tasks of its own under ids that another user has, and tells nothing of that', async () => {
    const reader = await api.signUp('Reader');
    const { id } = await owner.client.jwt.tasks.create.mutate({ title: 'Secret' });
    const before = await stored(owner);
    const input = { tasks: [{ id, title: 'Mine' }] };
    const { tasks } = reader.client[kind];
    expect(await tasks.import.mutate({ ...input, dryRun: true })).toEqual({ created: 1, unchanged: 0, conflicts: [] });
    expect(await tasks.import.mutate(input)).toEqual({ created: 1, unchanged: 0, conflicts: [] });
    expect(await tasks.get.query({ id })).toMatchObject({ title: 'Mine', version: 1 });
    expect(await stored(owner)).toEqual(before);
  });
});
