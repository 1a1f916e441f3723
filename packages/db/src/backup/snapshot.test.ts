import { expect, it } from 'vitest';
import { withConnection } from '../migrate/migrate.ts';
import { createFolder } from '../testing/backups.ts';
import { addOwner, createEmptyDatabase, createTestDatabase, inspect } from '../testing/database.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';

const WRITERS = 4;

/** Each owner has ten tasks; exactly five are completed before and after each change. */
const swap = (owner: string) => `
  update tasks set completed_at = case when completed_at is null then now() end
  where user_id = '${owner}' and id in (
    (select id from tasks where user_id = '${owner}' and completed_at is null order by random() limit 1)
    union all (select id from tasks where user_id = '${owner}' and completed_at is not null order by random() limit 1))`;

it('writes that go on all the while do not tear a backup: each change is in it whole or not at all', async () => {
  await using live = await createTestDatabase();
  using folder = createFolder();
  const owners = await Promise.all(Array.from({ length: WRITERS }, () => addOwner(live, 10)));
  await inspect(live.superuserUrl, `update tasks set completed_at = now() where title ~ '[1-5]$'`);
  for (let i = 0; i < 20; i += 1) await addOwner(live, 200);

  let [writing, changes] = [true, 0];
  const writers = owners.map((owner) =>
    withConnection(live.superuserUrl, async (connection) => {
      while (writing) {
        await connection.send([{ text: swap(owner) }]);
        changes += 1;
      }
    }),
  );
  const files = ['a', 'b', 'c'].map((name) => folder.file(name));
  const seen: number[] = [];
  for (const file of files) {
    const before = changes;
    await backup(live.ownerUrl, file);
    seen.push(changes - before);
  }
  writing = false;
  await Promise.all(writers);
  expect(Math.min(...seen)).toBeGreaterThan(0);

  for (const file of files) {
    await using empty = await createEmptyDatabase();
    await restore(empty.ownerUrl, empty.appUrl, file);
    const completed = await inspect(
      empty.superuserUrl,
      `select count(completed_at)::int as completed from tasks where user_id = any('{${owners}}') group by user_id`,
    );
    expect(completed).toEqual(owners.map(() => ({ completed: 5 })));
  }
});
