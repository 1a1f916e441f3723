import { startTestApi } from '@todo/api/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { plain } from '../testing/client.ts';
import { createMany, cursorAt, cursorWithin, replicaOf, shown, startScene, untilEqual, untilState, WATCH_PATH, watching } from '../testing/replica.ts';

const api = await startTestApi({ watching });
const { server, begun, breakOff, twoClients } = await startScene(api);
beforeEach(() => begun.splice(0));

const fromStart = {};

describe('a replica', () => {
  it('of each of two clients shows what the other changes, as it is made', async () => {
    const { here, there } = await twoClients();
    const replicas = [replicaOf(here).replica, replicaOf(there).replica];
    const inStep = () => Promise.all(replicas.map((replica) => untilEqual(replica, here)));
    const { id } = await here.tasks.create({ title: 'Buy milk' });
    await inStep();
    await there.tasks.edit({ id, title: 'Buy oat milk' });
    await inStep();
    await here.tasks.complete({ id });
    await there.tasks.create({ title: 'Buy bread' });
    await inStep();
    await there.tasks.remove({ id });
    await inStep();
    await here.history.rewind({ to: 1 });
    await inStep();
    expect(replicas.map(({ state }) => state)).toEqual(['live', 'live']);
    expect(begun).toEqual([fromStart, fromStart]);
  });

  it('shows nothing before it has everything, and stays the same object until something changes', async () => {
    const { here } = await twoClients();
    for (let i = 0; i < 5; i += 1) await createMany(here, 100);
    const { replica, seen } = replicaOf(here);
    expect([replica.state, replica.tasks().size]).toEqual(['loading', 0]);
    await untilState(replica, 'live');
    await expect.poll(() => seen.length).toBeGreaterThan(0);
    expect(seen.map(({ state, ids }) => [state, ids.length])).toEqual([['live', 500]]);
    const tasks = replica.tasks();
    expect(replica.tasks()).toBe(tasks);
    await here.tasks.create({ title: 'One more' });
    await expect.poll(() => replica.tasks()).not.toBe(tasks);
    expect([tasks.size, replica.tasks().size]).toEqual([500, 501]);
  });

  it('keeps what it has while the server cannot be reached, and comes back by itself', async () => {
    const { here, there } = await twoClients();
    const kept = plain(await here.tasks.create({ title: 'Kept' }));
    const { replica, seen } = replicaOf(here);
    await untilState(replica, 'live');
    server.cut();
    await untilState(replica, 'offline');
    expect(shown(replica)).toEqual([kept]);
    await createMany(there, 100);
    await there.tasks.edit({ id: kept.id, title: 'Kept well' });
    server.mend();
    await untilState(replica, 'live');
    await untilEqual(replica, there);
    expect(seen.map(({ state, ids }) => [state, ids.length])).toEqual([
      ['live', 1],
      ['offline', 1],
      ['live', 101],
    ]);
    expect(begun.at(-1)).toEqual({ cursor: cursorAt(1) });
  });

  it('that begins while the server is away is offline, then live', async () => {
    const { here, there } = await twoClients();
    await here.tasks.create({ title: 'Waiting' });
    server.cut();
    const { replica } = replicaOf(here);
    await untilState(replica, 'offline');
    server.mend();
    await untilState(replica, 'live');
    await untilEqual(replica, there);
  });

  it.each([false, true])('goes on where it was cut off in the middle, and begins anew where the history is trimmed meanwhile: %s', async (isTrimmed) => {
    const { here, there, userId } = await twoClients();
    const trim = () => api.database.trimLog(userId);
    for (let i = 0; i < 3; i += 1) await createMany(here, 100);
    const [oldest] = (await here.tasks.list({ order: 'asc', limit: 1 })).items;
    await here.tasks.complete({ id: oldest?.id ?? '' });
    if (isTrimmed) await trim();
    server.asked.splice(0);
    breakOff();
    const { replica } = replicaOf(here);
    await expect.poll(() => begun.length).toBe(1);
    const { open } = server.hold(WATCH_PATH);
    await expect.poll(() => server.asked.filter((path) => path === WATCH_PATH).length).toBe(2);
    const [first] = (await there.sync.changes()).changes;
    await there.tasks.remove({ id: first?.id ?? '' });
    await there.tasks.create({ title: 'After that' });
    if (isTrimmed) await trim();
    open();
    await untilEqual(replica, there);
    expect(begun).toEqual([fromStart, { cursor: cursorWithin(301) }]);
  });

  it('notifies no listener after it has unsubscribed, or after the replica is closed', async () => {
    const { here, there } = await twoClients();
    const { replica, seen } = replicaOf(here);
    const listener = vi.fn();
    const [unsubscribe] = [replica.subscribe(listener), replica.subscribe(listener)];
    await untilState(replica, 'live');
    unsubscribe();
    const task = plain(await here.tasks.create({ title: 'Told once' }));
    await expect.poll(() => seen.length).toBe(2);
    expect(listener).toHaveBeenCalledTimes(3);
    replica.close();
    await there.tasks.create({ title: 'Not told' });
    await untilEqual(replicaOf(here).replica, there);
    expect(shown(replica)).toEqual([task]);
    expect(seen).toHaveLength(2);
  });
});
