import { createTestDatabase, type Link, openLink, type TestDatabase } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { calls } from '../testing/calls.ts';
import { prepareInput } from '../testing/given.ts';
import { call } from '../testing/procedures.ts';

// What must hold of the statements so that Citus can run them on the worker that holds the owner, see docs/scaling.md.

let database: TestDatabase;
let link: Link;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  link = await openLink(database.appUrl);
  api = await startTestApi({ appUrl: link.url });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await link[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** Statements that run on the coordinator and name the owner in their own ones. */
const onCoordinator = ['pg_advisory_xact_lock(hashtextextended($1, 0))', 'select settle_tasks($1)'];

const unfit = {
  'does not name its owner': (text: string) =>
    !/\buser_id"? = \$\d|\("user_id"[^)]*\) (values \(|select )\$1/.test(text) && !onCoordinator.some((part) => text.includes(part)),
  'calls now() inside COALESCE or CASE': (text: string) => /\b(coalesce|case)\b[^;]*(?<!select )\bnow\(\)/i.test(text) && /\bupdate "/.test(text),
  'has MERGE': (text: string) => /\bmerge into\b/i.test(text),
  'sets what a trigger reads by set_config, which does not reach a worker': (text: string) => /set_config\('app\.(?!answer|declined|since)/.test(text),
  'returns columns of a table into which it inserts a query, without an alias': (text: string) =>
    /^insert into \w+ \([^)]*\)\s+select/.test(text) && text.includes('returning'),
};

const faultsOf = (text: string) => Object.entries(unfit).flatMap(([what, isUnfit]) => (isUnfit(text) ? [`${what}: ${text}`] : []));

describe.each(Object.entries(calls))('%s', (path, variants) => {
  it.each(Object.entries(variants))('%s: each statement fits', async (_, { on, input }) => {
    const person = await api.signUp();
    const given = await prepareInput(person, on);
    link.statements();
    expect((await call(api, path, input(given), person.headers.jwt)).status).toBe(200);
    const statements = link.statements();
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.flatMap(({ text }) => faultsOf(text))).toEqual([]);
  });
});

it.each([
  'select "id" from "tasks" where "id" = $1',
  'update "tasks" set completed_at = coalesce("tasks"."completed_at", now()) where "user_id" = $1',
  `select set_config('app.mutation_id', $2, true), pg_advisory_xact_lock(hashtextextended($1, 0))`,
  'insert into idempotency_keys (user_id, seq) select user_id, last_seq from owners where user_id = $1 returning seq',
])('finds what does not fit: %s', (text) => {
  expect(faultsOf(text)).toHaveLength(1);
});
