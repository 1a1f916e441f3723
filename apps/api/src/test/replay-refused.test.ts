import { randomUUID } from 'node:crypto';
import { LISTS_MAX_PER_OWNER, TASKS_MAX_BYTES_PER_OWNER, TASKS_MAX_PER_OWNER } from '@todo/contract';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { call } from '../testing/procedures.ts';

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

const touch = (id = '') => ({ id });
const edit = ({ tasks }: Client, [id]: string[]) => tasks.edit.mutate({ ...touch(id), title: 'edited' });
const remove = ({ tasks }: Client, [id]: string[]) => tasks.remove.mutate(touch(id));
const list = async ({ lists }: Client) => [(await lists.create.mutate({ name: 'one' })).id];
const editList = ({ lists }: Client, [id]: string[]) => lists.edit.mutate({ ...touch(id), name: 'edited' });
const newIds = async () => [randomUUID(), randomUUID()];
const noIds = async () => [];
const two = (client: Client) => make(client, 'one', 'two');

describe('a call that was refused', () => {
  interface Refused {
    reason: string;
    path: string;
    given?: (client: Client) => Promise<string[]>;
    input(ids: string[]): object;
    /** A change after which the call would succeed, or fail for another reason. */
    later(client: Client, ids: string[]): Promise<unknown>;
  }

  const gone = (client: Client) => removed(client, 'one', 'two');
  const oneGone = async (client: Client) => [...(await make(client, 'there')), ...(await removed(client, 'gone'))];
  const back = ({ tasks }: Client, ids: string[]) => tasks.restore.mutate(touch(ids.at(-1)));
  const lost = async (path: string, fields: object = {}): Promise<Refused> => ({
    reason: 'TASK_NOT_FOUND',
    path,
    given: gone,
    input: ([id]) => ({ id, ...fields }),
    later: (client, ids) => back(client, ids.slice(0, 1)),
  });

  const refusals: Promise<Refused>[] = [
    lost('tasks.edit', { title: 'mine' }),
    lost('tasks.edit', { title: 'mine', expectedVersion: 3 }),
    lost('tasks.complete'),
    lost('tasks.skip'),
    lost('tasks.reopen'),
    lost('tasks.move'),
    lost('tasks.remove'),
  ];
  const others: Refused[] = [
    { reason: 'TASK_NOT_FOUND', path: 'tasks.editMany', given: oneGone, input: (ids) => ({ ids, title: 'Both' }), later: back },
    ...['edit', 'archive', 'unarchive', 'remove', 'restore'].map((verb) => ({
      reason: 'LIST_NOT_FOUND',
      path: `lists.${verb}`,
      given: newIds,
      input: ([id]: string[]) => ({ id, ...(verb === 'remove' && { tasks: 'inbox' }) }),
      later: ({ lists }: Client, [id = '']: string[]) => lists.create.mutate({ id, name: 'now' }),
    })),
    ...['edit', 'archive', 'unarchive', 'remove'].map((verb) => ({
      reason: 'VERSION_CONFLICT',
      path: `lists.${verb}`,
      given: list,
      input: ([id]: string[]) => ({ id, expectedVersion: 2, ...(verb === 'remove' && { tasks: 'inbox' }) }),
      later: editList,
    })),
    { reason: 'ID_TAKEN', path: 'lists.create', given: list, input: ([id]) => ({ id, name: 'edited' }), later: editList },
    { reason: 'TASK_NOT_FOUND', path: 'tasks.completeMany', given: oneGone, input: (ids) => ({ ids }), later: back },
    { reason: 'TASK_NOT_FOUND', path: 'tasks.moveMany', given: oneGone, input: (ids) => ({ ids }), later: back },
    { reason: 'TASK_NOT_FOUND', path: 'tasks.removeMany', given: oneGone, input: (ids) => ({ ids }), later: back },
    {
      reason: 'TASK_NOT_FOUND',
      path: 'tasks.restore',
      given: newIds,
      input: ([id]) => ({ id }),
      later: ({ tasks }, [id = '']) => tasks.create.mutate({ id, title: 'now' }),
    },
    {
      reason: 'TASK_NOT_FOUND',
      path: 'tasks.restore',
      given: two,
      input: ([, id]) => ({ id, seq: 1 }),
      later: ({ tasks }, [, id = '']) => tasks.remove.mutate({ id }),
    },
    ...['edit', 'complete', 'skip', 'reopen', 'move', 'remove'].map((verb) => ({
      reason: 'VERSION_CONFLICT',
      path: `tasks.${verb}`,
      given: two,
      input: ([id]: string[]) => ({ id, expectedVersion: 2 }),
      later: edit,
    })),
    { reason: 'VERSION_CONFLICT', path: 'tasks.edit', given: two, input: ([id]) => ({ id, title: 'mine', expectedVersion: 2 }), later: remove },
    { reason: 'ID_TAKEN', path: 'tasks.create', given: two, input: ([id]) => ({ id, title: 'other' }), later: remove },
    { reason: 'ID_TAKEN', path: 'tasks.create', given: two, input: ([id]) => ({ id, title: 'edited' }), later: edit },
  ];

  it('is refused again for its first reason, whatever has happened since', async () => {
    for (const { reason, path, given = noIds, input, later } of [...(await Promise.all(refusals)), ...others]) {
      const person = await api.signUp();
      const client = person.client.jwt;
      const ids = await given(client);
      const asked = { ...input(ids), mutationId: randomUUID() };
      const first = await answer(person, path, asked);
      expect([path, JSON.parse(first.body)]).toMatchObject([path, { error: { data: { reason } } }]);
      expect([path, await answer(person, path, asked)]).toEqual([path, first]);
      await later(client, ids);
      const before = [await client.tasks.list.query(), await rowsOf(person)];
      expect([path, await answer(person, path, asked)]).toEqual([path, first]);
      expect([await client.tasks.list.query(), await rowsOf(person)]).toEqual(before);
    }
  });

  /** Leaves room for so many tasks, or for their texts. */
  const rooms = {
    lists: (count: number) => `lists = ${LISTS_MAX_PER_OWNER - count}`,
    tasks: (count: number) => `open = ${TASKS_MAX_PER_OWNER - count}`,
    bytes: (count: number) => `task_bytes = ${TASKS_MAX_BYTES_PER_OWNER - 100 * count}`,
  };
  const room = ({ userId }: Person, count: number, quota: keyof typeof rooms = 'tasks') =>
    inspect(api.database.superuserUrl, `update owners set ${rooms[quota](count)} where user_id = '${userId}'`);

  it.each(['tasks', 'bytes'] as const)(
    'because there was no room for %s, or a batch met other content, was not applied: repeated, it is when nothing stands in its way',
    async (quota) => {
      const person = await api.signUp();
      const { tasks } = person.client.jwt;
      const [id = '', other = ''] = await make(person.client.jwt, 'there', 'there too, under a longer title');
      await tasks.remove.mutate({ id: other });
      const calls: Record<string, object> = {
        'tasks.create': { title: 'one' },
        'tasks.createMany': { tasks: [{ title: 'one' }] },
        'tasks.import': { tasks: [{ id: randomUUID(), title: 'one' }] },
        'tasks.restore': { id: other },
        'history.rewind': { to: 2 },
      };
      for (const [path, input] of Object.entries(calls)) {
        await room(person, 0, quota);
        const asked = { ...input, mutationId: randomUUID() };
        const before = await rowsOf(person);
        const first = await answer(person, path, asked);
        expect([path, JSON.parse(first.body)]).toMatchObject([path, { error: { data: { reason: 'QUOTA_REACHED', quota } } }]);
        expect(await answer(person, path, asked)).toEqual(first);
        expect(await rowsOf(person)).toEqual(before);
        await room(person, 10, quota);
        const applied = await answer(person, path, asked);
        expect([path, applied.status]).toEqual([path, 200]);
        expect(await answer(person, path, asked)).toEqual(applied);
        if (path === 'tasks.restore') await tasks.remove.mutate({ id: other });
      }
      const many = { tasks: [{ title: 'one' }, { id, title: 'other' }], mutationId: randomUUID() };
      const first = await answer(person, 'tasks.createMany', many);
      expect(JSON.parse(first.body)).toMatchObject({ error: { data: { reason: 'ID_TAKEN', index: 1 } } });
      expect(await answer(person, 'tasks.createMany', many)).toEqual(first);
      await tasks.remove.mutate({ id });
      expect(await tasks.createMany.mutate(many)).toMatchObject({ tasks: [{ title: 'one' }, { id, title: 'other' }] });
    },
  );

  it('is found as applied despite a full list, a missing task or another version', async () => {
    const person = await api.signUp();
    const { tasks } = person.client.jwt;
    const [id = ''] = await make(person.client.jwt, 'one');
    const calls: [string, object][] = [
      ['tasks.create', { title: 'two', mutationId: randomUUID() }],
      ['tasks.createMany', { tasks: [{ title: 'three' }], mutationId: randomUUID() }],
      ['tasks.import', { tasks: [{ id: randomUUID(), title: 'four' }], mutationId: randomUUID() }],
      ['tasks.edit', { id, title: 'changed', expectedVersion: 1, mutationId: randomUUID() }],
      ['tasks.remove', { id, expectedVersion: 2, mutationId: randomUUID() }],
    ];
    const firsts = [];
    for (const [path, input] of calls) firsts.push(await answer(person, path, input));
    expect(firsts.map(({ status }) => status)).toEqual(calls.map(() => 200));
    await tasks.removeMany.mutate({ ids: (await tasks.list.query()).items.map((task) => task.id) });
    await room(person, 0);
    for (const [i, [path, input]] of calls.entries()) expect(await answer(person, path, input)).toEqual(firsts[i]);
  });
});
