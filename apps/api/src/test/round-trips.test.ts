import { randomUUID } from 'node:crypto';
import { createTestDatabase, type Link, openLink, type TestDatabase } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CredentialKind, credentialKinds, type Person, startTestApi, type TestApi } from '../testing.ts';
import { procedures } from './procedures.ts';

/** In ms; anything that the product sends without waiting is long sent by then. */
const LATENCY = 20;

let database: TestDatabase;
let link: Link;
let api: TestApi;
let ada: Person;
let id: string;
let repeated: string;

beforeAll(async () => {
  database = await createTestDatabase();
  link = await openLink(database.appUrl, LATENCY);
  api = await startTestApi({ appUrl: link.url });
  ada = await api.signUp();
  ({ id } = await ada.client.jwt.tasks.create.mutate({ title: 'First' }));
  repeated = (await ada.client.jwt.tasks.create.mutate({ title: 'Second' })).id;
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await link[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const calls: Record<string, ((client: Person['client'][CredentialKind], cursor: string) => Promise<unknown>)[]> = {
  'history.list': [({ history }) => history.list.query(), ({ history }) => history.list.query({ taskId: id })],
  'history.rewind': [({ history }) => history.rewind.mutate({ to: 100_000, dryRun: true }), ({ history }) => history.rewind.mutate({ to: 100_000 })],
  'tasks.createMany': [({ tasks }) => tasks.createMany.mutate({ tasks: [{ title: 'One' }, { title: 'Two' }], mutationId: randomUUID() })],
  'tasks.import': [
    ({ tasks }) => tasks.import.mutate({ tasks: [{ id: randomUUID(), title: 'New' }], mutationId: randomUUID() }),
    ({ tasks }) => tasks.import.mutate({ tasks: [{ id: repeated, title: 'Other' }] }),
    ({ tasks }) => tasks.import.mutate({ tasks: [{ id: repeated, title: 'Second' }], dryRun: true }),
  ],
  'tasks.completeMany': [({ tasks }) => tasks.completeMany.mutate({ ids: [id, repeated] })],
  'tasks.removeMany': [
    async ({ tasks }) => {
      const made = await tasks.createMany.mutate({ tasks: [{ title: 'One' }, { title: 'Two' }] });
      link.roundTrips();
      return tasks.removeMany.mutate({ ids: made.tasks.map((task) => task.id) });
    },
  ],
  'tasks.removed': [({ tasks }) => tasks.removed.query()],
  'tasks.restore': [({ tasks }) => tasks.restore.mutate({ id }), ({ tasks }) => tasks.restore.mutate({ id, seq: 1, mutationId: randomUUID() })],
  'sync.changes': [({ sync }) => sync.changes.query({ since: 0 })],
  'tasks.create': [({ tasks }) => tasks.create.mutate({ title: 'New' }), ({ tasks }) => tasks.create.mutate({ id: repeated, title: 'Second' })],
  'tasks.get': [({ tasks }) => tasks.get.query({ id })],
  'tasks.list': [
    ({ tasks }) => tasks.list.query(),
    ({ tasks }) => tasks.list.query({ search: 'first', completed: false }),
    ({ tasks }, cursor) => tasks.list.query({ cursor }),
  ],
  'tasks.counts': [({ tasks }) => tasks.counts.query()],
  'tasks.edit': [({ tasks }) => tasks.edit.mutate({ id, description: 'Changed' })],
  'tasks.complete': [({ tasks }) => tasks.complete.mutate({ id })],
  'tasks.reopen': [({ tasks }) => tasks.reopen.mutate({ id })],
  'tasks.remove': [
    async ({ tasks }) => {
      const made = await tasks.create.mutate({ title: 'Short-lived' });
      link.roundTrips();
      return tasks.remove.mutate({ id: made.id });
    },
  ],
};

it('has calls of every procedure that gives one answer', () => {
  const answered = [...procedures].filter(([, { type }]) => type !== 'subscription').map(([path]) => path);
  expect(Object.keys(calls).sort()).toEqual(answered.sort());
});

/** A JWT is verified without the database; a session is looked up, so that one that is revoked stops at once. */
const expected = { jwt: 1, cookie: 2, bearer: 2 };

describe.each(credentialKinds)('by %s', (kind) => {
  it.each(Object.entries(calls))(`%s takes ${expected[kind]} round trips to the database`, async (_, variants) => {
    const { nextCursor } = await ada.client.jwt.tasks.list.query({ limit: 1 });
    for (const variant of variants) {
      await variant(ada.client[kind], nextCursor ?? '');
      link.roundTrips();
      await variant(ada.client[kind], nextCursor ?? '');
      expect(link.roundTrips()).toBe(expected[kind]);
    }
  });
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
