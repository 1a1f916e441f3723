import { randomUUID } from 'node:crypto';
import type { TestApi } from '@todo/api/testing';
import type { EntityName } from '@todo/contract';
import { afterAll, expect } from 'vitest';
import { createTodoClient, type TodoClient } from '../index.ts';
import { listen } from './client.ts';
import { createSamples, type Pair, type Profile, referenceIds } from './fields.ts';
import { everyList, everything } from './replica.ts';

/** Support for the tests of all fields. */

/** Returns the value after JSON serialization, untyped. */
export const loose = (value: object) => JSON.parse(JSON.stringify(value));
export const some = expect.any(String);
export const whole = (id: string, profile: Profile) => ({
  id,
  ...Object.fromEntries(Object.entries(profile).map(([name, { stored }]) => [name, stored])),
  createdAt: some,
  updatedAt: some,
  version: expect.any(Number),
});

interface Item extends Pair {
  id: string;
}
export type Side = 'before' | 'after';

interface Named {
  mutationId?: string;
  groupId?: string;
}

/** The calls that each kind of entity has, and how many of them are made at once. */
export const callsOf = {
  list: ({ lists }: TodoClient) => ({
    ...lists,
    importAll: (items: object[], more: object = {}) => lists.import(loose({ lists: items, ...more })),
    /** Calls of a group that remove all of them. */
    async removeAll(ids: string[], { groupId = randomUUID() }: Named = {}) {
      for (const id of ids) await lists.remove({ id, tasks: 'remove', mutationId: randomUUID(), groupId });
    },
  }),
  task: ({ tasks }: TodoClient) => ({
    ...tasks,
    importAll: (items: object[], more: object = {}) => tasks.import(loose({ tasks: items, ...more })),
    removeAll: (ids: string[], { groupId = randomUUID() }: Named = {}) => tasks.removeMany({ ids, mutationId: randomUUID(), groupId }).then(() => {}),
  }),
};

const allOf = { list: everyList, task: everything };

/** Creates an entity for each pair, in its state before the change. */
async function begin(todo: TodoClient, name: EntityName, chosen: Pair[]) {
  const { givenOf } = createSamples(name);
  const calls = callsOf[name](todo);
  const items = chosen.map((pair): Item => ({ ...pair, id: randomUUID() })).sort((a, b) => a.id.localeCompare(b.id));
  const ids = items.map(({ id }) => id);
  const givenAt = (side: Side) => items.map((item) => ({ id: item.id, ...givenOf(item[side]) }));
  const put = async (side: Side) => (await calls.importAll(givenAt(side))).seq;
  const removeAll = (named?: Named) => calls.removeAll(ids, named);
  /** Removes all of them and recreates them with the fields of the other side. */
  const become = async (side: Side) => {
    await removeAll();
    return put(side);
  };
  const all = (of = todo): Promise<object[]> => allOf[name](of);
  const wholes = (side: Side) => items.map((item) => whole(item.id, item[side]));
  const expectAll = async (side: Side, of = todo) => expect(await all(of)).toEqual(wholes(side));
  const lastOf = async ({ id }: Item) => (await todo.history.list({ id, limit: 1 })).items[0];
  return { todo, calls, items, ids, givenAt, put, removeAll, become, all, wholes, expectAll, lastOf, start: await put('before') };
}

/** An API for users whose lists and tasks go through every path. */
export async function startWalk(api: TestApi) {
  const cleanUp = new AsyncDisposableStack();
  afterAll(() => cleanUp.disposeAsync());
  cleanUp.use(api);
  const server = cleanUp.use(await listen(async (request) => api.fetch(request.url, request)));
  /** A user with the lists to which the samples of an entity refer. */
  const newcomer = async (of?: EntityName, email = `${randomUUID()}@example.com`) => {
    const todo = createTodoClient({ url: server.url });
    await todo.signUp({ name: 'Ada', email, password: 'correct horse' });
    if (of && createSamples(of).references.has('list')) await todo.lists.import({ lists: referenceIds.list.map((id) => ({ id, name: 'Referred to' })) });
    return todo;
  };
  return {
    url: server.url,
    newcomer,
    begin: async (name: EntityName, chosen = createSamples(name).pairs, email?: string) => begin(await newcomer(name, email), name, chosen),
  };
}
