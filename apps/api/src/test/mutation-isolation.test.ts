import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';
import { call, procedures } from '../testing/procedures.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const secret = { title: 'Secret', description: 'of the owner' };
const open = async ({ client }: Person) => (await client.jwt.tasks.create.mutate(secret)).id;
const recurring = async ({ client }: Person) => (await client.jwt.tasks.create.mutate({ ...secret, dueDate: '2026-01-31', recurrence: 'FREQ=DAILY' })).id;
const removed = async (owner: Person) => (await owner.client.jwt.tasks.remove.mutate({ id: await open(owner) })).id;
const list = async ({ client }: Person) => (await client.jwt.lists.create.mutate({ name: 'Secret' })).id;
const removedList = async (owner: Person) => (await owner.client.jwt.lists.remove.mutate({ id: await list(owner), tasks: 'inbox' })).id;
const labelled = async ({ client }: Person) => (await client.jwt.tasks.create.mutate({ ...secret, labels: ['Secret'] })).id;
const nothing = async () => randomUUID();
async function named({ client }: Person): Promise<string> {
  const mutationId = randomUUID();
  await client.jwt.tasks.create.mutate({ ...secret, mutationId });
  return mutationId;
}

/** What the owner creates first, the input, and the status that another user gets. */
const calls: Record<string, { make(owner: Person): Promise<string>; input(id: string): object; ends: number }> = {
  'tasks.create': { make: nothing, input: (id) => ({ id, ...secret }), ends: 200 },
  'tasks.edit': { make: open, input: (id) => ({ id, title: 'Edited' }), ends: 404 },
  'tasks.complete': { make: open, input: (id) => ({ id }), ends: 404 },
  'tasks.skip': { make: recurring, input: (id) => ({ id, on: '2026-02-01' }), ends: 404 },
  'tasks.reopen': { make: open, input: (id) => ({ id }), ends: 404 },
  'tasks.move': { make: open, input: (id) => ({ id }), ends: 404 },
  'tasks.moveMany': { make: open, input: (id) => ({ ids: [id] }), ends: 404 },
  'tasks.remove': { make: open, input: (id) => ({ id }), ends: 404 },
  'tasks.createMany': { make: nothing, input: (id) => ({ tasks: [{ id, ...secret }] }), ends: 200 },
  'tasks.editMany': { make: open, input: (id) => ({ ids: [id], title: 'Stolen' }), ends: 404 },
  'tasks.completeMany': { make: open, input: (id) => ({ ids: [id] }), ends: 404 },
  'tasks.removeMany': { make: open, input: (id) => ({ ids: [id] }), ends: 404 },
  'tasks.import': { make: nothing, input: (id) => ({ tasks: [{ id, ...secret }] }), ends: 200 },
  'tasks.restore': { make: removed, input: (id) => ({ id }), ends: 404 },
  'lists.create': { make: nothing, input: (id) => ({ id, name: 'Secret' }), ends: 200 },
  'lists.edit': { make: list, input: (id) => ({ id, name: 'Edited' }), ends: 404 },
  'lists.archive': { make: list, input: (id) => ({ id }), ends: 404 },
  'lists.move': { make: list, input: (id) => ({ id }), ends: 404 },
  'lists.unarchive': { make: list, input: (id) => ({ id }), ends: 404 },
  'lists.remove': { make: list, input: (id) => ({ id, tasks: 'remove' }), ends: 404 },
  'lists.import': { make: nothing, input: (id) => ({ lists: [{ id, name: 'Secret' }] }), ends: 200 },
  'lists.restore': { make: removedList, input: (id) => ({ id }), ends: 404 },
  'labels.rename': { make: labelled, input: () => ({ from: 'Secret', to: 'Renamed' }), ends: 200 },
  'labels.remove': { make: labelled, input: () => ({ name: 'Secret' }), ends: 200 },
  'history.rewind': { make: open, input: () => ({ to: 0 }), ends: 200 },
  'history.undo': { make: named, input: (mutationId) => ({ of: { mutationId } }), ends: 404 },
};

it('has a call of every procedure that changes something', () => {
  const changing = [...procedures].filter(([, { type }]) => type === 'mutation').map(([path]) => path);
  expect(Object.keys(calls).sort(), 'rows of calls above').toEqual(changing.sort());
});

const time = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

it.each(Object.entries(calls))('the name that another user has given to a call of %s is worth no more than a new one', async (path, { make, input, ends }) => {
  const [owner, other, control] = [await api.signUp('Owner'), await api.signUp('Other'), await api.signUp('Control')];
  const mutationId = randomUUID();
  const asked = input(await make(owner));
  const answer = async (person: Person, name: string) => {
    const response = await call(api, path, { ...asked, mutationId: name }, person.headers.jwt);
    return { status: response.status, body: await response.text() };
  };
  const first = await answer(owner, mutationId);
  expect(first.status).toBe(200);
  const { tasks, lists, history } = owner.client.jwt;
  const stand = async () => [await tasks.list.query(), await lists.list.query(), await history.list.query()];
  const before = await stand();

  const [copied, fresh] = [await answer(other, mutationId), await answer(control, randomUUID())];
  expect(copied.status).toBe(ends);
  expect({ ...copied, body: copied.body.replace(time, '') }).toEqual({ ...fresh, body: fresh.body.replace(time, '') });
  expect(await answer(owner, mutationId)).toEqual(first);
  expect(await stand()).toEqual(before);
});

it('a call with the mutation id of another user’s call is not a retry, whatever its input', async () => {
  const [owner, other] = [await api.signUp('Owner'), await api.signUp('Other')];
  const mutationId = randomUUID();
  await owner.client.jwt.tasks.create.mutate({ ...secret, mutationId });
  const mine = await other.client.jwt.tasks.create.mutate({ title: 'Mine', mutationId });
  expect(mine).toMatchObject({ title: 'Mine', description: '', version: 1 });
  expect(await other.client.jwt.tasks.list.query()).toEqual({ items: [plain(mine)], nextCursor: null });
});
