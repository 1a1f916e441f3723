import { randomUUID } from 'node:crypto';
import { DESCRIPTION_MAX_CODE_POINTS, TITLE_MAX_CODE_POINTS } from '@todo/db';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Person, startTestApi, type TestApi } from '../testing.ts';
import { call, procedures } from './procedures.ts';

let api: TestApi;
let person: Person;
let id: string;

beforeAll(async () => {
  api = await startTestApi();
  person = await api.signUp();
  id = (await person.client.jwt.tasks.create.mutate({ title: 'Buy milk' })).id;
});
afterAll(() => api[Symbol.asyncDispose]());

const stored = () => inspect(api.database.superuserUrl, 'select to_jsonb(task) as row from tasks task order by 1');

const refusal = z.object({ error: z.object({ data: z.object({ reason: z.literal('INVALID_INPUT'), fields: z.unknown() }) }) });

/** Sends the inputs, sees each refused and nothing stored, and answers the fields that were wrong with each. */
async function fieldsRefused(path: string, inputs: unknown[]): Promise<string[][]> {
  const before = await stored();
  const fields: string[][] = [];
  for (const input of inputs) {
    const response = await call(api, path, input, person.headers.jwt);
    const body: unknown = await response.json();
    expect([response.status, body], JSON.stringify(input)).toEqual([400, expect.anything()]);
    fields.push(Object.keys(Object(refusal.parse(body).error.data.fields)));
  }
  expect(await stored()).toEqual(before);
  return fields;
}

/** An input that each procedure accepts. */
const valid: Record<string, () => Record<string, unknown>> = {
  'history.rewind': () => ({ to: 1 }),
  'tasks.createMany': () => ({ tasks: [{ title: 'Smuggled' }] }),
  'tasks.completeMany': () => ({ ids: [id] }),
  'tasks.removeMany': () => ({ ids: [id] }),
  'tasks.removed': () => ({}),
  'tasks.restore': () => ({ id }),
  'history.list': () => ({}),
  'sync.changes': () => ({ since: 0 }),
  'sync.watch': () => ({ since: 0 }),
  'tasks.create': () => ({ title: 'Smuggled' }),
  'tasks.get': () => ({ id }),
  'tasks.list': () => ({}),
  'tasks.counts': () => ({}),
  'tasks.edit': () => ({ id, title: 'Smuggled' }),
  'tasks.complete': () => ({ id }),
  'tasks.reopen': () => ({ id }),
  'tasks.remove': () => ({ id }),
};

describe.each([...procedures.keys()])('%s', (path) => {
  const input = () => valid[path]?.() ?? {};

  const smuggled = [
    'userId',
    'user_id',
    'ownerId',
    'owner',
    'tenant',
    'version',
    'createdAt',
    'updatedAt',
    'completedAt',
    '__proto__',
    'constructor',
    'toString',
  ];
  it.each(smuggled)('refuses %s in its input and stores nothing', async (key) => {
    const values = [randomUUID(), 7, null, { title: 'Inherited', userId: randomUUID() }];
    const inputs = values.map((value) => Object.fromEntries([...Object.entries(input()), [key, value]]));
    expect(await fieldsRefused(path, inputs)).toEqual(values.map(() => [key]));
  });

  it('takes no field from the prototype of its input', async () => {
    const before = await stored();
    const response = await call(api, path, Object.fromEntries([['__proto__', input()]]), person.headers.jwt);
    expect(response.status).toBe(400);
    expect(await stored()).toEqual(before);
  });

  it('refuses what is no object', async () => {
    const inputs = [[], null, 'text', 7, true];
    expect(await fieldsRefused(path, inputs)).toEqual(inputs.map(() => ['']));
  });
});

describe('the input schemas', () => {
  const nodes = (value: unknown): object[] => (typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(nodes)] : []);
  const schemas = [...procedures].flatMap(([path, { inputs }]) => inputs.map((input) => ({ path, input })));

  it('are there for every procedure', () => {
    expect(schemas.map(({ path }) => path)).toEqual([...procedures.keys()]);
    expect(Object.keys(valid).sort()).toEqual([...procedures.keys()].sort());
  });

  it.each(schemas)('of $path are strict and name no owner, at any depth', ({ input }) => {
    if (!(input instanceof z.ZodType)) throw new Error('This input is no zod schema.');
    const objects = nodes(z.toJSONSchema(input, { io: 'input' })).filter((node) => 'type' in node && node.type === 'object');
    expect(objects).not.toEqual([]);
    for (const node of objects) {
      expect(node).toMatchObject({ additionalProperties: false });
      const names = 'properties' in node ? Object.keys(Object(node.properties)) : [];
      expect(names.filter((name) => /user|owner|tenant|account|author|session|role/i.test(name))).toEqual([]);
    }
  });
});

const emoji = (count: number) => '🧀'.repeat(count);
const texts = (max: number) => ['a'.repeat(max + 1), emoji(max + 1), 'a\0b', 'half \ud83e', '\udddf half', 7, null];
const ids = ['', 'x', randomUUID().slice(1), `${randomUUID()}0`, `{${randomUUID()}}`, randomUUID().replaceAll('-', ''), 7, null];
const versions = [0, -1, 1.5, 2 ** 31, '1', null];

