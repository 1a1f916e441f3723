import { BASE_URL, startTestApi } from '@todo/api/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTodoClient, type SessionStore } from '../index.ts';
import type { Replica } from '../replica.ts';
import { fetchOfPage } from '../testing/client.ts';
import { newcomer, replicaOf, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';
import { testStorage } from '../testing/storage.ts';

const { server, other, twoClients } = await startScene(await startTestApi({ watching }));
afterEach(() => vi.unstubAllGlobals());

const expectNothing = (replica: Replica) =>
  expect([replica.userId, replica.state, replica.error?.reason, replica.tasks().size]).toEqual([null, 'signed-out', 'UNAUTHENTICATED', 0]);

function sharedStore(): SessionStore {
  let kept: string | null = null;
  return {
    load: () => kept,
    save: (token) => {
      kept = token;
    },
    clear: () => {
      kept = null;
    },
  };
}

describe('a replica follows its client:', () => {
  it('it shows nothing when nobody is signed in, and each user’s own data after a sign-in', async () => {
    const [ada, bob] = [newcomer(), newcomer('Bob')];
    const [hers, his] = [await twoClients(ada), await twoClients(bob)];
    const { id } = await hers.here.tasks.create({ title: 'Of Ada' });
    const { id: hisId } = await his.here.tasks.create({ title: 'Of Bob' });
    const todo = createTodoClient({ url: server.url });
    const { replica, seen } = replicaOf(todo);
    await untilState(replica, 'signed-out');
    expectNothing(replica);
    expect(() => replica.mutate.tasks.remove({ id })).toThrow(expect.objectContaining({ reason: 'UNAUTHENTICATED' }));
    await todo.signIn(ada);
    expect(replica.userId).toBe(hers.userId);
    await untilEqual(replica, hers.there);
    await todo.signIn(bob);
    expect([replica.userId, replica.tasks().size]).toEqual([his.userId, 0]);
    await untilEqual(replica, his.there);
    await todo.signOut();
    expectNothing(replica);
    const shown = new Set(seen.flatMap(({ userId, ids }) => ids.map((task) => `${userId} ${task}`)));
    expect(shown).toEqual(new Set([`${hers.userId} ${id}`, `${his.userId} ${hisId}`]));
  });

  it.each(['sign-out', 'deletion'] as const)('it shows nothing when the session ends elsewhere, by %s', async (end) => {
    const person = newcomer();
    const session = sharedStore();
    const [here, there] = [server, other].map(({ url }) => createTodoClient({ url, session }));
    await there?.signUp(person);
    await here?.tasks.create({ title: 'Of Ada' });
    if (!here || !there) throw new Error('There are two clients.');
    const { replica } = replicaOf(here);
    await untilState(replica, 'live');
    await (end === 'deletion' ? there.deleteAccount(person) : there.signOut());
    await untilState(replica, 'signed-out');
    expectNothing(replica);
  });

  it('it shows whoever is signed in, though the client has made no call', async () => {
    const session = sharedStore();
    const person = newcomer();
    const first = createTodoClient({ url: server.url, session });
    await first.signUp(person);
    await first.tasks.create({ title: 'Of Ada' });
    const { replica } = replicaOf(createTodoClient({ url: server.url, session }));
    await untilEqual(replica, first);
  });
});

describe('a replica shows nobody else’s tasks', () => {
  it('when another signs in with the same store', async () => {
    const session = sharedStore();
    const [here, there] = [createTodoClient({ url: server.url, session }), createTodoClient({ url: other.url, session })];
    const ada = await here.signUp(newcomer());
    const { id } = await here.tasks.create({ title: 'Of Ada' });
    const { replica, seen } = replicaOf(here);
    await untilState(replica, 'live');
    const bob = await there.signUp(newcomer('Bob'));
    const { id: hisId } = await there.tasks.create({ title: 'Of Bob' });
    server.cut();
    await untilState(replica, 'offline');
    server.mend();
    await untilEqual(replica, there);
    const shown = new Set(seen.flatMap(({ userId, ids }) => ids.map((task) => `${userId} ${task}`)));
    expect(shown).toEqual(new Set([`${ada.id} ${id}`, `${bob.id} ${hisId}`]));
  });

  it('when the browser’s cookie has become another’s', async () => {
    vi.stubGlobal('fetch', fetchOfPage(BASE_URL));
    const [here, elsewhere] = [createTodoClient({ url: server.url, session: 'cookie' }), createTodoClient({ url: other.url, session: 'cookie' })];
    const ada = await here.signUp(newcomer());
    const { id } = await here.tasks.create({ title: 'Of Ada' });
    const { replica, seen } = replicaOf(here);
    await untilEqual(replica, here);
    const bob = await elsewhere.signUp(newcomer('Bob'));
    const { id: hisId } = await elsewhere.tasks.create({ title: 'Of Bob' });
    server.cut();
    server.mend();
    await untilEqual(replica, elsewhere);
    const shown = new Set(seen.flatMap(({ userId, ids }) => ids.map((task) => `${userId} ${task}`)));
    expect(shown).toEqual(new Set([`${ada.id} ${id}`, `${bob.id} ${hisId}`]));
  });
});

describe('what is saved of a user', () => {
  it('goes when the application signs out whom it shows, and stays when it signs out somebody else before', async () => {
    vi.stubGlobal('fetch', fetchOfPage(BASE_URL));
    const storage = testStorage();
    const [here, elsewhere] = [createTodoClient({ url: server.url, session: 'cookie' }), createTodoClient({ url: server.url, session: 'cookie' })];
    await here.signUp(newcomer());
    const { replica } = replicaOf(here, { storage });
    await untilState(replica, 'live');
    const bob = newcomer('Bob');
    const { id: bobId } = await elsewhere.signUp(bob);
    await expect.poll(() => replica.userId).toBe(bobId);
    await untilState(replica, 'live');
    await expect(here.signOut()).rejects.toMatchObject({ reason: 'USER_CHANGED' });
    expect(replica.userId).toBe(bobId);
    await elsewhere.tasks.create({ title: 'Of Bob' });
    await untilEqual(replica, elsewhere);
    await expect.poll(() => storage.of(bobId).size).toBeGreaterThan(2);
    const browser = createTodoClient({ url: server.url });
    await browser.signIn(bob);
    await elsewhere.signOut();
    await untilState(replica, 'signed-out');
    expect(storage.of(bobId).size).toBeGreaterThan(2);
    await here.signIn(bob);
    await untilEqual(replica, browser);
    await here.signOut();
    await expect.poll(() => storage.of(bobId).size).toBe(0);
  });
});
