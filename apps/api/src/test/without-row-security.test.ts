import { randomUUID } from 'node:crypto';
import { openDatabase, schema } from '@todo/db';
import { inspect, trust } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appRouter } from '../router.ts';
import { type Person, startTestApi, type TestApi } from '../testing.ts';

let api: TestApi;
let ada: Person;
let ben: Person;
let secret: { id: string };

beforeAll(async () => {
  api = await startTestApi();
  [ada, ben] = [await api.signUp('Ada'), await api.signUp('Ben')];
  secret = await ada.client.jwt.tasks.create.mutate({ title: 'Secret' });
  await inspect(api.database.superuserUrl, 'alter table tasks disable row level security');
  await inspect(api.database.superuserUrl, 'alter table task_counters disable row level security');
});
afterAll(() => api[Symbol.asyncDispose]());

it('row security is really gone: a statement without an owner shows a foreign task', async () => {
  const database = openDatabase(api.database.appUrl);
  const { userId } = ben;
  trust(userId);
  const rows = await database.as(userId).builder().select({ title: schema.tasks.title }).from(schema.tasks);
  await database.close();
  expect(rows).toContainEqual({ title: 'Secret' });
});

describe('without row security', () => {
  const notFound = { data: { reason: 'TASK_NOT_FOUND' } };
  const attempts: Record<string, () => Promise<void>> = {
    'tasks.get': () => expect(ben.client.jwt.tasks.get.query(secret)).rejects.toMatchObject(notFound),
    'tasks.edit': () => expect(ben.client.jwt.tasks.edit.mutate({ ...secret, title: 'Mine' })).rejects.toMatchObject(notFound),
    'tasks.complete': () => expect(ben.client.jwt.tasks.complete.mutate(secret)).rejects.toMatchObject(notFound),
    'tasks.reopen': () => expect(ben.client.jwt.tasks.reopen.mutate(secret)).rejects.toMatchObject(notFound),
    'tasks.remove': () => expect(ben.client.jwt.tasks.remove.mutate(secret)).rejects.toMatchObject(notFound),
    'tasks.counts': async () => expect(await ben.client.jwt.tasks.counts.query()).toEqual({ open: 0, completed: 0 }),
    'tasks.list': async () => {
      for (const sort of ['created', 'updated', 'title'] as const)
        for (const completed of [undefined, false, true])
          for (const search of [undefined, 'e'])
            expect(await ben.client.jwt.tasks.list.query({ sort, completed, search })).toEqual({ items: [], nextCursor: null });
    },
    'tasks.create': async () => {
      const made = await ben.client.jwt.tasks.create.mutate({ id: secret.id, title: 'Mine' });
      expect(made).toMatchObject({ id: secret.id, title: 'Mine', version: 1 });
      await ben.client.jwt.tasks.remove.mutate(secret);
    },
  };

  it.each(Object.keys(appRouter._def.procedures))('%s still keeps to the owner', async (name) => {
    const attempt = attempts[name];
    if (!attempt) throw new Error(`Say here what ${name} does with the task of another.`);
    await attempt();
    expect(await ada.client.jwt.tasks.get.query(secret)).toEqual(secret);
  });

  it('a list goes on from a foreign task and still shows own tasks alone', async () => {
    for (const title of ['One', 'Two', 'Three']) await ben.client.jwt.tasks.create.mutate({ id: randomUUID(), title });
    const first = await ben.client.jwt.tasks.list.query({ limit: 2, order: 'asc' });
    const second = await ben.client.jwt.tasks.list.query({ limit: 2, order: 'asc', cursor: first.nextCursor ?? '' });
    expect([...first.items, ...second.items].map((task) => task.title)).toEqual(['One', 'Two', 'Three']);
  });
});
