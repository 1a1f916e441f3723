import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { call, outcomeOf } from '../testing/procedures.ts';

let api: TestApi;
let person: Person;

beforeAll(async () => {
  api = await startTestApi();
  person = await api.signUp();
  for (const title of ['A', 'B', 'C']) await person.client.jwt.tasks.create.mutate({ title });
});
afterAll(() => api[Symbol.asyncDispose]());

const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const orders = (['created', 'updated', 'title'] as const).flatMap((sort) => (['asc', 'desc'] as const).map((order) => ({ sort, order })));
const outcome = async (input: object) => outcomeOf(await call(api, 'tasks.list', input, person.headers.jwt));

async function cursorOf(input: (typeof orders)[number]): Promise<string> {
  const { nextCursor } = await person.client.jwt.tasks.list.query({ ...input, limit: 1 });
  if (nextCursor === null) throw new Error('There is no second page.');
  return nextCursor;
}

describe.each(orders)('a cursor by $sort $order', (input) => {
  const name = `${input.sort}-${input.order}`;
  const refused = async (cursors: string[]) => {
    const found = await Promise.all(cursors.map((cursor) => outcome({ ...input, cursor })));
    expect(Object.fromEntries(cursors.map((cursor, i) => [cursor, found[i]]))).toEqual(Object.fromEntries(cursors.map((cursor) => [cursor, 'INVALID_CURSOR'])));
  };

  it('leads on in its own order, and in no other', async () => {
    const cursor = await cursorOf(input);
    const found = await Promise.all(orders.map((other) => outcome({ ...other, cursor })));
    expect(found).toEqual(orders.map((other) => (other === input ? 'ok' : 'INVALID_CURSOR')));
  });

  it('names its order, a value and an id, and no owner', async () => {
    const cursor = await cursorOf(input);
    const [first] = (await person.client.jwt.tasks.list.query({ ...input, limit: 1 })).items;
    const time = (text = '') => expect.stringMatching(new RegExp(`^${text.slice(0, -1)}\\d{3}Z$`));
    const value = { created: time(first?.createdAt), updated: time(first?.updatedAt), title: first?.title }[input.sort];
    expect(JSON.parse(Buffer.from(cursor, 'base64url').toString())).toEqual([name, value, first?.id]);
  });

  it('is refused when any part of it was changed', async () => {
    const [madeFor, value, id] = JSON.parse(Buffer.from(await cursorOf(input), 'base64url').toString());
    await refused(
      [
        [madeFor, value],
        [madeFor, value, id, id],
        [madeFor, value, id, person.userId],
        [madeFor, value, 'x'],
        [madeFor, value, `${id}'`],
        [madeFor, value, null],
        [madeFor, null, id],
        [madeFor, 7, id],
        [madeFor, [value], id],
        [madeFor.toUpperCase(), value, id],
        ['', value, id],
        { 0: madeFor, 1: value, 2: id, length: 3 },
        [[madeFor, value, id]],
        id,
        null,
      ].map(encode),
    );
  });

  it('is refused when it is garbage', async () => {
    const garbage = ['', '!', 'null', '0', '=====', 'äöü', randomUUID(), encode('{'), encode('['.repeat(3000)), 'A'.repeat(4096), encode(`["${name}"`)];
    await refused(garbage);
  });
});

// biome-ignore format: one line each would fill a screen
const times = [
  '', 'now', 'infinity', '-infinity', 'epoch', 'today', '2026', '2026-11-23', '2026-11-23T10:00:00Z', '2026-11-23T10:00:00.000', '2026-11-23T10:00:00.000+01:00',
  '2026-02-30T10:00:00.000000Z', '2026-13-01T10:00:00.000000Z', '2026-11-23T25:00:00.000000Z', '2026-11-23T10:00:60.000000Z', '2026-11-23T24:00:00.000000Z', '0000-01-01T00:00:00.000000Z',
  '0000-00-00T00:00:00.000000Z', '+275760-09-13T00:00:00.000000Z', '-000001-01-01T00:00:00.000000Z', '10000-01-01T00:00:00.000000Z', '2026-11-23T10:00:00.000Z', '2026-11-23 10:00:00.000000Z',
  '2026-11-23T10:00:00.000000Z BC', "2026-11-23T10:00:00.000000Z'", '２０２６-11-23T10:00:00.000000Z',
];
const titles = ['', ' ', 'a\0b', '\0', '\ud800', 'a\udfff', 'a'.repeat(501), '🧀'.repeat(501), '\u0085'];

