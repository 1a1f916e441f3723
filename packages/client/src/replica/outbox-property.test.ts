import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { startTestApi } from '@todo/api/testing';
import { expect, it } from 'vitest';
import type { TodoClient } from '../index.ts';
import type { Notice, QueuedChange, Replica } from '../replica.ts';
import { replicaOf, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';
import { testStorage } from '../testing/storage.ts';
import { browserSharing } from './sharing.ts';

const DEVICES = 3;
const TABS = 2;
const CHANGES_PER_TAB = 60;
const CUTS = 10;

const { server, other, twoClients } = await startScene(await startTestApi({ watching }));
const below = (end: number) => Math.floor(Math.random() * end);
const oneOf = <Item>(items: readonly Item[]): Item | undefined => items[below(items.length)];

/** Refusals that concurrent changes cause. */
const expected = /^(LIST|TASK|PARENT|NEIGHBOR)_NOT_FOUND$|^PARENT_|^LEVELS_EXCEEDED$|^INVALID_INPUT$|^NO_NEXT_DATE$/;

/** Makes a change of what shows, or one that the server refuses. */
function change({ mutate: { tasks, lists }, ...replica }: Replica, shown = [...replica.tasks().keys()], listed = [...replica.lists().keys()]): QueuedChange {
  const [id = randomUUID(), neighbor = randomUUID()] = [oneOf(shown), oneOf(shown)];
  const listId = oneOf(listed) ?? null;
  const ids = [...new Set([id, neighbor])];
  const changes: (() => QueuedChange)[] = [
    () => tasks.create({ title: `Task ${below(100)}`, listId }),
    () => tasks.create({ title: 'Subtask', parentId: id, listId: replica.tasks().get(id)?.listId ?? null }),
    () => tasks.createMany({ tasks: [{ title: 'One' }, { title: 'Other', dueDate: '2026-01-31', recurrence: 'FREQ=DAILY' }] }),
    () => tasks.edit({ id, title: `Edited ${below(100)}` }),
    () => tasks.edit({ id, description: `Edited ${below(100)}`, addLabels: [`Label ${below(5)}`] }),
    () => tasks.edit({ id, title: below(2) ? '' : 'Refused half of the times' }),
    () => tasks.editMany({ ids, priority: 'high' }),
    () => tasks.complete({ id }),
    () => tasks.reopen({ id }),
    () => tasks.skip({ id }),
    () => tasks.move(below(2) && id !== neighbor ? { id, after: neighbor } : { id, listId }),
    () => (below(3) ? tasks.complete({ id }) : tasks.remove({ id })),
    () => lists.create({ name: `List ${below(100)}` }),
    () => (listId === null ? lists.create({ name: 'First' }) : lists.edit({ id: listId, name: `Edited ${below(100)}` })),
    () => (listId === null || below(3) ? tasks.completeMany({ ids }) : lists.remove({ id: listId, tasks: below(2) ? 'inbox' : 'remove' })),
  ];
  return (oneOf(changes) ?? (() => tasks.create({ title: 'Task' })))();
}

/** A tab that changes things at random, and is closed and opened again in between. */
async function work(open: () => Replica): Promise<{ replica: Replica; creations: QueuedChange[] }> {
  let replica = open();
  const creations: QueuedChange[] = [];
  for (let i = 0; i < CHANGES_PER_TAB; i += 1) {
    await pause(below(20));
    const made = change(replica);
    if (replica.pending.some(({ path, mutationId }) => path.endsWith('.create') && mutationId === made.mutationId)) creations.push(made);
    if (below(12) > 0) continue;
    await made.queued;
    replica.close();
    replica = open();
    await expect.poll(() => replica.userId).not.toBeNull();
  }
  return { replica, creations };
}

async function historyOf({ history }: TodoClient) {
  const all: { seq: number; id: string; action: string; mutationId: string | null }[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof history.list>> = await history.list({ limit: 200, cursor });
    all.push(...page.items);
    cursor = page.nextCursor;
  }
  return all;
}

it('whatever is changed, cut off and restarted, all tabs and devices end equal to the server, and everything queued is applied once or refused', async () => {
  const { here, there } = await twoClients();
  const refused = new Map<string, Notice>();
  const devices = Array.from({ length: DEVICES }, (_, i) => {
    const storage = { ...testStorage(), sharing: i === 0 ? undefined : browserSharing() };
    return () => {
      const { replica } = replicaOf(i % 2 ? here : there, { storage });
      replica.onNotice((notice) => notice.kind === 'refused' && refused.set(notice.mutationId, notice));
      return replica;
    };
  });
  const cuts = async () => {
    for (let i = 0; i < CUTS; i += 1) {
      await pause(below(200));
      const cut = oneOf([server, other]);
      if (i % 3 === 0) server.lose('/trpc/tasks.edit', 2);
      cut?.cut();
      await pause(below(200));
      cut?.mend();
    }
  };
  const tabs = devices.flatMap((open, i) => Array.from({ length: i === 0 ? 1 : TABS }, () => open));
  const [worked] = await Promise.all([Promise.all(tabs.map(work)), cuts()]);
  for (const { replica } of worked) await untilState(replica, 'live');
  for (const { replica } of worked) await expect.poll(() => replica.pending).toEqual([]);
  for (const { replica } of worked) await untilEqual(replica, here);
  for (const notice of refused.values()) expect(notice).toMatchObject({ error: { reason: expect.stringMatching(expected) } });

  const applied = await historyOf(here);
  expect(applied.filter(({ mutationId }) => mutationId !== null && refused.has(mutationId))).toEqual([]);
  const createdBy = new Map<string, string[]>();
  for (const { id, action, mutationId } of applied)
    if (action === 'created' && mutationId) createdBy.set(mutationId, [...(createdBy.get(mutationId) ?? []), id]);
  const creations = worked.flatMap((tab) => tab.creations).filter(({ mutationId }) => !refused.has(mutationId));
  expect(creations.length).toBeGreaterThan(CHANGES_PER_TAB / 10);
  expect(creations.map(({ mutationId, id }) => [id, createdBy.get(mutationId)])).toEqual(creations.map(({ id }) => [id, [id]]));
});
