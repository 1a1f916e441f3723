import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';
import { fieldsRefused, storedEntities, valid } from '../testing/inputs.ts';
import { call, procedures } from '../testing/procedures.ts';

let api: TestApi;
let person: Person;
let id: string;

beforeAll(async () => {
  api = await startTestApi();
  person = await api.signUp();
  id = (await person.client.jwt.tasks.create.mutate({ title: 'Buy milk' })).id;
});
afterAll(() => api[Symbol.asyncDispose]());

describe.each([...procedures.keys()])('%s', (path) => {
  const input = () => valid[path]?.(id) ?? {};

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
    expect(await fieldsRefused(api, person, path, inputs)).toEqual(values.map(() => [key]));
  });

  it('takes no field from the prototype of its input', async () => {
    const before = await storedEntities(api);
    const response = await call(api, path, Object.fromEntries([['__proto__', input()]]), person.headers.jwt);
    expect(response.status).toBe(400);
    expect(await storedEntities(api)).toEqual(before);
  });

  it('refuses anything but an object', async () => {
    const inputs = [[], null, 'text', 7, true];
    expect(await fieldsRefused(api, person, path, inputs)).toEqual(inputs.map(() => ['']));
  });
});

describe('the input schemas', () => {
  const nodes = (value: unknown): object[] => (typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(nodes)] : []);
  const schemas = [...procedures].flatMap(([path, { inputs }]) => inputs.map((input) => ({ path, input })));

  it('are there for every procedure', () => {
    expect(schemas.map(({ path }) => path)).toEqual([...procedures.keys()]);
    expect(Object.keys(valid).sort(), 'rows of valid in apps/api/src/testing/inputs.ts').toEqual([...procedures.keys()].sort());
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

it('finds a task by its id in capitals, and makes one under an id in capitals', async () => {
  const { tasks } = person.client.jwt;
  const made = await tasks.create.mutate({ id: randomUUID().toUpperCase(), title: 'Loud' });
  expect(made.id).toBe(made.id.toLowerCase());
  const loud = { id: made.id.toUpperCase() };
  expect(await tasks.get.query(loud)).toEqual(plain(made));
  expect(await tasks.create.mutate({ ...loud, title: 'Loud' })).toEqual(made);
  expect(await tasks.edit.mutate({ ...loud, title: 'Quiet' })).toMatchObject({ id: made.id, version: 2 });
  expect(await tasks.complete.mutate(loud)).toMatchObject({ version: 3 });
  expect(await tasks.reopen.mutate(loud)).toMatchObject({ version: 4 });
  expect(await tasks.remove.mutate(loud)).toEqual({ id: made.id, seq: expect.any(Number) });
});
