import { randomUUID } from 'node:crypto';
import { createTestDatabase, explain, inspect, type Link, openLink, type TestDatabase, trust } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { valid } from '../testing/inputs.ts';
import { call, procedures } from '../testing/procedures.ts';

/** Added latency, in ms. What is sent without waiting is sent before a response arrives. */
const LATENCY = 10;

let database: TestDatabase;
let link: Link;
let api: TestApi;
let other: Person;
let foreign: string;
let missing: string;

beforeAll(async () => {
  database = await createTestDatabase();
  link = await openLink(database.appUrl, LATENCY);
  api = await startTestApi({ appUrl: link.url });
  const owner = await api.signUp('Owner');
  other = await api.signUp('Other');
  foreign = (await owner.client.jwt.tasks.create.mutate({ title: 'Secret', mutationId: randomUUID() })).id;
  await owner.client.jwt.lists.create.mutate({ id: foreign, name: 'Secret' });
  // Adjacent to the foreign id, so that both are looked up on the same index page.
  missing = foreign.slice(0, -1) + (foreign.endsWith('0') ? '1' : '0');
  for (const { userId } of [owner, other]) {
    await inspect(
      database.superuserUrl,
      `insert into tasks (user_id, id, title) select '${userId}', gen_random_uuid(), 'Task ' || n from generate_series(1, 5000) n`,
    );
    await inspect(
      database.superuserUrl,
      `insert into lists (user_id, id, name) select '${userId}', gen_random_uuid(), 'List ' || n from generate_series(1, 900) n`,
    );
  }
  await inspect(database.superuserUrl, 'insert into idempotency_keys (user_id, id, seq, at) select user_id, gen_random_uuid(), seq, at from events');
  await inspect(database.superuserUrl, 'vacuum analyze');
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await link[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const inputs: Record<string, (id: string) => object> = {
  'tasks.get': (id) => ({ id }),
  'tasks.edit': (id) => ({ id, title: 'Taken over' }),
  'tasks.complete': (id) => ({ id, subtasks: true }),
  'tasks.skip': (id) => ({ id, on: '2026-02-01' }),
  'tasks.reopen': (id) => ({ id, expectedVersion: 1 }),
  'tasks.remove': (id) => ({ id, expectedVersion: 2 }),
  'tasks.editMany': (id) => ({ ids: [id], title: 'Stolen' }),
  'tasks.move': (id) => ({ id, expectedVersion: 1 }),
  'tasks.moveMany': (id) => ({ ids: [id] }),
  'tasks.completeMany': (id) => ({ ids: [id] }),
  'tasks.removeMany': (id) => ({ ids: [id] }),
  'tasks.restore': (id) => ({ id, seq: 1 }),
  'lists.get': (id) => ({ id }),
  'lists.edit': (id) => ({ id, name: 'Taken over' }),
  'lists.archive': (id) => ({ id }),
  'lists.move': (id) => ({ id, expectedVersion: 1 }),
  'lists.unarchive': (id) => ({ id, expectedVersion: 1 }),
  'lists.remove': (id) => ({ id, tasks: 'remove', expectedVersion: 2 }),
  'lists.restore': (id) => ({ id, seq: 1 }),
  'history.list': (id) => ({ id }),
  'history.undo': (mutationId) => ({ of: { mutationId } }),
};

/** Procedures that look up the id in another index than that of the entity, or do not fail with 404. */
const inLog = {
  'tasks.restore': { index: 'events_entity_idx', status: 404, statements: 4 },
  'lists.restore': { index: 'events_entity_idx', status: 404, statements: 4 },
  'history.list': { index: 'events_entity_idx', status: 200 },
  'history.undo': { index: 'idempotency_keys_pkey', status: 404, statements: 4 },
};

const isChange = (path: string) => procedures.get(path)?.type === 'mutation';

/** The statements that a call with an id sends, and the plans of its main statement, which is the second one of a change, each when it is not the first. */
async function workFor(path: string, id: string) {
  await call(api, path, inputs[path]?.(id), other.headers.jwt);
  link.statements();
  link.roundTrips();
  const { status } = await call(api, path, inputs[path]?.(id), other.headers.jwt);
  const statements = link.statements();
  const statement = statements[isChange(path) ? 1 : 0];
  if (!statement) throw new Error('Nothing was sent.');
  const { userId } = other;
  trust(userId);
  const plansOf = async () => [await explain(database.appUrl, userId, statement, 'custom'), await explain(database.appUrl, userId, statement, 'generic')];
  await plansOf();
  const plans = await plansOf();
  return { status, roundTrips: link.roundTrips(), texts: statements.map(({ text }) => text), plans };
}

it('has an input for each procedure that takes an id', () => {
  const takesId = Object.entries(valid).filter(([, make]) => Object.keys(make(foreign)).some((name) => ['id', 'ids', 'of'].includes(name)));
  expect(Object.keys(inputs).sort(), 'rows of inputs above').toEqual([...takesId.map(([path]) => path), 'history.list'].sort());
});

describe.each(Object.keys(inputs))('%s', (path) => {
  it('takes the same statement, plan, pages and round trips for the id of another user as for one that nobody has', async () => {
    const work = await workFor(path, foreign);
    expect(work).toEqual(await workFor(path, missing));
    const found = { index: path.startsWith('lists.') ? 'lists_pkey' : 'tasks_pkey', status: 404, statements: isChange(path) ? 3 : 1 };
    const { index, status, statements } = { ...found, ...new Map(Object.entries(inLog)).get(path) };
    expect(work).toMatchObject({ status, roundTrips: 1, texts: Array(statements).fill(expect.any(String)) });
    expect(work.plans[0]?.indexes).toContain(index);
  });
});
