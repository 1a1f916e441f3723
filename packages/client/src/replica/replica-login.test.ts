import { BASE_URL, startTestApi } from '@todo/api/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTodoClient, type Replica, type SessionStore } from '../index.ts';
import { fetchOfPage } from '../testing/client.ts';
import { newcomer, replicaOf, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';

const { server, other, begun, twoClients } = await startScene(await startTestApi({ watching }));
afterEach(() => vi.unstubAllGlobals());

const expectNothing = (replica: Replica, reason = expect.stringMatching(/^(UNAUTHENTICATED|USER_CHANGED)$/)) =>
  expect([replica.state, replica.error?.reason, replica.tasks().size, replica.toJSON()]).toEqual(['signed-out', reason, 0, null]);

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

describe('a replica is over, and shows nothing,', () => {
  it('when its person signs out or another signs in', async () => {
    const bob = newcomer('Bob');
    await twoClients(bob);
    const { here, there } = await twoClients();
    await here.tasks.create({ title: 'Of Ada' });
    const { replica, seen } = replicaOf(here);
    const { replica: second } = replicaOf(there);
    await Promise.all([untilState(replica, 'live'), untilState(second, 'live')]);
    await here.signIn(bob);
    expectNothing(replica);
    await there.signOut();
    expectNothing(second);
    const watches = begun.length;
    await here.tasks.create({ title: 'Of Bob' });
    const his = replicaOf(here).replica;
    await untilEqual(his, here);
    expectNothing(replica);
    expect(seen.map(({ state, ids }) => [state, ids.length])).toEqual([
      ['live', 1],
      ['signed-out', 0],
    ]);
    expect(begun.length - watches).toBe(1);
  });

  it.each(['sign-out', 'deletion'] as const)('when the session ends elsewhere, by %s', async (end) => {
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

  it('when nobody is signed in', async () => {
    const { replica } = replicaOf(createTodoClient({ url: server.url }));
    await untilState(replica, 'signed-out');
  });
});

describe('a replica shows nobody else’s tasks', () => {
  it('and stays with its login, when another signs in with the same store', async () => {
    const session = sharedStore();
    const [here, there] = [createTodoClient({ url: server.url, session }), createTodoClient({ url: other.url, session })];
    await here.signUp(newcomer());
    const { id } = await here.tasks.create({ title: 'Of Ada' });
    const { replica, seen } = replicaOf(here);
    await untilState(replica, 'live');
    await there.signUp(newcomer('Bob'));
    await there.tasks.createMany({ tasks: [{ title: 'Of Bob' }, { title: 'Of Bob, too' }] });
    server.cut();
    await untilState(replica, 'offline');
    server.mend();
    await untilState(replica, 'live');
    expect(new Set(seen.flatMap(({ ids }) => ids))).toEqual(new Set([id]));
  });

  it('and is over, when the browser’s cookie has become another’s', async () => {
    vi.stubGlobal('fetch', fetchOfPage(BASE_URL));
    const [here, elsewhere] = [createTodoClient({ url: server.url, session: 'cookie' }), createTodoClient({ url: other.url, session: 'cookie' })];
    await here.signUp(newcomer());
    const { id } = await here.tasks.create({ title: 'Of Ada' });
    const { replica, seen } = replicaOf(here);
    await untilEqual(replica, here);
    await elsewhere.signUp(newcomer('Bob'));
    await elsewhere.tasks.createMany({ tasks: [{ title: 'Of Bob' }, { title: 'Of Bob, too' }] });
    server.cut();
    server.mend();
    await untilState(replica, 'signed-out');
    expectNothing(replica, 'USER_CHANGED');
    expect(new Set(seen.flatMap(({ ids }) => ids))).toEqual(new Set([id]));
  });
});
