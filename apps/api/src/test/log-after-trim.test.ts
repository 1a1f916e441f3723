import { randomUUID } from 'node:crypto';
import { inspect } from '@todo/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { cursorAt } from '../testing/events.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** A time after all previous events and before all later ones. Events have a precision of a millisecond. */
const now = async () =>
  String((await inspect(api.database.superuserUrl, `select date_trunc('milliseconds', clock_timestamp())::text as now from pg_sleep(0.002)`))[0]?.now);
const trim = ({ userId }: Person, before: string) => api.database.trimLog(userId, before);

/** Seven events, the first five trimmed: A is renamed after the trim, B renamed before and removed after, C removed before. */
async function trimmed() {
  const person = await api.signUp();
  const { tasks, history, sync } = person.client.jwt;
  const [a, b, c] = [await tasks.create.mutate({ title: 'A' }), await tasks.create.mutate({ title: 'B' }), await tasks.create.mutate({ title: 'C' })];
  await tasks.edit.mutate({ id: b.id, title: 'B2' });
  const older = (await sync.changes.query({})).cursor;
  await tasks.remove.mutate({ id: c.id });
  const time = await now();
  const { cursor } = await sync.changes.query({});
  await tasks.edit.mutate({ id: a.id, title: 'A2' });
  await tasks.remove.mutate({ id: b.id });
  await trim(person, time);
  return { tasks, history, sync, a, b, c, older, cursor };
}

it('history has the changes after the trim field by field, and none before it', async () => {
  const { history, a, b } = await trimmed();
  const { items, since } = await history.list.query();
  expect(since).toBe(items.at(-1)?.at);
  expect((await history.list.query({ limit: 1 })).since).toBe(since);
  expect(items).toMatchObject([
    { seq: 7, id: b.id, action: 'removed', changes: { title: { from: 'B2', to: null } } },
    { seq: 6, id: a.id, action: 'edited', changes: { title: { from: 'A', to: 'A2' } } },
  ]);
});

/** The call and its retry fail, because `field` refers to trimmed events. */
async function refusedTwice(field: string, call: (mutationId: string) => Promise<unknown>) {
  const mutationId = randomUUID();
  for (let i = 0; i < 2; i += 1) {
    await expect(call(mutationId)).rejects.toMatchObject({ data: { reason: 'INVALID_INPUT', fields: { [field]: [expect.stringContaining('trimmed')] } } });
  }
}

it('what was removed since can be brought back, and what was removed before is not offered', async () => {
  const { tasks, b, c } = await trimmed();
  expect((await tasks.removed.query()).items).toMatchObject([{ id: b.id, title: 'B2' }]);
  await expect(tasks.restore.mutate({ id: c.id })).rejects.toMatchObject({ data: { reason: 'TASK_NOT_FOUND' } });
  expect(await tasks.restore.mutate({ id: b.id })).toMatchObject({ id: b.id, title: 'B2' });
});

it('a removal that was the last event goes too', async () => {
  const person = await api.signUp();
  const { tasks, history } = person.client.jwt;
  const { id } = await tasks.create.mutate({ title: 'A' });
  await tasks.remove.mutate({ id });
  expect((await tasks.removed.query()).items).toHaveLength(1);
  await trim(person, await now());
  expect(await history.list.query()).toEqual({ items: [], nextCursor: null, since: null });
  expect((await tasks.removed.query()).items).toEqual([]);
  await expect(tasks.restore.mutate({ id })).rejects.toMatchObject({ data: { reason: 'TASK_NOT_FOUND' } });
  expect(await tasks.create.mutate({ title: 'Next' })).toMatchObject({ seq: 3 });
});

it('a task can be restored to any position after the trim, and to none before', async () => {
  const { tasks, a, b, c } = await trimmed();
  for (const { id } of [a, b, c]) for (const seq of [1, 4]) await refusedTwice('seq', (mutationId) => tasks.restore.mutate({ id, seq, mutationId }));
  expect((await tasks.list.query()).items).toMatchObject([{ id: a.id, title: 'A2' }]);
  await expect(tasks.restore.mutate({ id: c.id, seq: 5 })).rejects.toMatchObject({ data: { reason: 'TASK_NOT_FOUND' } });
  expect(await tasks.restore.mutate({ id: a.id, seq: 5 })).toMatchObject({ id: a.id, title: 'A' });
  expect(await tasks.restore.mutate({ id: b.id, seq: 6 })).toMatchObject({ id: b.id, title: 'B2' });
});

it('the list can be restored to any position after the trim, and to none before', async () => {
  const { tasks, history } = await trimmed();
  const titles = async () => (await tasks.list.query({ sort: 'title', order: 'asc' })).items.map(({ title }) => title);
  for (const to of [4, 0, '2001-01-01T00:00:00Z']) {
    await refusedTwice('to', () => history.rewind.mutate({ to, dryRun: true }));
    await refusedTwice('to', (mutationId) => history.rewind.mutate({ to, mutationId }));
  }
  expect(await titles()).toEqual(['A2']);
  const since = (await history.list.query()).items.find(({ seq }) => seq === 6);
  expect(await history.rewind.mutate({ to: 5 })).toMatchObject({ restored: 1, edited: 1, removed: 0 });
  expect(await titles()).toEqual(['A', 'B2']);
  await history.rewind.mutate({ to: 7 });
  expect(await titles()).toEqual(['A2']);
  await history.rewind.mutate({ to: since?.at ?? '' });
  expect(await titles()).toEqual(['A2', 'B2']);
});

it('a copy with an older cursor starts anew and ends equal to the server', async () => {
  const { sync, tasks, a, b, older, cursor } = await trimmed();
  expect(await sync.changes.query({ cursor: older })).toEqual({ ...(await sync.changes.query({})), reset: true });
  const since = [
    { seq: 6, id: a.id },
    { seq: 7, id: b.id, value: null },
  ];
  expect(await sync.changes.query({ cursor })).toMatchObject({ changes: since, reset: false, cursor: cursorAt(7), more: false });
  const copy = new Map<string, unknown>();
  for (let page = await sync.changes.query({ limit: 1 }); ; page = await sync.changes.query({ cursor: page.cursor, limit: 1 })) {
    for (const { id, value } of page.changes) value ? copy.set(id, value) : copy.delete(id);
    if (!page.more) break;
  }
  expect([...copy.values()]).toEqual([await tasks.get.query({ id: a.id })]);
});
