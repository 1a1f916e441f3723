import { setImmediate as immediate } from 'node:timers/promises';
import { startTestApi } from '@todo/api/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTodoClient, type SessionStore } from '../index.ts';
import type { Notice, QueuedChange } from '../replica.ts';
import { newcomer, replicaOf, shown, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';
import { testStorage } from '../testing/storage.ts';
import { createMemoryStore } from '../transport/token.ts';
import { browserSharing, type Sharing } from './sharing.ts';
import type { ReplicaStorage } from './storage.ts';

const { server, other, begun } = await startScene(await startTestApi({ watching }));
beforeEach(() => begun.splice(0));

/** Tabs of one browser: Node has the same locks and channels. */
async function openTabs(count: number) {
  const session: SessionStore = createMemoryStore();
  const person = newcomer();
  const elsewhere = createTodoClient({ url: other.url });
  await elsewhere.signUp(person);
  await createTodoClient({ url: server.url, session }).signIn(person);
  const storage = { ...testStorage(), sharing: browserSharing() };
  const open = () => {
    const todo = createTodoClient({ url: server.url, session });
    const { replica } = replicaOf(todo, { storage });
    const notices: Notice[] = [];
    replica.onNotice((notice) => notices.push(notice));
    return { todo, replica, notices };
  };
  const tabs = Array.from({ length: count }, open);
  await Promise.all(tabs.map(({ replica }) => untilState(replica, 'live')));
  return { tabs, open, elsewhere, person, session, storage };
}

describe('tabs of one browser', () => {
  it('have one stream together, and all show what others and each of them change', async () => {
    const { tabs, elsewhere } = await openTabs(8);
    expect(begun).toHaveLength(1);
    const { id } = await elsewhere.tasks.create({ title: 'Made elsewhere' });
    const inStep = () => Promise.all(tabs.map(({ replica }) => untilEqual(replica, elsewhere)));
    await inStep();
    const [, second, third] = tabs;
    const made = second?.replica.mutate.tasks.create({ title: 'Made in the second' });
    expect(await made?.done).toMatchObject({ id: made?.id, title: 'Made in the second' });
    await third?.replica.mutate.tasks.edit({ id, title: 'Edited in the third' }).done;
    await inStep();
    expect(tabs.map(({ replica }) => replica.pending.length)).toEqual(tabs.map(() => 0));
    expect(begun).toHaveLength(1);
  });

  it('show each other’s changes before the server has answered, and a refusal to all', async () => {
    const { tabs, elsewhere } = await openTabs(3);
    const { id } = await elsewhere.tasks.create({ title: 'Kept' });
    await Promise.all(tabs.map(({ replica }) => untilEqual(replica, elsewhere)));
    server.cut();
    await Promise.all(tabs.map(({ replica }) => untilState(replica, 'offline')));
    expect(new Set(tabs.map(({ replica }) => replica.error?.reason))).toEqual(new Set(['SERVER_UNREACHABLE']));
    const changes: QueuedChange[] = [];
    for (const { replica } of tabs) {
      changes.push(replica.mutate.tasks.edit({ id, title: changes.length === 1 ? '' : `Edited ${changes.length}` }));
      await expect.poll(() => tabs.map((tab) => tab.replica.pending.length)).toEqual(tabs.map(() => changes.length));
    }
    server.mend();
    const ends = await Promise.allSettled(changes.map(({ done }) => done));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await Promise.all(tabs.map(({ replica }) => untilEqual(replica, elsewhere)));
    for (const { replica, notices } of tabs) {
      expect(shown(replica)).toMatchObject([{ title: 'Edited 2', version: 3 }]);
      await expect
        .poll(() => notices)
        .toMatchObject([{ kind: 'refused', mutationId: changes[1]?.mutationId, error: { name: 'TodoError', reason: 'INVALID_INPUT' } }]);
    }
  });

  it('go on when the one that leads is closed, with its changes, and one that opens later shows them', async () => {
    const { tabs, open, elsewhere } = await openTabs(3);
    const [first, second] = tabs;
    server.cut();
    await Promise.all(tabs.map(({ replica }) => untilState(replica, 'offline')));
    const made = first?.replica.mutate.tasks.create({ title: 'Made in the first' });
    await made?.queued;
    first?.replica.close();
    await expect(made?.done).rejects.toMatchObject({ reason: 'CALL_ABORTED' });
    const late = open();
    await expect.poll(() => shown(late.replica)).toMatchObject([{ title: 'Made in the first' }]);
    const own = late.replica.mutate.tasks.edit({ id: made?.id ?? '', description: 'Seen in the last' });
    server.mend();
    await own.done;
    for (const tab of [second, late]) if (tab) await untilEqual(tab.replica, elsewhere);
    expect(shown(late.replica)).toMatchObject([{ title: 'Made in the first', description: 'Seen in the last', version: 2 }]);
  });

  it('send what a tab has saved that was closed before it could tell of it', async () => {
    const { tabs, open, elsewhere, session, storage } = await openTabs(1);
    const mute = { lock: () => {}, channel: () => ({ post: () => {}, close: () => {} }) };
    const { replica } = replicaOf(createTodoClient({ url: server.url, session }), { storage: { ...storage, sharing: mute } });
    await expect.poll(() => replica.userId).not.toBe(null);
    await replica.mutate.tasks.create({ title: 'Saved' }).queued;
    replica.close();
    const late = open();
    await expect.poll(() => shown(late.replica)).toMatchObject([{ title: 'Saved', version: 1 }]);
    for (const tab of [...tabs, late]) await untilEqual(tab.replica, elsewhere);
    expect(late.replica.pending).toEqual([]);
  });

  it('tell nothing any more when they are closed while they read what is saved', async () => {
    const { tabs, session, storage } = await openTabs(1);
    const [reading, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const told: string[] = [];
    const channel: Sharing['channel'] = () => {
      let state = 'open';
      const close = () => {
        state = 'closed';
      };
      return { post: () => told.push(state), close };
    };
    const open: ReplicaStorage['open'] = async (name) => {
      const saved = await storage.open(name);
      const read = async () => {
        reading.resolve();
        await released.promise;
        return saved.read();
      };
      return name.includes(tabs[0]?.replica.userId ?? '') ? { ...saved, read } : saved;
    };
    const { replica } = replicaOf(createTodoClient({ url: server.url, session }), { storage: { open, sharing: { lock: () => {}, channel } } });
    await reading.promise;
    const closed = replica.close();
    released.resolve();
    await closed;
    await immediate();
    expect(told).not.toContain('closed');
  });

  it('follow a sign-out and a sign-in in one of them, and delete what was saved', async () => {
    const { tabs, person, storage } = await openTabs(3);
    const [first] = tabs;
    const userId = first?.replica.userId ?? '';
    await first?.replica.mutate.tasks.create({ title: 'Of Ada' }).done;
    await first?.todo.signOut();
    await Promise.all(tabs.map(({ replica }) => untilState(replica, 'signed-out')));
    expect(tabs.map(({ replica }) => replica.tasks().size)).toEqual([0, 0, 0]);
    await expect.poll(() => storage.of(userId).size).toBe(0);
    await first?.todo.signIn(person);
    for (const { replica } of tabs) await expect.poll(() => shown(replica)).toMatchObject([{ title: 'Of Ada' }]);
  });

  it('miss nothing of a step that does not follow on what they have', async () => {
    const { tabs, elsewhere, storage } = await openTabs(2);
    const { userId } = tabs[0]?.replica ?? {};
    await elsewhere.tasks.create({ title: 'Seen' });
    for (const { replica } of tabs) await untilEqual(replica, elsewhere);
    const channel = storage.sharing?.channel(`todo ${server.url} ${userId}`, () => {});
    const position = { cursor: 'elsewhere', seq: 9 };
    channel?.post({ news: { kind: 'step', step: { kind: 'rows', after: undefined, isWhole: true, changes: [], position } } });
    await elsewhere.tasks.create({ title: 'Seen too' });
    for (const { replica } of tabs) await untilEqual(replica, elsewhere);
    channel?.close();
  });

  it('show everything in one that cannot read what is saved', async () => {
    const { tabs, elsewhere, session, storage } = await openTabs(1);
    await elsewhere.tasks.create({ title: 'Saved' });
    for (const { replica } of tabs) await untilEqual(replica, elsewhere);
    const broken = {
      ...storage,
      open: async (name: string) => (name.includes(tabs[0]?.replica.userId ?? '') ? Promise.reject(new Error('No disk.')) : storage.open(name)),
    };
    const { replica: blind } = replicaOf(createTodoClient({ url: server.url, session }), { storage: broken });
    await untilEqual(blind, elsewhere);
    await elsewhere.tasks.create({ title: 'Later' });
    await untilEqual(blind, elsewhere);
    expect(await blind.mutate.tasks.create({ title: 'Made without a storage' }).done).toMatchObject({ title: 'Made without a storage' });
    for (const replica of [blind, ...tabs.map((tab) => tab.replica)]) await untilEqual(replica, elsewhere);
    expect(begun).toHaveLength(1);
  });

  it('show what is new although nothing can be saved any more, also in one that opens then', async () => {
    const { tabs, open, elsewhere, storage } = await openTabs(2);
    await elsewhere.tasks.create({ title: 'Saved' });
    for (const { replica } of tabs) await untilEqual(replica, elsewhere);
    storage.fail();
    await elsewhere.tasks.create({ title: 'Not saved' });
    for (const { replica } of tabs) await untilEqual(replica, elsewhere);
    const late = open();
    await untilEqual(late.replica, elsewhere);
    await elsewhere.tasks.create({ title: 'Later' });
    for (const { replica } of [...tabs, late]) await untilEqual(replica, elsewhere);
    const own = late.replica.mutate.tasks.create({ title: 'Made in the last' });
    expect(await own.done).toMatchObject({ id: own.id });
    for (const { replica } of [...tabs, late]) await untilEqual(replica, elsewhere);
  });
});
