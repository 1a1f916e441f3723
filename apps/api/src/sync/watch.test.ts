import { setImmediate as later } from 'node:timers/promises';
import { trust } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BASE_URL, credentialKinds, json, PASSWORD, type Person, plain, startTestApi, type TestApi } from '../testing/api.ts';
import { cursorAt, openWatch, type Page, pageAt, seqOf } from '../testing/events.ts';
import { watchChanges } from './watch.ts';
import { Watches } from './watches.ts';

/** The first page of a user without tasks. */
const nothing = { changes: [], seq: 0, cursor: '0.', more: false, reset: false };

/** Polls often, and does not check credentials again during a test. */
const watching = { pollIntervalMs: 20, credentialCheckIntervalMs: 600_000 };

let api: TestApi;
/** Other instances on the same database; `strict` checks credentials at every poll. */
let other: TestApi;
let strict: TestApi;

beforeAll(async () => {
  api = await startTestApi({ watching });
  const { appUrl } = api.database;
  other = await startTestApi({ watching, appUrl, secret: api.secret });
  strict = await startTestApi({ watching: { ...watching, credentialCheckIntervalMs: 0 }, appUrl, secret: api.secret });
});
afterAll(async () => {
  await Promise.all([other, strict].map((instance) => instance[Symbol.asyncDispose]()));
  await api[Symbol.asyncDispose]();
});

/** Signs out, or deletes the account. */
const leave = (person: Person, path: 'sign-out' | 'delete-user') =>
  person.fetch(`/api/auth/${path}`, { ...json({ password: PASSWORD }), headers: { ...json('').headers, origin: BASE_URL } });

const watch = ({ headers }: Person, input: object = {}, instance = api) => openWatch(instance.fetch, headers.cookie, input);

/** A client of the same user at the other instance. */
const elsewhere = ({ headers }: Person) => other.clientWith(headers.jwt).tasks;

async function pageOf(watch: { next(): Promise<Page | string> }): Promise<Page> {
  const page = await watch.next();
  if (typeof page === 'string') throw new Error(`The watch has ended: ${page}`);
  return page;
}

describe('sync.watch', () => {
  it.each(credentialKinds)('sends, by %s, the current tasks at once and then each change, through any instance', async (kind) => {
    const ada = await api.signUp();
    const first = plain(await ada.client.jwt.tasks.create.mutate({ title: 'First' }));
    await using watch = await openWatch(api.fetch, ada.headers[kind], {});
    expect(await watch.next()).toEqual(pageAt(1, first.id, first));
    const second = plain(await elsewhere(ada).create.mutate({ title: 'Second' }));
    expect(await watch.next()).toEqual(pageAt(2, second.id, second));
    await ada.client[kind].tasks.remove.mutate({ id: first.id });
    expect(await watch.next()).toEqual(pageAt(3, first.id, null));
  });

  it('begins with an empty page where nothing has happened since', async () => {
    const ada = await api.signUp();
    await using fresh = await watch(ada);
    expect(await fresh.next()).toEqual(nothing);
    await elsewhere(ada).create.mutate({ title: 'First' });
    expect(await fresh.next()).toMatchObject({ changes: [{ seq: 1 }], cursor: cursorAt(1), reset: false });
    await using ahead = await watch(ada, { cursor: `5.${'0'.repeat(16)}` });
    expect(await ahead.next()).toMatchObject({ changes: [{ seq: 1 }], cursor: cursorAt(1), more: false, reset: true });
  });

  it('continues after the last event id of a client that reconnects, without a gap or a repeat', async () => {
    const ada = await api.signUp();
    const numbers: number[] = [];
    let lastId = '';
    for (let round = 0; round < 4; round += 1) {
      const headers = { ...ada.headers.cookie, ...(lastId && { 'last-event-id': lastId }) };
      await using connection = await openWatch(round % 2 ? other.fetch : api.fetch, headers, {});
      await pageOf(connection).then(({ changes }) => numbers.push(...changes.map(({ seq }) => seq)));
      await elsewhere(ada).create.mutate({ title: 'While connected' });
      await pageOf(connection).then(({ changes }) => numbers.push(...changes.map(({ seq }) => seq)));
      lastId = connection.lastId();
      for (let i = 0; i < 3; i += 1) await elsewhere(ada).create.mutate({ title: 'While away' });
    }
    expect(numbers).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
    expect(lastId).toEqual(cursorAt(13));
  });

  it('sends a long list in pages, each with its own event id', async () => {
    const ada = await api.signUp();
    for (const n of [100, 100, 100, 100, 1]) await ada.client.jwt.tasks.createMany.mutate({ tasks: Array.from({ length: n }, () => ({ title: 'Task' })) });
    await using long = await watch(ada);
    for (const [length, next, more] of [
      [200, 401, true],
      [200, 401, true],
      [1, 401, false],
    ]) {
      const page = await pageOf(long);
      expect([page.changes.length, seqOf(page.cursor), page.more, long.lastId()]).toEqual([length, next, more, page.cursor]);
    }
  });

  it('sends nobody the changes of another user', async () => {
    const [ada, ben] = [await api.signUp('Ada'), await api.signUp('Ben')];
    for (let i = 0; i < 3; i += 1) await ada.client.jwt.tasks.create.mutate({ title: 'Secret' });
    await using hers = await watch(ada);
    const { cursor } = await pageOf(hers);
    expect(cursor).toEqual(cursorAt(3));
    await using his = await watch(ben, { cursor, lastEventId: cursor });
    expect(await his.next()).toEqual({ ...nothing, reset: true });
    await ada.client.jwt.tasks.create.mutate({ title: 'Secret' });
    expect(await hers.next()).toMatchObject({ cursor: cursorAt(4) });
    const own = plain(await ben.client.jwt.tasks.create.mutate({ title: 'Mine' }));
    expect(await his.next()).toEqual({ changes: [{ seq: 1, entity: 'task', id: own.id, value: own }], seq: 1, cursor: cursorAt(1), more: false, reset: false });
  });

  it.each([
    'x',
    '1',
    '1.5',
    `${'9'.repeat(16)}.`,
    `-1.${'a'.repeat(16)}`,
    `1.${'a'.repeat(16)}.`,
    `1.${'a'.repeat(16)}.x`,
    `1.${'A'.repeat(16)}`,
    `1.${'a'.repeat(17)}`,
    `.${'a'.repeat(16)}`,
  ])('refuses the event id %j', async (lastEventId) => {
    await using refused = await watch(await api.signUp(), { lastEventId });
    expect(await refused.next()).toBe('INVALID_CURSOR');
  });

  it('limits the watches of one user', async () => {
    await using few = await startTestApi({ watching: { ...watching, perOwnerMax: 2 }, appUrl: api.database.appUrl, secret: api.secret });
    const [ada, ben] = [await api.signUp('Ada'), await api.signUp('Ben')];
    const first = await watch(ada, undefined, few);
    await using second = await watch(ada, undefined, few);
    for (const open of [first, second]) expect(await open.next()).toEqual(nothing);
    await using third = await watch(ada, undefined, few);
    expect(await third.next()).toBe('RATE_LIMITED');
    await using bens = await watch(ben, undefined, few);
    expect(await bens.next()).toEqual(nothing);
    await first[Symbol.asyncDispose]();
    await expect.poll(async () => (await watch(ada, undefined, few)).next()).toEqual(nothing);
  });
});

