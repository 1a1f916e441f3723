import { randomUUID } from 'node:crypto';
import { startTestApi } from '@todo/api/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createMany, cursorAt, everything, newcomer, replicaOf, saved, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';

const api = await startTestApi({ watching });
const { begun, twoClients } = await startScene(api);
beforeEach(() => begun.splice(0));

const fromStart = {};

describe('a saved replica', () => {
  it('shows its tasks as soon as it is known whose they are, and asks only for what has changed', async () => {
    const { here, there, userId } = await twoClients();
    await createMany(here, 3);
    const first = replicaOf(here).replica;
    await untilState(first, 'live');
    const kept = saved(first);
    expect(kept).toEqual({ userId, cursor: cursorAt(3), lists: [], tasks: expect.arrayContaining(await everything(here)) });
    first.close();
    const task = await there.tasks.create({ title: 'Made meanwhile' });
    await there.tasks.remove({ id: kept.tasks[0]?.id ?? '' });
    begun.splice(0);
    const { replica, seen } = replicaOf(here, { saved: kept });
    await untilEqual(replica, there);
    expect(begun).toEqual([{ cursor: cursorAt(3) }]);
    const ids = kept.tasks.map(({ id }) => id);
    expect(seen).toEqual([
      { state: 'loading', ids },
      { state: 'live', ids: [...ids.slice(1), task.id] },
    ]);
  });

  it.each([
    ['that the log does not reach', '1000.0123456789abcdef', false],
    ['of an older server, whose log had other hashes', '100.0123456789abcdef', false],
    ['of an older server, whose cursors had another form', '100', true],
    ['of an older server, in the middle of a first reading', '-100.0123456789abcdef', true],
  ])('with a cursor %s is replaced at once, never emptied', async (_, cursor, isRefused) => {
    const { here, there, userId } = await twoClients();
    await createMany(here, 100);
    const [task] = await everything(here);
    const { replica, seen } = replicaOf(here, { saved: { userId, cursor, lists: [], tasks: task ? [{ ...task, id: randomUUID() }] : [] } });
    await untilEqual(replica, here);
    expect(seen.map(({ state, ids }) => [state, ids.length])).toEqual([
      ['loading', 1],
      ['live', 100],
    ]);
    expect(begun).toEqual([{ cursor }, ...(isRefused ? [fromStart] : [])]);
    await there.tasks.create({ title: 'After that' });
    await untilEqual(replica, there);
  });

  it('whose tasks lack a field is ignored, because the field would never be loaded', async () => {
    const { here } = await twoClients();
    await createMany(here, 2);
    const first = replicaOf(here).replica;
    await untilState(first, 'live');
    const kept = saved(first);
    first.close();
    begun.splice(0);
    for (const task of kept.tasks) Reflect.deleteProperty(task, 'description');
    const { replica, seen } = replicaOf(here, { saved: kept });
    await untilEqual(replica, here);
    expect(seen).toEqual([{ state: 'live', ids: expect.objectContaining({ length: 2 }) }]);
    expect(begun).toEqual([fromStart]);
  });

  it.each(['since', 'tasks', 'lists'])('in the form of another version, by its %s, begins anew', async (part) => {
    const { here, userId } = await twoClients();
    await createMany(here, 3);
    const [task] = await everything(here);
    const forms = {
      since: { userId, since: 3, sinceHash: '0'.repeat(16), tasks: [task] },
      tasks: { userId, cursor: '3', tasks: { [task?.id ?? '']: task } },
      lists: { userId, cursor: '3', tasks: [task] },
    };
    const { replica } = replicaOf(here, { saved: JSON.parse(JSON.stringify(new Map(Object.entries(forms)).get(part))) });
    await untilEqual(replica, here);
    expect(begun).toEqual([fromStart]);
  });

  it('of another user is ignored', async () => {
    const [ada, bob] = [await twoClients(), await twoClients(newcomer('Bob'))];
    await createMany(ada.here, 5);
    const hers = replicaOf(ada.here).replica;
    await untilState(hers, 'live');
    const task = await bob.here.tasks.create({ title: 'Of Bob' });
    const { replica, seen } = replicaOf(bob.here, { saved: saved(hers) });
    await untilState(replica, 'live');
    await expect.poll(() => seen.length).toBeGreaterThan(0);
    expect(seen).toEqual([{ state: 'live', ids: [task.id] }]);
    expect(replica.toJSON()).toMatchObject({ userId: bob.userId, cursor: cursorAt(1) });
  });
});
