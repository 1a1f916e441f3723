import { startTestApi } from '@todo/api/testing';
import { describe, expect, it } from 'vitest';
import type { Notice, Replica } from '../replica.ts';
import { plain } from '../testing/client.ts';
import { replicaOf, shown, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';

const { server, twoClients } = await startScene(await startTestApi({ watching }));

/** A task at two clients of a user; the first one has a replica. */
async function person() {
  const { here, there } = await twoClients();
  const task = plain(await here.tasks.create({ title: 'Buy milk', dueDate: '2026-01-31' }));
  const { replica } = replicaOf(here);
  const notices: Notice[] = [];
  replica.onNotice((notice) => notices.push(notice));
  await untilState(replica, 'live');
  return { there, task, id: task.id, replica, notices };
}

/** Does this while the replica is cut off, and waits until all its changes are answered. */
async function whileOffline(replica: Replica, work: () => Promise<unknown>): Promise<void> {
  server.cut();
  await untilState(replica, 'offline');
  await work();
  server.mend();
  await expect.poll(() => replica.pending).toEqual([]);
}

describe('an edit', () => {
  it('sends only what has changed, with what that requires', async () => {
    const { there, id, replica } = await person();
    await replica.mutate.tasks.edit({ id, title: 'Buy milk', dueDate: '2026-01-31', description: 'Two litres' }).done;
    replica.mutate.tasks.edit({ id, dueDate: '2026-01-31', recurrence: 'FREQ=WEEKLY' });
    expect(replica.pending.map(({ input }) => input)).toEqual([{ id, dueDate: '2026-01-31', recurrence: 'FREQ=WEEKLY' }]);
    await untilEqual(replica, there);
    const { items } = await there.history.list({ id });
    expect(items.map(({ changes }) => Object.keys(changes).sort())).toEqual([['recurrence'], ['description'], ['dueDate', 'title']]);
  });

  it('keeps what others have changed apart, and loses a field to whoever was first, and says so', async () => {
    const { there, id, replica, notices } = await person();
    await whileOffline(replica, async () => {
      await there.tasks.edit({ id, title: 'Buy rice milk', priority: 'high' });
      replica.mutate.tasks.edit({ id, title: 'Buy oat milk', description: 'Two litres' });
      replica.mutate.tasks.edit({ id, title: 'Buy soy milk', priority: 'high', startDate: '2026-01-01' });
      expect(shown(replica)).toMatchObject([{ title: 'Buy soy milk', description: 'Two litres' }]);
    });
    await untilEqual(replica, there);
    expect(shown(replica)).toMatchObject([{ title: 'Buy rice milk', description: 'Two litres', priority: 'high', startDate: '2026-01-01' }]);
    const lost = { kind: 'lost', entity: 'task', id, field: 'title', theirs: 'Buy rice milk' };
    expect(notices).toEqual([
      { ...lost, mine: 'Buy oat milk' },
      { ...lost, mine: 'Buy soy milk' },
    ]);
  });

  it('follows an own one whose row has come before its answer', async () => {
    const { there, id, replica, notices } = await person();
    const gate = server.hold('/trpc/tasks.edit');
    const [first, ...others] = ['home', ' work ', 'shop'].map((label) => replica.mutate.tasks.edit({ id, labels: [label] }));
    gate.open();
    await first?.done;
    server.lose('/trpc/tasks.edit', 1);
    await Promise.all(others.map(({ done }) => done));
    expect(notices).toEqual([]);
    await untilEqual(replica, there);
    expect(shown(replica)).toMatchObject([{ labels: ['shop'], version: 4 }]);
  });

  it('follows an own one that the server has stored in another form, or that has moved the date', async () => {
    const { there, replica, notices } = await person();
    await whileOffline(replica, async () => {
      const { id = '' } = replica.mutate.tasks.create({ title: 'Cafe\u0301', labels: [' a '], dueDate: '2026-01-31', recurrence: 'freq=daily' });
      replica.mutate.tasks.edit({ id, title: 'Bar', labels: ['b'], recurrence: 'FREQ=WEEKLY;BYDAY=MO' });
      replica.mutate.tasks.complete({ id, on: '2026-01-31' });
      replica.mutate.tasks.edit({ id, title: 'Cafe\u0301s', dueDate: '2026-03-02' });
      replica.mutate.tasks.edit({ id, title: 'Pub' });
    });
    await untilEqual(replica, there);
    expect(notices).toEqual([]);
    expect(shown(replica).find(({ title }) => title === 'Pub')).toMatchObject({ labels: ['b'], dueDate: '2026-03-02', version: 5 });
  });

  it('that meets a change which it has not seen is settled with that, under another mutation id', async () => {
    const { there, id, replica, notices } = await person();
    const gate = server.hold('/trpc/tasks.edit');
    const { mutationId } = replica.mutate.tasks.edit({ id, title: 'Buy oat milk', description: 'Two litres' });
    await expect.poll(() => server.asked.at(-1)).toBe('/trpc/tasks.edit');
    await there.tasks.edit({ id, title: 'Buy rice milk' });
    gate.open();
    await expect.poll(() => replica.pending).toEqual([]);
    await untilEqual(replica, there);
    expect(shown(replica)).toMatchObject([{ title: 'Buy rice milk', description: 'Two litres' }]);
    expect(notices).toMatchObject([{ kind: 'lost', field: 'title', mine: 'Buy oat milk', theirs: 'Buy rice milk' }]);
    expect(await replica.mutate.history.undo({ of: { mutationId } }).done).toMatchObject({ edited: 1 });
    await untilEqual(replica, there);
    expect(shown(replica)).toMatchObject([{ title: 'Buy rice milk', description: '' }]);
  });

  it('with a version says itself what it depends on, and is refused as a whole', async () => {
    const { there, id, task, replica, notices } = await person();
    await whileOffline(replica, async () => {
      await there.tasks.edit({ id, title: 'Buy rice milk' });
      replica.mutate.tasks.edit({ id, description: 'Two litres', expectedVersion: task.version });
    });
    await untilEqual(replica, there);
    expect(notices).toMatchObject([{ kind: 'refused', error: { reason: 'VERSION_CONFLICT' } }]);
  });

  it('with an expected version is refused too if an own change that waited before it has changed the row', async () => {
    const { there, id, replica, notices } = await person();
    await whileOffline(replica, async () => {
      replica.mutate.tasks.edit({ id, title: 'Buy oat milk' });
      replica.mutate.tasks.edit({ id, description: 'Two litres', expectedVersion: replica.tasks().get(id)?.version });
    });
    await untilEqual(replica, there);
    expect(shown(replica)).toMatchObject([{ title: 'Buy oat milk', description: '' }]);
    expect(notices).toMatchObject([{ kind: 'refused', error: { reason: 'VERSION_CONFLICT' } }]);
  });

  it('of what others have removed is refused, and the row is gone', async () => {
    const { there, id, replica, notices } = await person();
    await whileOffline(replica, async () => {
      await there.tasks.remove({ id });
      replica.mutate.tasks.edit({ id, title: 'Buy oat milk' });
    });
    await untilEqual(replica, there);
    expect(notices).toMatchObject([{ kind: 'refused', error: { reason: 'TASK_NOT_FOUND' } }]);
  });
});
