import { createTestDatabase, explain, inspect, type Link, openLink, type TestDatabase, trust } from '@todo/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing.ts';

const TASKS = 10_000;
const PAGE = 50;
/** One for each row and for the row that says there is more, and the way down the index. */
const PAGE_MAX_BUFFERS = PAGE + 1 + 10;

let database: TestDatabase;
let link: Link;
let api: TestApi;
let ada: Person;
let id: string;

const data = (userId: string) => [
  `insert into "user" select gen_random_uuid(), 'P', n || '@example.org', true, null, now(), now() from generate_series(1, 3000) n`,
  `insert into session (id, user_id, token, expires_at, created_at, updated_at) select id, id, id, now(), now(), now() from "user"`,
  'insert into task_counters select id, 0, 0 from "user" on conflict do nothing',
  `insert into tasks (user_id, id, title) select '${userId}', gen_random_uuid(), 'Task ' || n from generate_series(1, ${TASKS}) n`,
  `insert into tasks (user_id, id, title) select id, gen_random_uuid(), 'Task ' || n from "user", generate_series(1, 5) n`,
  `update tasks set completed_at = now() where title like '%7'`,
  'vacuum analyze',
];

beforeAll(async () => {
  database = await createTestDatabase();
  link = await openLink(database.appUrl);
  api = await startTestApi({ appUrl: link.url });
  ada = await api.signUp();
  for (const text of data(ada.userId)) await inspect(database.superuserUrl, text);
});
beforeEach(async () => {
  ({ id } = await ada.client.jwt.tasks.create.mutate({ title: 'New' }));
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await link[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

type Client = Person['client']['jwt'];
type Mode = 'custom' | 'generic';

/** How PostgreSQL runs the one statement that a call sends for its owner. */
async function planOf(call: (client: Client) => Promise<unknown>, mode: Mode) {
  link.statements();
  await call(ada.client.jwt);
  const [statement, ...others] = link.statements();
  if (!statement || others.length > 0) throw new Error('A call must send one statement.');
  const { userId } = ada;
  trust(userId);
  return explain(database.appUrl, userId, statement, mode);
}

/** Work that grows with the number of tasks. */
const growing = /Sort|Seq Scan|Bitmap|Aggregate|Hash/;

const calls: [name: string, indexes: string[], call: (client: Client) => Promise<unknown>][] = [
  ['get', ['tasks_pkey'], ({ tasks }) => tasks.get.query({ id })],
  ['counts', ['task_counters_pkey'], ({ tasks }) => tasks.counts.query()],
  ['create', [], ({ tasks }) => tasks.create.mutate({ title: 'New' })],
  ['edit', ['tasks_pkey'], ({ tasks }) => tasks.edit.mutate({ id, title: 'Changed', expectedVersion: 1 })],
  ['complete', ['tasks_pkey'], ({ tasks }) => tasks.complete.mutate({ id })],
  ['reopen', ['tasks_pkey'], ({ tasks }) => tasks.reopen.mutate({ id })],
  ['remove', ['tasks_pkey'], ({ tasks }) => tasks.remove.mutate({ id })],
  ['list', ['tasks_newest_idx'], ({ tasks }) => tasks.list.query()],
  ['list, oldest first,', ['tasks_newest_idx'], ({ tasks }) => tasks.list.query({ order: 'asc' })],
  ['list of open tasks', ['tasks_open_newest_idx'], ({ tasks }) => tasks.list.query({ completed: false })],
  ['list of completed tasks', ['tasks_completed_newest_idx'], ({ tasks }) => tasks.list.query({ completed: true })],
  ['list by last change', ['tasks_updated_idx'], ({ tasks }) => tasks.list.query({ sort: 'updated' })],
  ['list by title', ['tasks_title_idx'], ({ tasks }) => tasks.list.query({ sort: 'title' })],
];

describe.each(['custom', 'generic'] as const)('by a %s plan', (mode) => {
  it.each(calls)('%s reads %j and nothing that grows', async (_, indexes, call) => {
    const plan = await planOf(call, mode);
    expect([...new Set(plan.indexes)]).toEqual(indexes);
    expect(plan.steps.filter((step) => growing.test(step))).toEqual([]);
  });

  it.each(['created', 'updated', 'title'] as const)('the first and the deepest page by %s touch one buffer a task at most', async (sort) => {
    const page = { sort, limit: PAGE };
    let cursor = (await ada.client.jwt.tasks.list.query(page)).nextCursor;
    let deepest = cursor ?? '';
    while (cursor) {
      deepest = cursor;
      cursor = (await ada.client.jwt.tasks.list.query({ sort, limit: 200, cursor })).nextCursor;
    }
    const first = await planOf(({ tasks }) => tasks.list.query(page), mode);
    const last = await planOf(({ tasks }) => tasks.list.query({ ...page, cursor: deepest }), mode);
    expect(last.indexes).toEqual(first.indexes);
    expect(first.buffers).toBeLessThanOrEqual(PAGE_MAX_BUFFERS);
    expect(last.buffers).toBeLessThanOrEqual(PAGE_MAX_BUFFERS);
  });

  it('a session is found by its token', async () => {
    link.statements();
    await ada.client.cookie.tasks.counts.query();
    const [lookup] = link.statements();
    if (!lookup) throw new Error('A session was not looked up.');
    const plan = await explain(database.appUrl, null, lookup, mode);
    expect(plan.indexes).toEqual(['session_token_key']);
    expect(plan.steps).not.toContain('Seq Scan');
  });
});
