import { expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { cursorAt, openWatch } from '../testing/events.ts';

const titles = ['First', 'Second', 'Third', 'Fourth'];

/** Starts the API again on the same database. */
const startAgain = ({ database, secret }: TestApi) => startTestApi({ appUrl: database.appUrl, secret });

/** A user reads the log to its end. Then a backup from after the second event is restored, and other events make the log longer than before. */
async function restored() {
  const cleanUp = new AsyncDisposableStack();
  const before = cleanUp.use(await startTestApi());
  const { headers, client } = await before.signUp();
  const { tasks, sync } = client.jwt;
  for (const title of titles.slice(0, 2)) await tasks.create.mutate({ title });
  const early = await sync.changes.query({});
  const { restore } = await before.database.copy();
  const after = cleanUp.use(await startAgain(before));
  for (const title of titles.slice(2)) await after.clientWith(headers.jwt).tasks.create.mutate({ title });
  const late = await after.clientWith(headers.jwt).sync.changes.query({});

  await restore();
  const api = cleanUp.use(await startAgain(before));
  const { tasks: found, sync: read } = api.clientWith(headers.jwt);
  for (let i = 1; i <= 4; i += 1) await found.create.mutate({ title: `Other ${i}` });
  return { api, headers, tasks: found, sync: read, early, late, [Symbol.asyncDispose]: () => cleanUp.disposeAsync() };
}

it('a reader ahead of a restored backup starts anew and ends equal, by sync.changes and by sync.watch', async () => {
  await using scene = await restored();
  const { api, headers, sync, tasks, late } = scene;
  const { cursor } = late;
  expect(late.changes.map(({ value }) => value)).toMatchObject(titles.map((title) => ({ title })));

  const all = await sync.changes.query({});
  expect(all).toMatchObject({ cursor: cursorAt(6), more: false, reset: false });
  expect(all.changes.map(({ value }) => value).reverse()).toEqual((await tasks.list.query()).items);
  expect(await sync.changes.query({ cursor })).toEqual({ ...all, reset: true });
  const connections = [{ cursor }, { lastEventId: cursor }, { cursor, lastEventId: cursor.replace(/^\d+/, '4') }];
  for (const input of connections) {
    await using watch = await openWatch(api.fetch, headers.jwt, input);
    expect(await watch.next()).toEqual({ ...all, reset: true });
  }
});

it('a reader who is not ahead of the backup continues', async () => {
  await using scene = await restored();
  const { api, headers, sync, early } = scene;
  const page = await sync.changes.query({ cursor: early.cursor });
  expect(page).toMatchObject({ changes: [{ seq: 3 }, { seq: 4 }, { seq: 5 }, { seq: 6 }], cursor: cursorAt(6), reset: false });
  await using watch = await openWatch(api.fetch, headers.jwt, { lastEventId: early.cursor });
  expect(await watch.next()).toEqual(page);
});

it('the cursor of a position is the same, however the position was reached', async () => {
  await using api = await startTestApi();
  const { tasks, sync } = (await api.signUp()).client.jwt;
  const start = await sync.changes.query({});
  const { id } = await tasks.create.mutate({ title: 'First' });
  for (let i = 0; i < 8; i += 1) await tasks.edit.mutate({ id, title: `Edited ${i}` });
  const middle = await sync.changes.query({});
  for (const title of titles) await tasks.create.mutate({ title });
  const page = await sync.changes.query({ cursor: start.cursor, limit: 1 });
  expect([page.changes.map(({ seq }) => seq), page.cursor]).toEqual([[9], middle.cursor]);
  const rest = await sync.changes.query({ cursor: page.cursor });
  expect(rest.changes.map(({ seq }) => seq)).toEqual([10, 11, 12, 13]);
  const whole = await sync.changes.query({});
  const end = await sync.changes.query({ cursor: whole.cursor });
  expect([rest.cursor, end]).toEqual([whole.cursor, { ...end, changes: [], cursor: whole.cursor, reset: false }]);
});
