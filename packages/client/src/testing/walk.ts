import { randomUUID } from 'node:crypto';
import type { TestApi } from '@todo/api/testing';
import { afterAll, expect } from 'vitest';
import { createTodoClient, type TodoClient } from '../index.ts';
import { listen } from './client.ts';
import { givenOf, type Pair, type Profile, pairs, storedOf } from './fields.ts';
import { everything } from './replica.ts';

/** Support for the tests of all fields. */

/** Returns the value after JSON serialization, untyped. */
export const loose = (value: object) => JSON.parse(JSON.stringify(value));
export const some = expect.any(String);
export const whole = (id: string, profile: Profile) => ({ id, ...storedOf(profile), createdAt: some, updatedAt: some, version: expect.any(Number) });

interface Item extends Pair {
  id: string;
}
export type Side = 'before' | 'after';

/** Creates a task for each pair, in its state before the change. */
async function begin(todo: TodoClient, chosen: Pair[]) {
  const items = chosen.map((pair): Item => ({ ...pair, id: randomUUID() })).sort((a, b) => a.id.localeCompare(b.id));
  const ids = items.map(({ id }) => id);
  const tasksOf = (side: Side) => items.map((item) => ({ id: item.id, ...givenOf(item[side]) }));
  const put = async (side: Side) => (await todo.tasks.import(loose({ tasks: tasksOf(side) }))).seq;
  const removeAll = async () => (await todo.tasks.removeMany({ ids })).seq;
  /** Removes all tasks and recreates them with the fields of the other side. */
  const become = async (side: Side) => {
    await removeAll();
    return put(side);
  };
  const wholes = (side: Side) => items.map((item) => whole(item.id, item[side]));
  const expectAll = async (side: Side, of = todo) => expect(await everything(of)).toEqual(wholes(side));
  const lastOf = async ({ id }: Item) => (await todo.history.list({ id, limit: 1 })).items[0];
  return { todo, items, ids, tasksOf, put, removeAll, become, wholes, expectAll, lastOf, start: await put('before') };
}

/** An API for users whose tasks go through every path. */
export async function startWalk(api: TestApi) {
  const cleanUp = new AsyncDisposableStack();
  afterAll(() => cleanUp.disposeAsync());
  cleanUp.use(api);
  const server = cleanUp.use(await listen(async (request) => api.fetch(request.url, request)));
  const newcomer = async (email = `${randomUUID()}@example.com`) => {
    const todo = createTodoClient({ url: server.url });
    await todo.signUp({ name: 'Ada', email, password: 'correct horse' });
    return todo;
  };
  return { url: server.url, newcomer, begin: async (chosen = pairs, email?: string) => begin(await newcomer(email), chosen) };
}
