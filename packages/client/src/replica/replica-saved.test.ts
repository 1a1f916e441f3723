import { randomUUID } from 'node:crypto';
import { startTestApi } from '@todo/api/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTodoClient } from '../index.ts';
import { createMany, cursorAt, everything, newcomer, replicaOf, shown, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';
import { type TestStorage, testStorage } from '../testing/storage.ts';

const api = await startTestApi({ watching });
const { server, begun, twoClients } = await startScene(api);
beforeEach(() => begun.splice(0));

const fromStart = {};

/** The storage of a replica that was live and is closed, and what it has saved. */
async function savedBy(todo: Parameters<typeof replicaOf>[0], seq: number) {
  const storage = testStorage();
  const { replica } = replicaOf(todo, { storage });
  await untilState(replica, 'live');
  const userId = replica.userId ?? '';
  await expect.poll(() => storage.of(userId).get('position')).toEqual({ cursor: cursorAt(seq), seq });
  replica.close();
  const entries = [...storage.saved].find(([name]) => name.endsWith(userId))?.[1] ?? new Map<string, unknown>();
  begun.splice(0);
  return { storage, entries, userId };
}

const rowsIn = (entries: Map<string, unknown>) => [...entries].filter(([key]) => key.startsWith('task/')).map(([, row]) => row);

describe('what a replica has saved', () => {
  it('shows at once, and only what has changed is read', async () => {
    const { here, there } = await twoClients();
    await createMany(here, 3);
    const { storage, entries } = await savedBy(here, 3);
    const before = await everything(here);
    expect(rowsIn(entries)).toEqual(expect.arrayContaining(before));
    const task = await there.tasks.create({ title: 'Made meanwhile' });
    await there.tasks.remove({ id: before[0]?.id ?? '' });
    const { replica, seen } = replicaOf(here, { storage });
    await untilEqual(replica, there);
    expect(begun).toEqual([{ cursor: cursorAt(3) }]);
    expect(seen.map(({ state, ids }) => [state, ids.toSorted()])).toEqual([
      ['loading', before.map(({ id }) => id).toSorted()],
      ['live', [...before.slice(1).map(({ id }) => id), task.id].toSorted()],
    ]);
    await expect.poll(() => rowsIn(entries)).toHaveLength(3);
    expect(rowsIn(entries)).toEqual(expect.arrayContaining(await everything(there)));
  });

  it.each([
    ['that the log does not reach', '1000.0123456789abcdef', false],
    ['of an older server, whose log had other hashes', '100.0123456789abcdef', false],
    ['of an older server, whose cursors had another form', '100', true],
    ['of an older server, in the middle of a first reading', '-100.0123456789abcdef', true],
    ['that is too long', '1'.repeat(5_000), true],
    ['that fits in no request', '1'.repeat(50_000), true],
    ['with invalid characters', '3.\0', true],
    ['that is empty', '', true],
  ])('with a cursor %s is replaced at once, never emptied', async (_, cursor) => {
    const { here, there } = await twoClients();
    await createMany(here, 100);
    const { storage, entries } = await savedBy(here, 100);
    entries.set('position', { cursor, seq: 100 });
    const [task] = await everything(here);
    if (task) await there.tasks.remove({ id: task.id });
    const { replica, seen } = replicaOf(here, { storage });
    await untilEqual(replica, here);
    expect(new Set(seen.map(({ ids }) => ids.length))).toEqual(new Set([100, 99]));
    expect(begun.at(-1)).toEqual(cursor.includes('.0123') && !cursor.startsWith('-') ? { cursor } : fromStart);
    await there.tasks.create({ title: 'After that' });
    await untilEqual(replica, there);
    await expect.poll(() => rowsIn(entries)).toHaveLength(100);
  });

  it.each<[string, (entries: Map<string, unknown>) => void]>([
    ['of another form', (entries) => entries.set('form', '["another"]')],
    ['without a form', (entries) => entries.delete('form')],
    ['without a position', (entries) => entries.delete('position')],
    ['with a position of another kind', (entries) => entries.set('position', 'a0')],
    ['with a task that is none', (entries) => entries.set(`task/${randomUUID()}`, null)],
    ['with a task under another id', (entries) => entries.set(`task/${randomUUID()}`, rowsIn(entries)[0])],
  ])('%s begins anew, and leaves nothing of the former state', async (_, damage) => {
    const { here } = await twoClients();
    await createMany(here, 2);
    const { storage, entries } = await savedBy(here, 2);
    damage(entries);
    entries.set(`task/${randomUUID()}`, rowsIn(entries)[0]);
    const { replica, seen } = replicaOf(here, { storage });
    await untilEqual(replica, here);
    expect(seen.filter(({ ids }) => ids.length > 2)).toEqual([]);
    expect(begun).toEqual([fromStart]);
    await expect.poll(() => rowsIn(entries)).toHaveLength(2);
    expect(entries.get('position')).toEqual({ cursor: cursorAt(2), seq: 2 });
  });

  it('cannot be read, or written any more, and the replica works in memory', async () => {
    const { here, there } = await twoClients();
    const broken: TestStorage = { ...testStorage(), open: async () => Promise.reject(new Error('No disk.')) };
    const failing = testStorage();
    failing.fail();
    for (const storage of [broken, failing]) {
      const { replica } = replicaOf(here, { storage });
      await untilState(replica, 'live');
      const change = replica.mutate.tasks.create({ title: 'Not stored' });
      await expect(change.queued).rejects.toMatchObject({ name: 'TodoError', reason: 'STORE_FAILED' });
      expect(await change.done).toMatchObject({ id: change.id });
      await untilEqual(replica, there);
    }
  });

  it('of one user does not show for another, and stays until that user has signed out here', async () => {
    const [ada, bob] = [newcomer(), newcomer('Bob')];
    const hers = await twoClients(ada);
    await twoClients(bob);
    await createMany(hers.here, 5);
    const { storage, userId } = await savedBy(hers.here, 5);
    const todo = createTodoClient({ url: server.url });
    await todo.signIn(bob);
    const { replica, seen } = replicaOf(todo, { storage });
    await untilState(replica, 'live');
    expect(seen.filter(({ ids }) => ids.length > 0)).toEqual([]);
    expect(storage.of(userId).size).toBeGreaterThan(5);
    await todo.signIn(ada);
    await expect.poll(() => shown(replica).length).toBe(5);
    await todo.signOut();
    await expect.poll(() => storage.of(userId).size).toBe(0);
  });
});
