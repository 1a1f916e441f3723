import { BASE_URL, startTestApi } from '@todo/api/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTodoClient, type TodoClient } from '../index.ts';
import { listen } from '../testing/client.ts';
import { replicaOf, shown, untilState } from '../testing/replica.ts';
import { changed, openTabs, told } from '../testing/tabs.ts';

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());
const api = cleanUp.use(await startTestApi());
const server = cleanUp.use(await listen((request) => api.fetch(request.url, request)));
beforeEach(() => server.asked.splice(0));
afterEach(() => vi.unstubAllGlobals());

describe('tabs', () => {
  it.each(['cookie', 'store'] as const)('tell each other of sign-in, sign-out and deletion, by %s', async (kind) => {
    const { here, there, ben, benId } = await openTabs(server, BASE_URL, kind);
    const ids = told(here);
    await there.signIn(ben);
    await expect.poll(() => ids).toEqual([benId]);
    await there.signOut();
    await expect.poll(() => ids).toEqual([benId, null]);
    await there.signIn(ben);
    await expect.poll(() => ids).toEqual([benId, null, benId]);
    await there.deleteAccount(ben);
    await expect.poll(() => ids).toEqual([benId, null, benId, null]);
  });

  it('of one user need not be told, and those with sessions of their own are not', async () => {
    const { here, there, ada, ben } = await openTabs(server, BASE_URL, 'store');
    const ids = told(here);
    await there.signIn(ada);
    await createTodoClient({ url: server.url }).signIn(ben);
    await here.tasks.counts();
    await there.signOut();
    await expect.poll(() => ids).toEqual([null]);
  });

  it.each<[string, (todo: TodoClient) => Promise<unknown>]>([
    ['call', (todo) => todo.tasks.counts()],
    ['sign-out', (todo) => todo.signOut()],
    ['deletion', (todo) => todo.deleteAccount({ password: 'correct horse' })],
  ])('that a browser without BroadcastChannel opens learn it at the next %s', async (_, act) => {
    vi.stubGlobal('BroadcastChannel', undefined);
    const { here, there, ben, benId } = await openTabs(server, BASE_URL, 'cookie');
    const ids = told(here);
    await there.signIn(ben);
    await expect(act(here)).rejects.toMatchObject(changed);
    await expect.poll(() => ids).toEqual([benId]);
  });

  it.each(['cookie', 'store'] as const)('make the replicas of the former user show the new one’s data, by %s', async (kind) => {
    const { here, there, ben, benId } = await openTabs(server, BASE_URL, kind);
    const task = await here.tasks.create({ title: 'Of Ada' });
    const { replica, seen } = replicaOf(here);
    await untilState(replica, 'live');
    await there.signIn(ben);
    await there.tasks.create({ title: 'Of Ben' });
    await expect.poll(() => [replica.userId, ...shown(replica).map(({ title }) => title)]).toEqual([benId, 'Of Ben']);
    expect(seen.find(({ userId, ids }) => userId === benId && ids.some((id) => id === task.id))).toBeUndefined();
  });
});