describe('field by field', () => {
  const create = (fields: object) => ['tasks.create', { title: 'Fine', ...fields }] as const;
  const list = (fields: object) => ['tasks.list', fields] as const;
  const bad: Record<string, (readonly [string, object])[]> = {
    title: ['', ' ', '\t\n', '\u00a0', '\u3000', ...texts(TITLE_MAX_CODE_POINTS)].flatMap((title) => [
      create({ title }),
      ['tasks.edit', { id: randomUUID(), title }],
    ]),
    description: texts(DESCRIPTION_MAX_CODE_POINTS).flatMap((description) => [create({ description }), ['tasks.edit', { id: randomUUID(), description }]]),
    id: ids.flatMap((bad) => [create({ id: bad }), ...['get', 'edit', 'complete', 'reopen', 'remove'].map((verb) => [`tasks.${verb}`, { id: bad }] as const)]),
    expectedVersion: versions.flatMap((expectedVersion) =>
      ['edit', 'complete', 'reopen', 'remove'].map((verb) => [`tasks.${verb}`, { id: randomUUID(), expectedVersion }] as const),
    ),
    since: ['0', 1.5, 2 ** 53, null, undefined].flatMap((since) => [['sync.changes', { since }] as const, ['sync.watch', { since }] as const]),
    sinceHash: ['a', 'a'.repeat(15), 'a'.repeat(17), 'A'.repeat(16), 'g'.repeat(16), `${'a'.repeat(16)}\n`, 7, null].flatMap((sinceHash) => [
      ['sync.changes', { since: 1, sinceHash }] as const,
      ['sync.watch', { since: 1, sinceHash }] as const,
    ]),
    limit: [
      ...[0, 201, -1, 1.5, '50', null].map((limit) => list({ limit })),
      ...[0, 501, -1, 1.5, '50', null].map((limit) => ['sync.changes', { since: 0, limit }] as const),
    ],
    sort: ['priority', 'Created', '', null, 'title; drop table tasks'].map((sort) => list({ sort })),
    order: ['up', 'DESC', null].map((order) => list({ order })),
    completed: ['true', 1, null].map((completed) => list({ completed })),
    search: texts(200).map((search) => list({ search })),
    cursor: ['a'.repeat(4097), 7, null].map((cursor) => list({ cursor })),
  };
  it.each(Object.entries(bad))('names %s when it is wrong', async (field, calls) => {
    for (const [path, inputs] of Map.groupBy(calls, ([path]) => path)) {
      const found = await fieldsRefused(
        path,
        inputs.map(([, input]) => input),
      );
      expect(found).toEqual(inputs.map(() => [field]));
    }
  });

  it('names every field that is wrong, and one that is missing', async () => {
    expect(await fieldsRefused('tasks.create', [{ id: 'x', description: 7, owner: 'me' }])).toEqual([['id', 'title', 'description', 'owner']]);
    expect(await fieldsRefused('tasks.get', [{}])).toEqual([['id']]);
  });

  it.each([
    ['a'.repeat(TITLE_MAX_CODE_POINTS), 'a'.repeat(DESCRIPTION_MAX_CODE_POINTS)],
    [emoji(TITLE_MAX_CODE_POINTS), emoji(DESCRIPTION_MAX_CODE_POINTS)],
    [' spaces stay ', '\t\n\r\u2028 "quotes" \\ \' ; -- $1 %s \u0001'],
    ['é e\u0301 ﷺ 👩‍👩‍👧', ''],
  ])('gives texts back as they came, up to the limits', async (title, description) => {
    const made = await person.client.jwt.tasks.create.mutate({ title, description });
    expect(made).toMatchObject({ title, description });
    expect(await person.client.jwt.tasks.get.query({ id: made.id })).toEqual(made);
  });

  it('calls blank whatever the database calls blank', async () => {
    const spaces = await inspect(api.database.superuserUrl, String.raw`select chr(code) as title from generate_series(1, 55295) code where chr(code) !~ '\S'`);
    expect(spaces.length).toBeGreaterThan(5);
    expect(await fieldsRefused('tasks.create', spaces)).toEqual(spaces.map(() => ['title']));
  });
});

it('finds a task by its id in capitals, and makes one under an id in capitals', async () => {
  const { tasks } = person.client.jwt;
  const made = await tasks.create.mutate({ id: randomUUID().toUpperCase(), title: 'Loud' });
  expect(made.id).toBe(made.id.toLowerCase());
  const loud = { id: made.id.toUpperCase() };
  expect(await tasks.get.query(loud)).toEqual(made);
  expect(await tasks.create.mutate({ ...loud, title: 'Loud' })).toEqual(made);
  expect(await tasks.edit.mutate({ ...loud, title: 'Quiet' })).toMatchObject({ id: made.id, version: 2 });
  expect(await tasks.complete.mutate(loud)).toMatchObject({ version: 3 });
  expect(await tasks.reopen.mutate(loud)).toMatchObject({ version: 4 });
  expect(await tasks.remove.mutate(loud)).toEqual({ id: made.id });
});
