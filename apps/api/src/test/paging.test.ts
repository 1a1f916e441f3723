import { inspect } from '@todo/db/testing';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AppRouter } from '../router.ts';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';

type ListInput = NonNullable<inferRouterInputs<AppRouter>['tasks']['list']>;
type Task = inferRouterOutputs<AppRouter>['tasks']['get'];

const LASTING = 10_000;
const PASSING = 400;

let api: TestApi;
let person: Person;
let lasting: Task[];

const run = (text: string) => inspect(api.database.superuserUrl, text);

/** Tasks with few distinct times and titles, so that most have duplicates. The stamping trigger is off, so the given times are stored. */
const tasksNamed = (description: string, count: number) => `
  insert into tasks (user_id, id, title, description, search, completed_at, created_at, updated_at, version)
  select '${person.userId}', gen_random_uuid(), 'Task ' || lpad((i * 31 % 97)::text, 3, '0'), '${description}' || case when i % 4 = 0 then ' Needle' else '' end,
    case when i % 4 = 0 then 'needle' else '' end, case when i % 3 = 0 then now() end, timestamptz '2026-01-01' + make_interval(mins => i * 17 % 101), timestamptz '2026-02-01' + make_interval(mins => i * 29 % 89), 1
  from generate_series(1, ${count}) i`;

beforeAll(async () => {
  api = await startTestApi();
  person = await api.signUp();
  await run('alter table tasks disable trigger tasks_10_stamp');
  await run(tasksNamed('lasts', LASTING));
  await run('analyze tasks');
  lasting = await everything({ limit: 200 });
  await run(tasksNamed('passes', PASSING));
});
afterAll(() => api[Symbol.asyncDispose]());

/** Removes random tasks named 'passes…' and inserts as many new ones. */
async function churn(): Promise<void> {
  const some = `select id from tasks where description like 'passes%' order by random() limit 100`;
  await run(`with gone as (delete from tasks where id in (${some}) returning 1) ${tasksNamed('passes', 100)}`);
}

/** Reads all pages. `meanwhile` runs concurrently, started at every tenth page. */
async function everything(input: ListInput, meanwhile = async () => {}): Promise<Task[]> {
  const items: Task[] = [];
  let beside = Promise.resolve();
  let cursor: string | null = null;
  for (let page = 0; page === 0 || cursor !== null; page += 1) {
    if (page % 10 === 0) {
      await beside;
      beside = meanwhile();
    }
    const answer: inferRouterOutputs<AppRouter>['tasks']['list'] = await person.client.jwt.tasks.list.query({ ...input, ...(cursor !== null && { cursor }) });
    items.push(...answer.items);
    cursor = answer.nextCursor;
  }
  await beside;
  return items;
}

const fields = { created: 'createdAt', updated: 'updatedAt', title: 'title' } as const;
const sorts = ['created', 'updated', 'title'] as const;
const orders = ['asc', 'desc'] as const;
const walks = sorts.flatMap((sort) =>
  orders.flatMap((order) => [undefined, false, true].flatMap((completed) => [undefined, 'nEEDLE'].map((search) => ({ sort, order, completed, search })))),
);

it.each(walks)('a walk by $sort $order (completed $completed, search $search) skips and repeats nothing while tasks come and go', async (walk) => {
  const { sort, order, completed, search } = walk;
  const matches = (task: Task) => (completed === undefined || completed === (task.completedAt !== null)) && (!search || task.description.endsWith('Needle'));
  const input = { sort, order, limit: 200, ...(completed !== undefined && { completed }), ...(search && { search }) };

  const seen = await everything(input, churn);

  const keys = seen.map((task) => `${task[fields[sort]]} ${task.id}`);
  const sorted = keys.toSorted();
  expect(keys).toEqual(order === 'asc' ? sorted : sorted.reverse());
  expect(new Set(keys).size).toBe(keys.length);
  expect(seen.every(matches)).toBe(true);
  const stayed = seen.filter(({ description }) => description.startsWith('lasts')).map(({ id }) => id);
  const expected = lasting.filter(matches).map(({ id }) => id);
  expect(stayed.toSorted()).toEqual(expected.toSorted());
  expect(seen.length).toBeGreaterThan(stayed.length);
});

it('the test data has the ties and the size that these tests need', async () => {
  expect(lasting).toHaveLength(LASTING);
  for (const field of Object.values(fields)) expect(new Set(lasting.map((task) => task[field])).size).toBeLessThan(110);
});
