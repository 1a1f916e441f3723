import { startTestApi } from '@todo/api/testing';
import { expect, it } from 'vitest';
import { createMany, cursorAt, replicaOf, saved, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';

const api = await startTestApi({ watching });
const { begun, twoClients } = await startScene(api);

it('a replica begins anew by itself, live or saved, when a backup whose history has gone on from there is restored under the server', async () => {
  const { here, there, userId } = await twoClients();
  await createMany(here, 2);
  const backup = await api.database.copy();
  await createMany(here, 3);
  const live = replicaOf(here).replica;
  await untilEqual(live, here);
  const kept = saved(live);
  expect(kept).toMatchObject({ cursor: cursorAt(5) });

  await backup.run(`insert into tasks (user_id, id, title) select '${userId}', gen_random_uuid(), 'Other ' || n from generate_series(1, 4) n`);
  await backup.restore();
  await expect.poll(() => live.tasks().size).toBe(6);
  await untilEqual(live, there);

  begun.splice(0);
  const { replica, seen } = replicaOf(there, { saved: kept });
  await untilState(replica, 'live');
  await untilEqual(replica, there);
  expect(begun).toEqual([{ cursor: kept.cursor }]);
  expect(seen.map(({ ids }) => ids.length)).toEqual([5, 6]);
});
