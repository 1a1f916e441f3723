import { createTestDatabase, explain, inspect, type Link, openLink, type TestDatabase, trust } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing.ts';

const TASKS = 2_000;
const ROUNDS = 4;
const PAGE = 200;
/** Events that a page looks at. */
const SCAN = 2_000;
const LAST = TASKS * (1 + ROUNDS);

let database: TestDatabase;
let link: Link;
let api: TestApi;
let ada: Person;

const people = `insert into "user" select gen_random_uuid(), 'P', n || '@example.org', true, null, now(), now() from generate_series(1, 3000) n`;

beforeAll(async () => {
  database = await createTestDatabase();
  link = await openLink(database.appUrl);
  api = await startTestApi({ appUrl: link.url });
  const ben = await api.signUp('Ben');
  ada = await api.signUp('Ada');
  for (const { userId } of [ben, ada]) {
    const run = (text: string) => inspect(database.superuserUrl, text);
    await run(`insert into tasks (user_id, id, title) select '${userId}', gen_random_uuid(), 'Task ' || n from generate_series(1, ${TASKS}) n`);
    for (let i = 0; i < ROUNDS; i += 1) await run(`update tasks set title = title || '!' where user_id = '${userId}'`);
  }
  await inspect(database.superuserUrl, people);
  await inspect(database.superuserUrl, 'insert into task_counters (user_id, open, completed) select id, 0, 0 from "user" on conflict do nothing');
  await inspect(database.superuserUrl, 'vacuum analyze');
  await ada.client.jwt.sync.changes.query({ since: 0 });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await link[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function planOf(since: number, mode: 'custom' | 'generic') {
  link.statements();
  const { changes } = await ada.client.jwt.sync.changes.query({ since, limit: PAGE });
  const [statement, ...others] = link.statements();
  if (!statement || others.length > 0) throw new Error('A call must send one statement.');
  trust(ada.userId);
  return { found: changes.length, ...(await explain(database.appUrl, ada.userId, statement, mode)) };
}

describe.each(['custom', 'generic'] as const)('by a %s plan', (mode) => {
  it.each([0, LAST / 2, LAST - 10, LAST])('the changes since %i are read by index, in their order', async (since) => {
    const { indexes, steps } = await planOf(since, mode);
    expect(indexes).toEqual(['task_counters_pkey', 'task_events_pkey', 'task_events_task_idx']);
    expect(steps.filter((step) => /Seq Scan|Hash/.test(step))).toEqual([]);
  });

  it('a page costs no more than its bound, though all that it looks at is superseded', async () => {
    const superseded = await planOf(0, mode);
    expect(superseded.found).toBe(0);
    expect(superseded.buffers).toBeLessThanOrEqual(SCAN * 8);
    const dense = await planOf(LAST - SCAN, mode);
    expect(dense.found).toBe(PAGE);
    expect(dense.buffers).toBeLessThanOrEqual(SCAN * 8);
  });

  it('what is new costs what is new, however long the log is', async () => {
    const nothing = await planOf(LAST, mode);
    const some = await planOf(LAST - 10, mode);
    expect([nothing.found, some.found]).toEqual([0, 10]);
    expect(nothing.buffers).toBeLessThanOrEqual(10);
    expect(some.buffers).toBeLessThanOrEqual(10 + 10 * 8);
  });
});
