import type { Input, procedures, Task } from '@todo/contract';
import { createTestDatabase, inspect, type Link, openLink, type TestDatabase } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { keyOf, matches, priorities, sortValue } from '../testing/listed.ts';
import { createRandom } from '../testing/model/random.ts';

type ListInput = NonNullable<Input<(typeof procedures.tasks)['list']>>;

const LASTING = 80;
const WALKS = 80;

let database: TestDatabase;
let link: Link;
let api: TestApi;
let ada: Person;
let lasting: Task[];

const random = createRandom(20_261_129);
const { below, one, some } = random;
const maybe = <Value>(value: () => Value, often = 2) => (below(often) === 0 ? value() : undefined);

const days = ['2026-01-31', '2026-02-01', '2026-02-28', '2026-03-01', '9999-12-31'];
const times = ['2026-01-05T00:00:00.000Z', '2026-01-05T00:00:00.001Z', '2026-02-01T12:00:00.000Z'];
const labels = ['Work', 'Ärger', 'x, "y" {z} \\', 'null', 'ΟΔΟΣ'];
const lists = Array.from({ length: 2 }, random.uuid);
/** Top-level tasks that have the others as subtasks: of the inbox and of each list. */
const parents = Array.from({ length: 2 }, random.uuid);
const positions = ['Zz', 'a0', 'a1'];
const titles = ['Apple', 'Banana', 'Cherry'];

const literal = (value: string | undefined) => (value === undefined ? 'null' : `'${value.replaceAll("'", "''")}'`);
const inAnyCase = (label: string) => one([label, label.toLowerCase(), label.toUpperCase()]);
const someLabels = (most = 2) => some(labels, most).map(inAnyCase);
const asArray = (items: string[]) => `array[${items.map(literal).join()}]::text[]`;

/** Random tasks with few distinct values, so that most have duplicates. The stamping trigger is off, so the given times are stored. */
function insertTasks(description: string, count: number): Promise<unknown> {
  const rows = Array.from({ length: count }, () => {
    const title = one(titles);
    const values = [title, description, title.toLowerCase(), one(priorities), one(positions), one(times), one(times)].map(literal);
    const parentId = maybe(() => one(parents));
    const listId = parentId === undefined ? maybe(() => one(lists)) : parentId === parents[0] ? undefined : lists[0];
    const dates = [parentId, listId, maybe(() => one(days)), maybe(() => one(days)), maybe(() => one(times))].map(literal);
    return `('${ada.userId}', gen_random_uuid(), ${[...values, ...dates].join()}, ${asArray(maybe(() => someLabels(3)) ?? [])}, 1)`;
  });
  const columns =
    'user_id, id, title, description, search, priority, position, created_at, updated_at, parent_id, list_id, start_date, due_date, completed_at, labels, version';
  return inspect(database.superuserUrl, `insert into tasks (${columns}) values ${rows.join()}`);
}

/** Removes some of the tasks that pass, and inserts as many new ones. */
async function churn(): Promise<void> {
  const gone = `delete from tasks where id in (select id from tasks where description = 'passes' order by random() limit 10)`;
  await inspect(database.superuserUrl, gone);
  await insertTasks('passes', 10);
}

