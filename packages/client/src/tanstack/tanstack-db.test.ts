import { createTransaction } from '@tanstack/db';
import { startTestApi } from '@todo/api/testing';
import { describe, expect, it } from 'vitest';
import { collectionsOf, openCollections } from '../testing/collections.ts';
import { createMany, everything, replicaOf, startScene, watching } from '../testing/replica.ts';

const scene = await startScene(await startTestApi({ watching }));
const { server, twoClients } = scene;

describe('a collection', () => {
  it('shows all tasks and lists when it is ready, and what others change', async () => {
    const { here, there } = await twoClients();
    await createMany(here, 100);
    const { replica } = replicaOf(here);
    const { tasks } = collectionsOf(replica);
    const sizes: number[] = [];
    await tasks.preload();
    sizes.push(tasks.size);
    const { id } = await there.tasks.create({ title: 'Made elsewhere' });
    await expect.poll(() => tasks.get(id)?.title).toBe('Made elsewhere');
    await there.tasks.remove({ id });
    await expect.poll(() => tasks.size).toBe(100);
    expect(sizes).toEqual([100]);
  });

  it('makes each kind of change by the call of its name', async () => {
    const { there, tasks, lists, replica, untilSettled } = await openCollections(scene);
    lists.insert({ name: 'Home' });
    const [list] = lists.values();
    tasks.insert([{ title: 'Buy milk' }, { title: 'Buy bread', labels: ['shop'], dueDate: '2026-01-31', dueTime: '09:30' }]);
    const [milk, bread] = tasks.toArray.sort((a, b) => a.position.localeCompare(b.position));
    expect([milk, bread]).toMatchObject([{ title: 'Buy milk' }, { title: 'Buy bread' }]);
    const [milkId, breadId, listId] = [milk?.id ?? '', bread?.id ?? '', list?.id ?? ''];
    const edited = tasks.update(milkId, (draft) => {
      draft.title = 'Buy oat milk';
      draft.completedAt = new Date().toISOString();
      draft.listId = listId;
    });
    await tasks.utils.answered(edited);
    expect(await there.tasks.get({ id: milkId })).toMatchObject({ title: 'Buy oat milk', listId, completedAt: expect.any(String) });
    tasks.update(milkId, (draft) => {
      draft.completedAt = null;
      draft.listId = null;
    });
    const shown = await there.tasks.get({ id: breadId });
    tasks.update(milkId, (draft) => {
      draft.position = `${shown.position}V`;
    });
    tasks.update(breadId, (draft) => {
      draft.dueDate = null;
    });
    lists.update(listId, (draft) => {
      draft.archivedAt = new Date().toISOString();
    });
    await expect.poll(() => replica.pending.length).toBe(0);
    await untilSettled();
    const left = await everything(there);
    expect(left.find(({ id }) => id === breadId)).toMatchObject({ dueDate: null, dueTime: null, labels: ['shop'] });
    const [first, second] = left.sort((a, b) => (a.position < b.position ? -1 : 1));
    expect([first?.id, second?.id]).toEqual([breadId, milkId]);
    tasks.delete([milkId, breadId]);
    lists.delete(listId);
    await expect.poll(() => replica.pending.length).toBe(0);
    await untilSettled();
    expect([tasks.size, lists.size]).toEqual([0, 0]);
  });

  it('shows what others change while a change waits offline, and keeps what was changed', async () => {
    const { here, there } = await twoClients();
    const { id } = await here.tasks.create({ title: 'Mine', description: 'Before' });
    const { id: otherId } = await here.tasks.create({ title: 'Another' });
    const { replica } = replicaOf(here);
    const { tasks } = collectionsOf(replica);
    await tasks.preload();
    const { open } = server.hold('/trpc/tasks.edit');
    const transaction = tasks.update(id, (draft) => {
      draft.title = 'Mine, edited';
    });
    await transaction.isPersisted.promise;
    await there.tasks.edit({ id, description: 'After' });
    await there.tasks.edit({ id: otherId, title: 'Another, edited' });
    await expect.poll(() => [tasks.get(id)?.description, tasks.get(otherId)?.title]).toEqual(['After', 'Another, edited']);
    expect(tasks.get(id)?.title).toBe('Mine, edited');
    expect(replica.pending).toHaveLength(1);
    open();
    await tasks.utils.answered(transaction);
    expect(await there.tasks.get({ id })).toMatchObject({ title: 'Mine, edited', description: 'After' });
  });

  it('shows a row as it was when the server refuses a change, and tells why', async () => {
    const { there, tasks, notices, untilSettled } = await openCollections(scene);
    const made = tasks.insert({ title: 'Kept' });
    const [{ id = '' } = {}] = tasks.values();
    await tasks.utils.answered(made);
    const refused = tasks.update(id, (draft) => {
      draft.recurrence = 'FREQ=NEVER';
    });
    expect(tasks.get(id)?.recurrence).toBe('FREQ=NEVER');
    await expect(tasks.utils.answered(refused)).rejects.toMatchObject({ reason: 'INVALID_INPUT' });
    await expect.poll(() => tasks.get(id)?.recurrence).toBe(null);
    expect(notices).toMatchObject([{ kind: 'refused', path: 'tasks.edit', error: { reason: 'INVALID_INPUT' } }]);
    const impossible = tasks.update(id, (draft) => {
      Object.assign(draft, { version: 7 });
    });
    await expect(impossible.isPersisted.promise).rejects.toMatchObject({ reason: 'INVALID_INPUT', fields: { version: ['cannot be changed'] } });
    expect(tasks.get(id)?.version).toBe(1);
    expect((await there.tasks.get({ id })).version).toBe(1);
    await untilSettled();
  });

  it('makes the changes of a transaction that the application began, each in its collection', async () => {
    const { tasks, lists, untilSettled } = await openCollections(scene);
    const transaction = createTransaction({
      autoCommit: false,
      mutationFn: async ({ transaction }) => {
        await lists.utils.acceptMutations(transaction);
        await tasks.utils.acceptMutations(transaction);
      },
    });
    const listId = crypto.randomUUID();
    transaction.mutate(() => {
      tasks.insert({ title: 'Mow the lawn', listId });
      lists.insert({ id: listId, name: 'Home' });
    });
    await transaction.commit();
    await Promise.all([tasks.utils.answered(transaction), lists.utils.answered(transaction)]);
    expect(tasks.toArray).toMatchObject([{ title: 'Mow the lawn', listId }]);
    await untilSettled();
  });

  it('undoes a whole transaction by its id', async () => {
    const { tasks, replica, untilSettled } = await openCollections(scene);
    const made = tasks.insert([{ title: 'One' }, { title: 'Two' }]);
    await tasks.utils.answered(made);
    await replica.mutate.history.undo({ of: { groupId: made.id } }).done;
    await expect.poll(() => tasks.size).toBe(0);
    await untilSettled();
  });
});
