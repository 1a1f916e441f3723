import { startTestApi } from '@todo/api/testing';
import { expect, it } from 'vitest';
import { createTodoClient } from '../index.ts';
import { createMany, cursorAt, newcomer, replicaOf, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';
import { testStorage } from '../testing/storage.ts';

const api = await startTestApi({ watching });
const { server, begun, twoClients } = await startScene(api);

it('a replica begins anew by itself, live or saved, when a backup whose history has gone on from there is restored under the server', async () => {
  const person = newcomer();
  const { here, there, userId } = await twoClients(person);
  await createMany(here, 2);
  const backup = await api.database.copy();
  await createMany(here, 3);
  const storage = testStorage();
  const live = replicaOf(here).replica;
  const closed = replicaOf(here, { storage }).replica;
  await Promise.all([live, closed].map((replica) => untilEqual(replica, here)));
  const position = { cursor: cursorAt(5), seq: 5 };
  await expect.poll(() => storage.of(userId).get('position')).toEqual(position);
  closed.close();

  await backup.run(`insert into tasks (user_id, id, title) select '${userId}', gen_random_uuid(), 'Other ' || n from generate_series(1, 4) n`);
  await backup.restore();
  await expect.poll(() => live.tasks().size).toBe(6);
  await untilEqual(live, there);

  begun.splice(0);
  const again = createTodoClient({ url: server.url });
  await again.signIn(person);
  const { replica, seen } = replicaOf(again, { storage });
  await untilState(replica, 'live');
  await untilEqual(replica, there);
  expect(begun).toEqual([{ cursor: position.cursor }]);
  expect(seen.map(({ ids }) => ids.length)).toEqual([5, 6]);
});
