import { createTransaction } from '@tanstack/db';
import { startTestApi } from '@todo/api/testing';
import { describe, expect, it } from 'vitest';
import { collectionsOf, openCollections } from '../testing/collections.ts';
import { newcomer, replicaOf, startScene, untilState, watching } from '../testing/replica.ts';

const scene = await startScene(await startTestApi({ watching }));
const { server, twoClients } = scene;

describe('a collection', () => {
  it('shows the data of whoever is signed in, and nothing of another', async () => {
    const { here, tasks, replica } = await openCollections(scene);
    await here.tasks.create({ title: 'Of the first' });
    await expect.poll(() => tasks.size).toBe(1);
    await here.signOut();
    await expect.poll(() => [replica.state, tasks.size]).toEqual(['signed-out', 0]);
    await here.signUp(newcomer('Ben'));
    await here.tasks.create({ title: 'Of the second' });
    await expect.poll(() => tasks.toArray.map(({ title }) => title)).toEqual(['Of the second']);
    expect(tasks.status).toBe('ready');
  });

  it('hides the rows of a user who has left, also while a transaction of the application waits', async () => {
    const { here, tasks, lists } = await openCollections(scene);
    await here.tasks.create({ title: 'Waits for nobody' });
    await expect.poll(() => tasks.size).toBe(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const transaction = createTransaction({ mutationFn: () => promise });
    transaction.mutate(() => void tasks.insert({ title: 'Of the application' }));
    await here.signOut();
    await expect.poll(() => tasks.toArray.map(({ title }) => title)).toEqual(['Of the application']);
    resolve();
    await expect.poll(() => [tasks.size, lists.size]).toEqual([0, 0]);
  });

  it('is not ready before anything is known, and recovers from an error', async () => {
    const { here } = await twoClients();
    server.cut();
    const { replica } = replicaOf(here);
    const { tasks } = collectionsOf(replica);
    const loading = tasks.preload();
    await untilState(replica, 'offline');
    server.mend();
    await loading.catch(() => {});
    await untilState(replica, 'live');
    await expect.poll(() => tasks.status).toBe('ready');
  });
});
