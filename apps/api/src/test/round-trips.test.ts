import { createTestDatabase, type Link, openLink, type TestDatabase } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialKinds, type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { calls } from '../testing/calls.ts';
import { prepareInput } from '../testing/given.ts';
import { call } from '../testing/procedures.ts';

/** Added latency, in ms. Everything sent without waiting is sent within that time. */
const LATENCY = 20;

let database: TestDatabase;
let link: Link;
let api: TestApi;
let ada: Person;

beforeAll(async () => {
  database = await createTestDatabase();
  link = await openLink(database.appUrl, LATENCY);
  api = await startTestApi({ appUrl: link.url });
  ada = await api.signUp();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await link[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** A JWT is verified without the database. A session is looked up, so revoking it takes effect at once. */
const expected = { jwt: 1, cookie: 2, bearer: 2 };

const rows = Object.entries(calls).flatMap(([path, variants]) => Object.entries(variants).map(([name, row]) => ({ path, name, ...row })));

describe.each(credentialKinds)('by %s', (kind) => {
  it.each(rows.map((row) => ({ ...row, taken: expected[kind] + (row.roundTrips ?? 1) - 1 })))(
    '$path, $name, takes $taken round trips to the database, and no statement more than it must',
    async ({ path, on, input, statements, taken }) => {
      const make = async () => {
        link.latency = 0;
        const given = input(await prepareInput(ada, on));
        link.latency = LATENCY;
        link.roundTrips();
        link.statements();
        expect((await call(api, path, given, ada.headers[kind])).status).toBe(200);
      };
      await make();
      await make();
      expect(link.roundTrips()).toBe(taken);
      expect(link.statements()).toHaveLength(statements + expected[kind] - 1);
    },
  );
});

it('a statement that a connection does not know yet takes two round trips more, once', async () => {
  const { tasks } = ada.client.jwt;
  const search = () => tasks.list.query({ sort: 'title', order: 'asc', completed: true, search: 'x' });
  link.roundTrips();
  await search();
  expect(link.roundTrips()).toBe(3);
  await search();
  expect(link.roundTrips()).toBe(1);
});