describe('a watch ends', () => {
  it('when its session ends, before it sends another change', async () => {
    const ada = await api.signUp();
    await using open = await watch(ada);
    expect(await open.next()).toEqual(nothing);
    // A JWT that an instance knows works for up to a minute longer.
    await elsewhere(ada).list.query();
    await leave(ada, 'sign-out');
    await elsewhere(ada).create.mutate({ title: 'Not for the one who signed out' });
    expect(await open.next()).toBe('UNAUTHENTICATED');
  });

  it('when its session ends, even if nothing changes', async () => {
    const ada = await api.signUp();
    await using open = await watch(ada, undefined, strict);
    expect(await open.next()).toEqual(nothing);
    await leave(ada, 'sign-out');
    expect(await open.next()).toBe('UNAUTHENTICATED');
  });

  it.each(['cookie', 'bearer'] as const)('by %s when the account is deleted', async (kind) => {
    const ada = await api.signUp();
    await ada.client.jwt.tasks.create.mutate({ title: 'Short-lived' });
    await using open = await openWatch(api.fetch, ada.headers[kind], {});
    expect(await open.next()).toMatchObject({ cursor: cursorAt(1) });
    await leave(ada, 'delete-user');
    expect(await open.next()).toBe('UNAUTHENTICATED');
  });

  it('without an error when the server stops, so that its client reconnects to another instance', async () => {
    const ada = await api.signUp();
    const stopping = new AbortController();
    await using instance = await startTestApi({ watching, appUrl: api.database.appUrl, secret: api.secret, stopping: stopping.signal });
    await using open = await watch(ada, undefined, instance);
    expect(await open.next()).toEqual(nothing);
    stopping.abort();
    expect(await open.next()).toBe('cut');
    await using late = await watch(ada, undefined, instance);
    expect(await late.next()).toEqual(nothing);
    expect(await late.next()).toBe('cut');
    expect(instance.logged).toEqual([]);
  });

  it('with an error that is not yet handled, without ending the process', async () => {
    const { userId } = await api.signUp();
    trust(userId);
    const database = api.database.open();
    const watches = new Watches(database, () => {}, { ...watching, credentialCheckIntervalMs: 0 });
    const watcher = { userId, tasks: database.as(userId), watches, isStillAuthenticated: async () => false };
    const pages = watchChanges(watcher, {})[Symbol.asyncIterator]();
    await pages.next();
    const unheard = pages.next();
    await pages.return?.();
    await later();
    await expect(unheard).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
  });
});
