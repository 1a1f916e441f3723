import { randomUUID } from 'node:crypto';
import { createTestDatabase, explain, inspect, type Link, openLink, type TestDatabase, trust } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { exported } from '../testing/export.ts';

const TASKS = 4_000;
const ROUNDS = 1;
const PAGE = 200;
const LOG = TASKS * (1 + ROUNDS);
/** One statement per page of tasks and of history, and those before, between and after. */
const STATEMENTS = TASKS / PAGE + LOG / PAGE + 6;

let database: TestDatabase;
let link: Link;
let api: TestApi;
let ada: Person;

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
  const people = `insert into "user" select gen_random_uuid(), 'P', n || '@example.org', true, null, now(), now() from generate_series(1, 3000) n`;
  const lists = `insert into lists (user_id, id, name) select id, gen_random_uuid(), 'List' from "user"`;
  for (const text of [people, lists, 'vacuum analyze']) {
    await inspect(database.superuserUrl, text);
  }
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await link[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** The plans of the statements that a call sends. */
async function plansOf(call: () => Promise<unknown>, mode: 'custom' | 'generic') {
  link.statements();
  await call();
  const { userId } = ada;
  trust(userId);
  const plans = [];
  for (const statement of link.statements()) {
    if (/session|security_events/.test(statement.text)) continue;
    plans.push(await explain(database.appUrl, userId, statement, mode));
  }
  return plans;
}

describe.each(['custom', 'generic'] as const)('by a %s plan', (mode) => {
  it('an export reads the log by index, twice, and no page costs more than its bound', async () => {
    const plans = await plansOf(() => exported(ada), mode);
    expect(plans.length).toBeLessThanOrEqual(STATEMENTS);
    for (const { steps, buffers } of plans) {
      expect(steps.filter((step) => /Seq Scan/.test(step))).toEqual([]);
      expect(buffers).toBeLessThanOrEqual(PAGE * 15);
    }
  });

  it.each([false, true])('an import looks only for its own tasks (dryRun: %s)', async (dryRun) => {
    const { tasks } = ada.client.jwt;
    const given = (await tasks.list.query({ limit: 100 })).items.map(({ id, title }) => ({ id, title }));
    const [announcement, plan, ...others] = await plansOf(() => tasks.import.mutate({ tasks: [...given, { id: randomUUID(), title: 'New' }], dryRun }), mode);
    expect([announcement, ...others].map((other) => other?.indexes)).toEqual([[], ['owners_pkey']]);
    expect(plan?.steps.filter((step) => /Seq Scan/.test(step))).toEqual([]);
    expect(plan?.indexes).toContain('tasks_pkey');
    expect(plan?.buffers).toBeLessThanOrEqual(given.length * 20);
  });
});
