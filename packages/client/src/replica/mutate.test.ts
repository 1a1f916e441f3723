import { startTestApi } from '@todo/api/testing';
import { describe, expect, it } from 'vitest';
import { plain } from '../testing/client.ts';
import { everyList, everything, replicaOf, shown, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';

const { server, twoClients } = await startScene(await startTestApi({ watching }));

const untilAnswered = (replica: ReturnType<typeof replicaOf>['replica']) => expect.poll(() => replica.pending).toEqual([]);

describe('a change', () => {
  it('shows at once, is answered by the server, and shows its row from then on', async () => {
    const { here, there } = await twoClients();
    const { replica } = replicaOf(here);
    await untilState(replica, 'live');
    const { id, mutationId, queued, done } = replica.mutate.tasks.create({ title: 'Buy milk', labels: ['Shop'] });
    expect(shown(replica)).toMatchObject([{ id, title: 'Buy milk', labels: ['Shop'], description: '', completedAt: null, version: 0 }]);
    expect(replica.pending).toEqual([
      { mutationId, path: 'tasks.create', input: { id, title: 'Buy milk', labels: ['Shop'] }, at: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
    await queued;
    const created = plain(await done);
    expect(shown(replica)).toEqual([created]);
    expect(replica.pending).toEqual([]);
    await untilEqual(replica, there);
  });

  it('stays as it was made when its input is changed afterwards', async () => {
    const { here } = await twoClients();
    const { replica } = replicaOf(here);
    await untilState(replica, 'live');
    const labels = ['Shop'];
    const { done } = replica.mutate.tasks.create({ title: 'Buy milk', labels });
    labels.push('Later');
    expect(shown(replica)).toMatchObject([{ labels: ['Shop'] }]);
    expect(await done).toMatchObject({ labels: ['Shop'] });
  });

  it('that is made after the end has no answer, and says so', async () => {
    const { here } = await twoClients();
    const { replica } = replicaOf(here);
    await untilState(replica, 'live');
    replica.close();
    await expect(replica.mutate.tasks.create({ title: 'Too late' }).done).rejects.toMatchObject({ reason: 'CALL_ABORTED' });
  });

  it('is sent after those before it, when the server can be reached again', async () => {
    const { here, there } = await twoClients();
    const { replica } = replicaOf(here);
    await untilState(replica, 'live');
    server.cut();
    const { tasks, lists } = replica.mutate;
    const list = lists.create({ name: 'Groceries' });
    const task = tasks.create({ title: 'Buy milk', listId: list.id ?? null });
    tasks.edit({ id: task.id ?? '', title: 'Buy oat milk' });
    tasks.edit({ id: task.id ?? '', title: 'Buy rice milk', dueDate: '2026-01-31', dueTime: '09:30' });
    tasks.edit({ id: task.id ?? '', dueDate: null });
    const last = tasks.complete({ id: task.id ?? '' });
    expect(shown(replica)).toMatchObject([{ title: 'Buy rice milk', listId: list.id, dueDate: null, dueTime: null, completedAt: expect.any(String) }]);
    expect(replica.pending).toHaveLength(6);
    await untilState(replica, 'offline');
    server.mend();
    await last.done;
    await untilEqual(replica, there);
    expect(await everyList(there)).toMatchObject([{ name: 'Groceries' }]);
    expect(await everything(there)).toMatchObject([{ title: 'Buy rice milk', version: 5 }]);
  });

  it('that completes subtasks shows them at once, unless the task recurs', async () => {
    const { here, there } = await twoClients();
    const recurs = { dueDate: '2026-01-31', recurrence: 'FREQ=DAILY' };
    const [trip, chores] = [await here.tasks.create({ title: 'Trip' }), await here.tasks.create({ title: 'Chores', ...recurs })];
    const bag = await here.tasks.create({ title: 'Bag', parentId: trip.id });
    await here.tasks.create({ title: 'Socks', parentId: bag.id, ...recurs });
    await here.tasks.create({ title: 'Floor', parentId: chores.id });
    const { replica } = replicaOf(here);
    await untilState(replica, 'live');
    const calls = [trip, chores].map(({ id }) => replica.mutate.tasks.complete({ id, subtasks: true, on: '2026-01-31' }));
    const completed = () => shown(replica).flatMap(({ title, completedAt }) => (completedAt ? [title] : []));
    expect(completed().sort()).toEqual(['Bag', 'Socks', 'Trip']);
    for (const { done } of calls) await done;
    await untilEqual(replica, there);
    expect(completed().sort()).toEqual(['Bag', 'Socks', 'Trip']);
  });

  it('that the server refuses is taken back, and those after it go on', async () => {
    const { here, there } = await twoClients();
    const kept = plain(await here.tasks.create({ title: 'Kept' }));
    const { replica } = replicaOf(here);
    const notices: unknown[] = [];
    replica.onNotice((notice) => notices.push(notice));
    await untilState(replica, 'live');
    const input = { id: kept.id, title: ' '.repeat(3) };
    const wrong = replica.mutate.tasks.edit(input);
    const right = replica.mutate.tasks.edit({ id: kept.id, description: 'Two litres' });
    expect(shown(replica)).toMatchObject([{ title: '   ', description: 'Two litres' }]);
    await expect(wrong.done).rejects.toMatchObject({ name: 'TodoError', reason: 'INVALID_INPUT' });
    expect(shown(replica)).toMatchObject([{ title: 'Kept', description: 'Two litres' }]);
    await right.done;
    await untilEqual(replica, there);
    expect(notices).toMatchObject([{ kind: 'refused', mutationId: wrong.mutationId, path: 'tasks.edit', input, error: { reason: 'INVALID_INPUT' } }]);
    await untilAnswered(replica);
  });
});
