import { createTestDatabase, explain, inspect, openLink, trust } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CredentialKind, type Person, startTestApi } from '../testing/api.ts';
import { calls } from '../testing/calls.ts';
import { type Call, prepareInput } from '../testing/given.ts';
import { call, procedures } from '../testing/procedures.ts';

const FEW = 100;
const MANY = 10_000;
const LISTS = 600;
const PAGE = 50;
/** One buffer for each row and the extra row, plus the index descent and the planner's lookups. */
const PAGE_MAX_BUFFERS = PAGE + 1 + 15;
/** The index descents for the two forms of a token, the row, and the planner's lookups. */
const LOOKUP_MAX_BUFFERS = 11;

/** Other users with three sessions each, tasks and history. */
const others = (count: number) => [
  `insert into "user" select gen_random_uuid(), 'P', n || '@example.org', true, null, now(), now() from generate_series(1, ${count}) n`,
  `insert into session (id, user_id, token, expires_at, created_at, updated_at)
    select gen_random_uuid(), id, gen_random_uuid(), now() + interval '1 day', now(), now() from "user", generate_series(1, 3) where email like '%.org'`,
  `insert into tasks (user_id, id, title, labels) select id, gen_random_uuid(), 'Task ' || n, case when n % 2 = 0 then array['Work'] else '{}' end
    from "user", generate_series(1, 20) n where email like '%.org'`,
  `insert into lists (user_id, id, name) select id, gen_random_uuid(), 'List ' || n from "user", generate_series(1, 5) n where email like '%.org'`,
  `insert into idempotency_keys (user_id, id, group_id, seq, at) select user_id, gen_random_uuid(), gen_random_uuid(), seq, at from events`,
];
/** Lists, and `count` tasks, one in ten completed, one in four due on one of 100 days, one in ten labelled, and more removed tasks than fit on a page. */
const own = (owner: string, count: number) => [
  `insert into lists (user_id, id, name) select '${owner}', gen_random_uuid(), 'List ' || n from generate_series(1, ${LISTS}) n`,
  `insert into tasks (user_id, id, title, position, due_date, labels) select '${owner}', gen_random_uuid(), 'Task ' || n, 'e' || lpad(n::text, 5, '0'),
    case when n % 4 = 3 then date '2026-01-01' + n % 400 end, case n % 10 when 3 then array['Label ' || n / 10 % 20] when 5 then case when n % 500 = 5 then array['Rare'] else '{}' end else '{}' end
    from generate_series(1, ${count}) n`,
  `update tasks set completed_at = now() where user_id = '${owner}' and title like '%7'`,
  `insert into tasks (user_id, id, title) select '${owner}', gen_random_uuid(), 'Gone' from generate_series(1, ${PAGE + 10}) n`,
  `delete from tasks where user_id = '${owner}' and title = 'Gone'`,
];

/** A transaction that is open meanwhile, such as that of a statement of the API, keeps dead rows, which would be counted as pages that a plan reads. */
const vacuum = (url: string) =>
  expect
    .poll(async () => {
      await inspect(url, 'vacuum analyze');
      return inspect(url, "select n_dead_tup from pg_stat_user_tables where relname = 'tasks' and n_dead_tup > 0");
    })
    .toEqual([]);