beforeAll(async () => {
  database = await createTestDatabase();
  link = await openLink(database.appUrl);
  api = await startTestApi({ appUrl: link.url });
  ada = await api.signUp();
  for (const id of lists) await ada.client.jwt.lists.create.mutate({ id, name: id });
  for (const [i, id] of parents.entries()) await ada.client.jwt.tasks.create.mutate({ id, title: 'Parent', ...(i > 0 && { listId: lists[0] }) });
  await inspect(database.superuserUrl, 'alter table tasks disable trigger tasks_10_stamp');
  await insertTasks('lasts', LASTING);
  lasting = await walk({ limit: 200 });
  await insertTasks('passes', 30);
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await link[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function walk(input: ListInput, meanwhile = async () => {}): Promise<Task[]> {
  const items: Task[] = [];
  for (let cursor: string | null = '', pages = 1; cursor !== null; pages += 1) {
    if (pages % 5 === 0) await meanwhile();
    const page: { items: Task[]; nextCursor: string | null } = await ada.client.jwt.tasks.list.query({ ...input, ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

const sorts = ['position', 'created', 'updated', 'title', 'due', 'priority', 'completed'] as const;

function anyInput(): ListInput {
  const overdueOn = maybe(() => one(days), 4);
  const range = { from: maybe(() => one(days)), to: maybe(() => one(days)) };
  return {
    listId: maybe(() => one([null, ...lists]), 4),
    parentId: maybe(() => one([null, ...parents]), 4),
    ...(overdueOn === undefined ? { completed: maybe(() => below(2) === 0), due: maybe(() => one([null, range, range])) } : { overdueOn }),
    completedIn: maybe(() => ({ from: maybe(() => one(times)), before: maybe(() => one(times)) }), 6),
    startsBy: maybe(() => one(days), 5),
    priority: maybe(() => some(priorities, 2), 5),
    labels: maybe(
      () => ({ all: maybe(() => distinct(someLabels())), any: maybe(() => distinct(someLabels()), 3), none: maybe(() => distinct(someLabels()), 3) }),
      3,
    ),
    search: maybe(() => one(['APP', 'an', 'zz']), 6),
    sort: one(sorts),
    order: one(['asc', 'desc'] as const),
  };
}

const distinct = (names: string[]) => [...new Map(names.map((name) => [keyOf(name), name])).values()];

function expected(input: ListInput): string[] {
  const sorted = lasting.filter((task) => matches(task, input)).map((task) => ({ id: task.id, place: `${sortValue(task, input.sort)} ${task.id}` }));
  sorted.sort((a, b) => (a.place < b.place ? -1 : 1));
  return (input.order === 'asc' ? sorted : sorted.reverse()).map(({ id }) => id);
}

it('the test data has what the filters need', () => {
  expect(lasting).toHaveLength(LASTING + parents.length);
  for (const sort of sorts) expect(new Set(lasting.map((task) => sortValue(task, sort))).size).toBeLessThan(10);
});

it('any filters in any order, at any size of page, give what they say, without a gap or a repeat, while other tasks come and go', async () => {
  let found = 0;
  for (let i = 0; i < WALKS; i += 1) {
    const input = { ...anyInput(), limit: 1 + below(7) };
    const seen = await walk(input, churn);
    const ids = seen.map(({ id }) => id);
    expect(new Set(ids).size, JSON.stringify(input)).toBe(ids.length);
    expect(seen.filter((task) => !matches(task, input))).toEqual([]);
    const stayed = seen.filter(({ description }) => description !== 'passes').map(({ id }) => id);
    expect(stayed, JSON.stringify(input)).toEqual(expected(input));
    found += stayed.length;
  }
  expect(found).toBeGreaterThan(WALKS);
});

it('all filters and sorts together need no more statements than stated', async () => {
  link.statements();
  const texts = new Set<string>();
  for (let i = 0; i < 700; i += 1) {
    const { nextCursor } = await ada.client.jwt.tasks.list.query({ ...anyInput(), limit: 1 });
    const input = anyInput();
    if (nextCursor !== null) await ada.client.jwt.tasks.list.query({ ...input, limit: 1, cursor: nextCursor }).catch(() => {});
    for (const { text } of link.statements()) texts.add(text);
  }
  expect(texts.size).toBeLessThanOrEqual(504);
  expect(texts.size).toBeGreaterThan(100);
});

it('fails for a filter that contradicts itself', async () => {
  const refusals: [ListInput, string][] = [
    [{ overdueOn: '2026-01-31', completed: false }, 'completed'],
    [{ overdueOn: '2026-01-31', due: null }, 'due'],
    [{ labels: { all: [] } }, 'labels.all'],
    [{ labels: { any: ['a', 'A'] } }, 'labels.any'],
    [{ priority: [] }, 'priority'],
    [{ due: { from: '2026-02-30' } }, 'due.from'],
  ];
  for (const [input, field] of refusals) {
    const refused = await ada.client.jwt.tasks.list.query(input).catch((error: unknown) => error);
    expect(Object.keys(Object(refused).data.fields)).toEqual([field]);
  }
});

it('a cursor at a task without a date does not continue a list of tasks with dates', async () => {
  const { nextCursor } = await ada.client.jwt.tasks.list.query({ sort: 'due', order: 'desc', limit: 1 });
  const dated = { overdueOn: '2026-03-01', sort: 'due', order: 'desc', cursor: nextCursor ?? '' } as const;
  await expect(ada.client.jwt.tasks.list.query(dated)).rejects.toMatchObject({ data: { reason: 'INVALID_CURSOR' } });
});

it('the database cuts a page by its size, unless so few tasks cannot be too large', async () => {
  const isCut = async (limit: number) => {
    link.statements();
    await ada.client.jwt.tasks.list.query({ limit });
    return link.statements().some(({ text }) => text.includes('before <='));
  };
  expect([await isCut(20), await isCut(200)]).toEqual([false, true]);
});
