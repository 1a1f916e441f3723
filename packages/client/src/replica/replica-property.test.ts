import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { startTestApi } from '@todo/api/testing';
import { expect, it } from 'vitest';
import type { TodoClient } from '../index.ts';
import type { Replica } from '../replica.ts';
import { replicaOf, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';
import { testStorage } from '../testing/storage.ts';

const WRITERS = 4;
const CHANGES_PER_WRITER = 40;
const CUTS = 8;

const { server, twoClients } = await startScene(await startTestApi({ watching }));
const below = (end: number) => Math.floor(Math.random() * end);

/** Changes lists and tasks at random. Concurrent writers may have removed them. Returns the number of those created. */
async function write({ lists, tasks, history }: TodoClient, ids: string[], listIds: string[]): Promise<number> {
  let made = 0;
  const create = async (count: number) => {
    const created = await tasks.createMany({
      tasks: Array.from({ length: count }, (_, i) => ({ title: `Task ${i}`, listId: i % 2 ? (listIds.at(-1) ?? null) : null })),
    });
    ids.push(...created.tasks.map(({ id }) => id));
    made += count;
  };
  for (let i = 0; i < CHANGES_PER_WRITER; i += 1) {
    const id = ids[below(ids.length)] ?? '';
    const list = listIds[below(listIds.length)] ?? randomUUID();
    const changes = [
      () => create(1 + below(5)),
      () => tasks.edit({ id, title: `Edited ${i}` }),
      () => tasks.complete({ id }),
      () => tasks.reopen({ id }),
      () => tasks.remove({ id }),
      () => tasks.restore({ id }),
      () => tasks.removeMany({ ids: [...new Set(ids.slice(below(ids.length)))] }),
      async () => {
        made += 1;
        listIds.push((await lists.create({ name: `List ${i}` })).id);
      },
      () => lists.edit({ id: list, name: `Edited ${i}` }),
      () => lists.remove({ id: list, tasks: below(2) ? 'inbox' : 'remove' }),
      () => (below(4) === 0 ? history.rewind({ to: below(50) }) : tasks.get({ id })),
    ];
    const change = id === '' ? changes[0] : changes[below(changes.length)];
    await change?.().catch((error: unknown) => expect(error).toMatchObject({ reason: expect.stringMatching(/^(LIST|TASK)_NOT_FOUND$/) }));
  }
  return made;
}

/** Closes a replica repeatedly and continues from its storage. */
async function resume(todo: TodoClient, isOver: () => boolean): Promise<Replica> {
  const storage = testStorage();
  let { replica } = replicaOf(todo, { storage });
  while (!isOver()) {
    await pause(below(100));
    replica.close();
    ({ replica } = replicaOf(todo, { storage }));
  }
  return replica;
}

it('replicas end equal to the list, whoever writes, is cut off and begins again meanwhile, and no change is made twice', async () => {
  const { here, there } = await twoClients();
  const steady = [replicaOf(here).replica, replicaOf(there).replica];
  let isOver = false;
  const resumed = resume(here, () => isOver);
  const cuts = async () => {
    for (let i = 0; i < CUTS; i += 1) {
      await pause(below(300));
      server.cut();
      await pause(below(100));
      server.mend();
    }
  };
  const ids: string[] = [];
  const listIds: string[] = [];
  const [made] = await Promise.all([Promise.all(Array.from({ length: WRITERS }, (_, i) => write(i % 2 ? here : there, ids, listIds))), cuts()]);
  isOver = true;
  for (const replica of [...steady, await resumed]) {
    await untilState(replica, 'live');
    await untilEqual(replica, here);
  }
  const created = new Set<string>();
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof here.history.list>> = await here.history.list({ limit: 200, cursor });
    for (const { action, id } of page.items) if (action === 'created') created.add(id);
    cursor = page.nextCursor;
  }
  expect([...created].sort()).toEqual([...ids, ...listIds].sort());
  expect(made.reduce((sum, count) => sum + count)).toBe(created.size);
});
