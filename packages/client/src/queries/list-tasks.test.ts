import { startTestApi } from '@todo/api/testing';
import type { ImportTask, Task } from '@todo/contract';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { TodoClient } from '../index.ts';
import { startScene } from '../testing/replica.ts';
import { listTasks, type TaskFilter } from './list-tasks.ts';

const { twoClients } = await startScene(await startTestApi());

const TASKS = 300;
const FILTERS = 400;

const one = <const Value>(values: readonly Value[]) => fc.constantFrom(...values);
/** Undefined in half of the cases, as what is not given. */
const maybe = <Value>(given: fc.Arbitrary<Value>) => fc.option(given, { nil: undefined, freq: 2 });
/** Most filters are rarely given, so that together they leave some tasks. */
const rarely = <Value>(given: fc.Arbitrary<Value>) => fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: given });

const days = one(['1000-01-01', '2026-01-31', '2026-02-01', '2026-02-28', '9999-12-31']);
const times = one(['2026-01-05T00:00:00.000Z', '2026-01-05T00:00:00.001Z', '2026-02-01T12:00:00.000Z']);
const anyTimes = fc.oneof(times, one(['2026-01-05T01:00:00+01:00', '2026-02-01T12:00:00Z']));
const names = ['Work', 'Ärger', 'null', 'ΟΔΟΣ', 'İş'];
const inAnyCase = (label: string) => one([label, label.toLowerCase(), label.toUpperCase()]);
const labels = (most: number) =>
  fc.uniqueArray(one(names).chain(inAnyCase), {
    minLength: 1,
    maxLength: most,
    selector: (label) => label.normalize('NFKD').toLowerCase().replaceAll('ς', 'σ'),
  });
const words = [
  'Éclair',
  'eclipse',
  'Zebra',
  'straße',
  'STRASSE',
  'ΟΔΟΣ',
  'ıstanbul',
  'İstanbul',
  'ﬁle',
  '１２',
  '12',
  'a\u00adb',
  'ab',
  'が',
  '👩‍👧',
  'x_y%',
  'e\u0301',
  'đ',
];
const text = fc.array(one(words), { minLength: 1, maxLength: 3 }).map((some) => some.join(' '));

let todo: TodoClient;
let tasks: Task[];
let lists: string[];
let parents: string[];

beforeAll(async () => {
  const { here } = await twoClients();
  todo = here;
  lists = [(await here.lists.create({ name: 'One' })).id, (await here.lists.create({ name: 'Two' })).id];
  parents = [(await here.tasks.create({ title: 'Parent' })).id, (await here.tasks.create({ title: 'Parent', listId: lists[0] })).id];
  const task = fc
    .record({
      id: fc.uuid({ version: 4 }),
      title: text,
      description: maybe(text),
      place: one([{}, { listId: lists[0] }, { listId: lists[1] }, { parentId: parents[0] }, { listId: lists[0], parentId: parents[1] }]),
      priority: one(['none', 'low', 'medium', 'high']),
      startDate: maybe(days),
      dueDate: maybe(days),
      completedAt: maybe(times),
      labels: maybe(labels(3)),
      position: one(['Zz', 'a0', 'a1']),
    })
    .map(({ place, ...rest }): ImportTask => ({ ...rest, ...place }));
  const made = fc.sample(fc.uniqueArray(task, { minLength: TASKS, maxLength: TASKS, selector: ({ id }) => id }), { numRuns: 1, seed: 1 })[0] ?? [];
  await here.tasks.import({ tasks: made });
  tasks = await all({});
});

async function all(filter: TaskFilter): Promise<Task[]> {
  const items: Task[] = [];
  let cursor: string | null | undefined;
  do {
    const page: { items: Task[]; nextCursor: string | null } = await todo.tasks.list({ ...filter, limit: 200, cursor: cursor ?? undefined });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

const someLabels = () => maybe(labels(2));
const anyFilter = () =>
  fc
    .record({
      listId: rarely(one([null, ...lists])),
      parentId: rarely(one([null, ...parents])),
      when: fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({ completed: maybe(fc.boolean()), due: maybe(fc.oneof(fc.constant(null), fc.record({ from: maybe(days), to: maybe(days) }))) }),
        },
        { weight: 1, arbitrary: fc.record({ overdueOn: days }) },
      ),
      completedIn: rarely(fc.record({ from: maybe(anyTimes), before: maybe(anyTimes) })),
      startsBy: rarely(days),
      priority: rarely(fc.uniqueArray(one(['none', 'low', 'medium', 'high']), { minLength: 1, maxLength: 2 })),
      labels: rarely(fc.record({ all: someLabels(), any: someLabels(), none: someLabels() })),
      search: rarely(fc.oneof(text, one(['', 'ECL', 'ss', ' e ', '%', '_', '\\', '\u200b', 'I', 'か']))),
      sort: maybe(one(['position', 'created', 'updated', 'title', 'due', 'priority', 'completed'])),
      order: maybe(one(['asc', 'desc'])),
    })
    .map(({ when, ...rest }): TaskFilter => ({ ...rest, ...when }));

/** The ids of tasks in their order. Those of one millisecond, which are in no order that a client can know, are together. */
function idsOf(found: Task[], { sort = 'created' }: TaskFilter): string[][] {
  if (sort !== 'created' && sort !== 'updated') return found.map(({ id }) => [id]);
  const groups = Map.groupBy(found, ({ createdAt, updatedAt }) => (sort === 'created' ? createdAt : updatedAt));
  return [...groups.values()].map((members) => members.map(({ id }) => id).sort());
}

it('finds the same tasks as the server, in the same order', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(anyFilter(), async (filter) => {
      const expected = await all(filter);
      found += expected.length;
      expect(idsOf(listTasks(tasks, filter), filter)).toEqual(idsOf(expected, filter));
    }),
    { numRuns: FILTERS },
  );
  expect(found).toBeGreaterThan(FILTERS);
});