/** The API with `neighbours` other users and two more users, one with few and one with many tasks. */
async function startWorld(neighbours: number) {
  const database = await createTestDatabase();
  const link = await openLink(database.appUrl);
  const api = await startTestApi({ appUrl: link.url });
  const people = new Map([
    [FEW, await api.signUp()],
    [MANY, await api.signUp()],
  ]);
  // Without autovacuum, so that statistics and plans do not change during the test.
  const still = ['tasks', 'task_labels', 'lists', 'owners', 'events', 'idempotency_keys', 'session', '"user"'].map(
    (table) => `alter table ${table} set (autovacuum_enabled = off)`,
  );
  const data = [...still, ...others(neighbours), ...[...people].flatMap(([count, { userId }]) => own(userId, count)), 'vacuum analyze'];
  for (const text of data) await inspect(database.superuserUrl, text);
  const stop = async () => {
    await api[Symbol.asyncDispose]();
    await link[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
  return { database, link, api, people, [Symbol.asyncDispose]: stop };
}

type World = Awaited<ReturnType<typeof startWorld>>;
const NEIGHBOURS = [5, 1_000];
const modes = ['custom', 'generic'] as const;
const worlds = new Map<number, World>();

beforeAll(async () => {
  for (const count of NEIGHBOURS) worlds.set(count, await startWorld(count));
});
afterAll(async () => {
  for (const world of worlds.values()) await world[Symbol.asyncDispose]();
});

function find(neighbours: number, tasks: number): World & { person: Person } {
  const world = worlds.get(neighbours);
  const person = world?.people.get(tasks);
  if (!world || !person) throw new Error('The test has no user yet.');
  return { ...world, person };
}

/** The statements of a call, with ids of later tasks in the parameters, because the call has changed its own. */
async function capture({ link, api, person }: ReturnType<typeof find>, path: string, { on, input }: Pick<Call, 'on' | 'input'>, kind: CredentialKind = 'jwt') {
  const given = await prepareInput(person, on);
  link.statements();
  const { status } = await call(api, path, input(given), person.headers[kind]);
  if (status !== 200) throw new Error(`${path} answered ${status}.`);
  const statements = link.statements();
  const instead = await prepareInput(person, on);
  const stand = (value: string) =>
    (['first', 'second', 'mutationId', 'groupId'] as const).reduce((text, name) => text.replaceAll(given[name], instead[name]), value);
  return statements.map(({ text, values }) => ({ text, values: values.map((value) => value && stand(value)) }));
}

type Sent = Awaited<ReturnType<typeof capture>>;

/** The work of PostgreSQL for each of these statements. */
async function workOf({ database, person: { userId } }: ReturnType<typeof find>, statements: Sent, mode: (typeof modes)[number]) {
  trust(userId);
  const plans = [];
  for (const statement of statements) plans.push(await explain(database.appUrl, userId, statement, mode));
  const reads = plans.flatMap((plan) => Object.entries(plan.reads));
  const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
  return { buffers: sum(plans.map(({ buffers }) => buffers)), rows: sum(reads.map(([, count]) => count)), read: new Set(reads.map(([name]) => name)) };
}

it('has calls of every procedure', () => {
  expect(Object.keys(calls).sort(), 'rows of calls in apps/api/src/testing/calls.ts').toEqual([...procedures.keys()].sort());
});

const rows = Object.entries(calls).flatMap(([path, variants]) => Object.entries(variants).map(([name, row]) => ({ path, name, ...row })));

/** A sequential scan is allowed of a table of a page or two, and for an owner of at least a third of its rows. */
const isRead = (name: string, { indexes, perTask }: Call, neighbours: number, tasks: number) =>
  indexes.includes(name) || neighbours < PAGE || (perTask !== undefined && tasks === MANY && ['tasks', 'task_labels', 'lists', 'events'].includes(name));

describe.each(rows)('$path, $name,', ({ path, name: _, ...row }) => {
  const bound = `${row.pages} pages and rows${row.perTask ? `, and ${row.perTask} for each task,` : ''}`;

  it.each([FEW, MANY])(`touches ${bound} at most and reads by index for an owner of %i tasks, beside few and beside many others`, async (tasks) => {
    for (const neighbours of NEIGHBOURS) {
      const world = find(neighbours, tasks);
      const statements = await capture(world, path, row);
      expect(statements).toHaveLength(row.statements);
      for (const mode of modes) {
        const limit = row.pages + (row.perTask ?? 0) * tasks + (row.perList ?? 0) * LISTS;
        const isCounted = !row.skews || mode === 'custom' || neighbours < PAGE;
        let { buffers, rows, read } = await workOf(world, statements, mode);
        // A write may split pages of indexes. They stay split when it is rolled back, so the next run shows what it costs by itself.
        if (isCounted && statements.length > 1 && buffers > limit) ({ buffers, rows, read } = await workOf(world, statements, mode));
        if (isCounted) expect(Math.max(buffers, rows)).toBeLessThanOrEqual(limit);
        expect([...read].filter((name) => !isRead(name, row, neighbours, tasks))).toEqual([]);
      }
    }
  });
});

describe.each(modes)('by a %s plan', (mode) => {
  it.each(['created', 'updated', 'title'] as const)('the first and the deepest page by %s touch one page of the table a task at most', async (sort) => {
    const world = find(1_000, MANY);
    await vacuum(world.database.superuserUrl);
    const { tasks } = world.person.client.jwt;
    let deepest: string | undefined;
    for (let cursor: string | null | undefined; cursor !== null; ) {
      deepest = cursor;
      cursor = (await tasks.list.query({ sort, limit: 200, cursor })).nextCursor;
    }
    expect(deepest).toBeDefined();
    for (const cursor of [undefined, deepest]) {
      const statements = await capture(world, 'tasks.list', { on: 'new', input: () => ({ sort, limit: PAGE, cursor }) });
      const { buffers, read } = await workOf(world, statements, mode);
      expect([...read]).toEqual([{ created: 'tasks_newest_idx', updated: 'tasks_updated_idx', title: 'tasks_title_idx' }[sort]]);
      expect(buffers).toBeLessThanOrEqual(PAGE_MAX_BUFFERS);
    }
  });

  it.each(['cookie', 'bearer'] as const)('a session is found by its token and a %s, however many there are', async (kind) => {
    for (const neighbours of NEIGHBOURS) {
      const world = find(neighbours, FEW);
      const [lookup, ...others] = await capture(world, 'tasks.counts', { on: 'new', input: () => undefined }, kind);
      if (!lookup || others.length !== 1) throw new Error('A session is looked up by one statement.');
      const { buffers, reads } = await explain(world.database.appUrl, null, lookup, mode);
      expect(buffers).toBeLessThanOrEqual(LOOKUP_MAX_BUFFERS);
      if (neighbours > PAGE) expect(reads).toEqual({ session_token_key: 1 });
    }
  });
});