it.each(['created', 'updated'] as const)('a cursor by %s is refused with a time that no task can have', async (sort) => {
  for (const order of ['asc', 'desc']) {
    const found = await Promise.all(times.map((time) => outcome({ sort, order, cursor: encode([`${sort}-${order}`, time, randomUUID()]) })));
    expect(found.map((reason, i) => [times[i], reason])).toEqual(times.map((time) => [time, 'INVALID_CURSOR']));
  }
});

it('a cursor by title is refused with a title that no task can have', async () => {
  for (const order of ['asc', 'desc']) {
    const found = await Promise.all(titles.map((title) => outcome({ sort: 'title', order, cursor: encode([`title-${order}`, title, randomUUID()]) })));
    expect(found.map((reason, i) => [titles[i], reason])).toEqual(titles.map((title) => [title, 'INVALID_CURSOR']));
  }
});

it('a cursor before and after everything gives all and nothing', async () => {
  const { tasks } = person.client.jwt;
  const id = randomUUID();
  const at = (sort: 'created' | 'updated' | 'title', order: 'asc' | 'desc', value: string) =>
    tasks.list.query({ sort, order, cursor: encode([`${sort}-${order}`, value, id]) }).then(({ items }) => items.length);
  for (const sort of ['created', 'updated'] as const) {
    expect(await at(sort, 'asc', '1000-01-01T00:00:00.000000Z')).toBe(3);
    expect(await at(sort, 'desc', '1000-01-01T00:00:00.000000Z')).toBe(0);
    expect(await at(sort, 'asc', '9999-12-31T23:59:59.999999Z')).toBe(0);
    expect(await at(sort, 'desc', '9999-12-31T23:59:59.999999Z')).toBe(3);
  }
  expect(await at('title', 'asc', '!')).toBe(3);
  expect(await at('title', 'desc', '!')).toBe(0);
});

it('the longest titles fit into a cursor', async () => {
  const { tasks } = (await api.signUp()).client.jwt;
  const longest = [`${'\u0001'.repeat(499)}a`, '🧀'.repeat(500), '"'.repeat(500), '\\'.repeat(500)];
  for (const title of longest) await tasks.create.mutate({ title });
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof tasks.list.query>> = await tasks.list.query({ sort: 'title', limit: 1, ...(cursor && { cursor }) });
    seen.push(...page.items.map(({ title }) => title));
    cursor = page.nextCursor;
  }
  expect(seen.toSorted()).toEqual(longest.toSorted());
});

describe('the last page', () => {
  it.each([
    { tasks: 0, limit: 1, pages: [0] },
    { tasks: 1, limit: 1, pages: [1] },
    { tasks: 2, limit: 1, pages: [1, 1] },
    { tasks: 3, limit: 2, pages: [2, 1] },
    { tasks: 4, limit: 2, pages: [2, 2] },
    { tasks: 50, limit: undefined, pages: [50] },
    { tasks: 51, limit: undefined, pages: [50, 1] },
    { tasks: 200, limit: 200, pages: [200] },
    { tasks: 201, limit: 200, pages: [200, 1] },
  ])('of $tasks tasks, $limit at a time, has no cursor, and every other has one', async ({ tasks: count, limit, pages }) => {
    const { tasks } = (await api.signUp()).client.jwt;
    await Promise.all(Array.from({ length: count }, (_, i) => tasks.create.mutate({ title: `Task ${i}` })));
    const found: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Awaited<ReturnType<typeof tasks.list.query>> = await tasks.list.query({ ...(limit && { limit }), ...(cursor && { cursor }) });
      found.push(page.items.length);
      cursor = page.nextCursor;
    }
    expect(found).toEqual(pages);
  });
});
