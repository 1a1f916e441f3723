import { expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing.ts';
import { openWatch } from '../testing-events.ts';

const titles = ['First', 'Second', 'Third', 'Fourth'];

/** The same product again, on what its database has become. */
const startAgain = ({ database, secret }: TestApi) => startTestApi({ appUrl: database.appUrl, secret });

/** A person who has read the log to its end, before a backup from the second event on is restored; then it grows past that end by other events. */
async function restored() {
  const cleanUp = new AsyncDisposableStack();
  const before = cleanUp.use(await startTestApi());
  const { headers, client } = await before.signUp();
  const { tasks, sync } = client.jwt;
  for (const title of titles.slice(0, 2)) await tasks.create.mutate({ title });
  const early = await sync.changes.query({ since: 0 });
  const { restore } = await before.database.copy();
  const after = cleanUp.use(await startAgain(before));
  for (const title of titles.slice(2)) await after.clientWith(headers.jwt).tasks.create.mutate({ title });
  const late = await after.clientWith(headers.jwt).sync.changes.query({ since: 0 });

  await restore();
  const api = cleanUp.use(await startAgain(before));
  const { tasks: found, sync: read } = api.clientWith(headers.jwt);
  for (let i = 1; i <= 4; i += 1) await found.create.mutate({ title: `Other ${i}` });
  return { api, headers, tasks: found, sync: read, early, late, [Symbol.asyncDispose]: () => cleanUp.disposeAsync() };
}

it('a reader who has read what a restored backup does not hold begins anew and ends equal, by sync.changes and by sync.watch', async () => {
  await using scene = await restored();
  const { api, headers, sync, tasks, late } = scene;
  const cursor = { since: late.next, sinceHash: late.nextHash };
  const fromStart = { changes: [], next: 0, nextHash: '', more: true, reset: true };
  expect(late.changes.map(({ task }) => task?.title)).toEqual(titles);
  expect(await sync.changes.query(cursor)).toEqual(fromStart);

  const all = await sync.changes.query({ since: 0, sinceHash: '' });
  expect(all).toMatchObject({ next: 6, reset: false });
  expect(all.changes.map(({ task }) => task).reverse()).toEqual((await tasks.list.query()).items);
  const connections = [cursor, { since: 0, lastEventId: `${late.next}.${late.nextHash}` }, { ...cursor, lastEventId: `4.${late.nextHash}` }];
  for (const input of connections) {
    await using watch = await openWatch(api.fetch, headers.jwt, input);
    expect([await watch.next(), await watch.next()]).toEqual([fromStart, all]);
  }
});

it('a reader who has read nothing but what the backup holds goes on', async () => {
  await using scene = await restored();
  const { api, headers, sync, early } = scene;
  const page = await sync.changes.query({ since: early.next, sinceHash: early.nextHash });
  expect(page).toMatchObject({ changes: [{ seq: 3 }, { seq: 4 }, { seq: 5 }, { seq: 6 }], next: 6, reset: false });
  await using watch = await openWatch(api.fetch, headers.jwt, { since: 0, lastEventId: `${early.next}.${early.nextHash}` });
  expect(await watch.next()).toEqual(page);
});

it('any page’s end tells the same of a number, however it was reached', async () => {
  await using api = await startTestApi();
  const { tasks, sync } = (await api.signUp()).client.jwt;
  const { id } = await tasks.create.mutate({ title: 'First' });
  for (let i = 0; i < 8; i += 1) await tasks.edit.mutate({ id, title: `Edited ${i}` });
  for (const title of titles) await tasks.create.mutate({ title });
  const { changes, next, nextHash } = await sync.changes.query({ since: 0, limit: 2 });
  expect([changes.map(({ seq }) => seq), next]).toEqual([[9, 10], 10]);
  const rest = await sync.changes.query({ since: next, sinceHash: nextHash });
  expect(rest.changes.map(({ seq }) => seq)).toEqual([11, 12, 13]);
  const whole = await sync.changes.query({ since: 0 });
  const end = await sync.changes.query({ since: whole.next, sinceHash: whole.nextHash });
  expect([rest.nextHash, end]).toEqual([whole.nextHash, { ...end, changes: [], nextHash: whole.nextHash, reset: false }]);
});
