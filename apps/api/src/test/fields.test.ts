import { randomUUID } from 'node:crypto';
import { DESCRIPTION_MAX_CODE_POINTS, LIST_NAME_MAX_CODE_POINTS, TITLE_MAX_CODE_POINTS } from '@todo/contract';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';
import { fieldsRefused, valid } from '../testing/inputs.ts';
import { procedures } from '../testing/procedures.ts';

let api: TestApi;
let person: Person;
beforeAll(async () => {
  api = await startTestApi();
  person = await api.signUp();
});
afterAll(() => api[Symbol.asyncDispose]());

const emoji = (count: number) => '🧀'.repeat(count);
const texts = (max: number) => ['a'.repeat(max + 1), emoji(max + 1), 'a\0b', 'half \ud83e', '\udddf half', 7, null];
const ids = ['', 'x', randomUUID().slice(1), `${randomUUID()}0`, `{${randomUUID()}}`, randomUUID().replaceAll('-', ''), 7, null];
const versions = [0, -1, 1.5, 2 ** 31, '1', null];

/** All mutations. */
const changing = [...procedures].flatMap(([path, { type }]) => (type === 'mutation' ? [path] : []));

describe('field by field', () => {
  const create = (fields: object) => ['tasks.create', { title: 'Fine', ...fields }] as const;
  const list = (fields: object) => ['tasks.list', fields] as const;
  const bad: Record<string, (readonly [string, object])[]> = {
    title: ['', ' ', '\t\n', '\u00a0', '\u3000', ...texts(TITLE_MAX_CODE_POINTS)].flatMap((title) => [
      create({ title }),
      ['tasks.edit', { id: randomUUID(), title }],
    ]),
    name: ['', ' ', '\u3000', ...texts(LIST_NAME_MAX_CODE_POINTS)].flatMap((name) => [
      ['lists.create', { name }] as const,
      ['lists.edit', { id: randomUUID(), name }] as const,
    ]),
    color: ['', 'red', '#fff', '#12345g', '#1234567', ' #123456', 7].flatMap((color) => [
      ['lists.create', { name: 'Fine', color }] as const,
      ['lists.edit', { id: randomUUID(), color }] as const,
    ]),
    archivedAt: [['lists.edit', { id: randomUUID(), archivedAt: null }]],
    'lists.0.archivedAt': ['yesterday', '2026-01-01', 7].map(
      (archivedAt) => ['lists.import', { lists: [{ id: randomUUID(), name: 'Fine', archivedAt }] }] as const,
    ),
    archived: ['true', 1, null].map((archived) => ['lists.list', { archived }] as const),
    description: [
      ...texts(DESCRIPTION_MAX_CODE_POINTS).map((description) => create({ description })),
      ...texts(DESCRIPTION_MAX_CODE_POINTS).flatMap((description) =>
        description === null ? [] : [['tasks.edit', { id: randomUUID(), description }] as const],
      ),
    ],
    id: ids.flatMap((bad) => [
      create({ id: bad }),
      ...['get', 'edit', 'complete', 'skip', 'reopen', 'remove'].map((verb) => [`tasks.${verb}`, { id: bad }] as const),
    ]),
    expectedVersion: versions.flatMap((expectedVersion) =>
      ['edit', 'complete', 'skip', 'reopen', 'remove'].map((verb) => [`tasks.${verb}`, { id: randomUUID(), expectedVersion }] as const),
    ),
    'tasks.0.completedAt': ['yesterday', '2026-02-30T00:00:00Z', '2026-01-01', '0999-01-01T00:00:00Z', '9999-12-31T23:59:59-14:00', 7].map(
      (completedAt) => ['tasks.import', { tasks: [{ id: randomUUID(), title: 'Fine', completedAt }] }] as const,
    ),
    'tasks.0.createdAt': [['tasks.import', { tasks: [{ id: randomUUID(), title: 'Fine', createdAt: '2026-01-01T00:00:00Z' }] }]],
    'tasks.0.id': ids.map((bad) => ['tasks.import', { tasks: [{ id: bad, title: 'Fine' }] }] as const),
    mutationId: [
      ['tasks.import', { tasks: [{ id: randomUUID(), title: 'Fine' }], dryRun: true, mutationId: randomUUID() }],
      ['history.rewind', { to: 0, dryRun: true, mutationId: randomUUID() }],
      ['history.undo', { of: { mutationId: randomUUID() }, dryRun: true, mutationId: randomUUID() }],
      ...ids.map((bad) => ['tasks.complete', { id: randomUUID(), mutationId: bad }] as const),
    ],
    groupId: [
      ['history.rewind', { to: 0, dryRun: true, groupId: randomUUID() }],
      ...changing.map((path) => [path, { ...valid[path]?.(randomUUID()), groupId: randomUUID() }] as const),
      ...ids.map((bad) => ['tasks.complete', { id: randomUUID(), groupId: bad, mutationId: randomUUID() }] as const),
    ],
    to: ['yesterday', '2026-02-30T00:00:00Z', '0999-01-01T00:00:00Z', '2026-01-01T00:00:00+24:00', -1, 1.5, null].map(
      (to) => ['history.rewind', { to }] as const,
    ),
    of: [
      ...[null, 7, {}, { mutationId: randomUUID(), groupId: randomUUID() }, { taskId: randomUUID() }, { seq: 1 }],
      ...[7, null].flatMap((bad) => [{ mutationId: bad }, { groupId: bad }]),
    ].map((of) => ['history.undo', { of }] as const),
    'of.mutationId': ids.filter((bad) => typeof bad === 'string').map((mutationId) => ['history.undo', { of: { mutationId } }] as const),
    'of.groupId': ids.filter((bad) => typeof bad === 'string').map((groupId) => ['history.undo', { of: { groupId } }] as const),
    limit: [
      ...[0, 201, -1, 1.5, '50', null].map((limit) => list({ limit })),
      ...[0, 501, -1, 1.5, '50', null].map((limit) => ['sync.changes', { limit }] as const),
    ],
    sort: ['urgency', 'Created', '', null, 'title; drop table tasks'].map((sort) => list({ sort })),
    order: ['up', 'DESC', null].map((order) => list({ order })),
    completed: ['true', 1, null].map((completed) => list({ completed })),
    search: texts(200).map((search) => list({ search })),
    cursor: ['a'.repeat(4097), 7, null].flatMap((cursor) => [list({ cursor }), ['sync.changes', { cursor }] as const, ['sync.watch', { cursor }] as const]),
    lastEventId: ['a'.repeat(4097), 7, null].map((lastEventId) => ['sync.watch', { lastEventId }] as const),
  };
  it.each(Object.entries(bad))('names %s when it is wrong', async (field, calls) => {
    for (const [path, inputs] of Map.groupBy(calls, ([path]) => path)) {
      const found = await fieldsRefused(
        api,
        person,
        path,
        inputs.map(([, input]) => input),
      );
      expect(found).toEqual(inputs.map(() => [field]));
    }
  });

  it('names every field that is wrong, and one that is missing', async () => {
    expect(await fieldsRefused(api, person, 'tasks.create', [{ id: 'x', description: 7, owner: 'me' }])).toEqual([['id', 'title', 'description', 'owner']]);
    expect(await fieldsRefused(api, person, 'tasks.get', [{}])).toEqual([['id']]);
  });

  it.each([
    ['a'.repeat(TITLE_MAX_CODE_POINTS), 'a'.repeat(DESCRIPTION_MAX_CODE_POINTS)],
    [emoji(TITLE_MAX_CODE_POINTS), emoji(DESCRIPTION_MAX_CODE_POINTS)],
    [' spaces stay ', '\t\n\r\u2028 "quotes" \\ \' ; -- $1 %s \u0001'],
    ['é ﷺ 👩‍👩‍👧', ''],
  ])('gives texts back as they came, up to the limits', async (title, description) => {
    const made = await person.client.jwt.tasks.create.mutate({ title, description });
    expect(made).toMatchObject({ title, description });
    expect(await person.client.jwt.tasks.get.query({ id: made.id })).toEqual(plain(made));
  });

  it('calls blank whatever the database calls blank', async () => {
    const spaces = await inspect(api.database.superuserUrl, String.raw`select chr(code) as title from generate_series(1, 55295) code where chr(code) !~ '\S'`);
    expect(spaces.length).toBeGreaterThan(5);
    expect(await fieldsRefused(api, person, 'tasks.create', spaces)).toEqual(spaces.map(() => ['title']));
  });
});
