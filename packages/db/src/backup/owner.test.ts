import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyLog } from '../log/verify.ts';
import { withConnection } from '../migrate/migrate.ts';
import { createFolder } from '../testing/backups.ts';
import { addOwner, createTestDatabase, inspect, script, type TestDatabase } from '../testing/database.ts';
import { backup } from './backup.ts';
import { restoreOwner } from './owner.ts';

const folder = createFolder();
const file = folder.file('before');
let own: TestDatabase;
let ada: string;
let ben: string;
beforeAll(async () => {
  own = await createTestDatabase();
  [ada, ben] = [await addOwner(own, 6), await addOwner(own, 6)];
  await script(
    own.superuserUrl,
    `update tasks set title = E'tab\\there, line\\nthere, \\\\N and \\\\.', completed_at = '2026-01-02T03:04:05.678Z' where title = 'Task 6'`,
  );
  await backup(own.ownerUrl, file);
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await own[Symbol.asyncDispose]();
});

const tasksOf = (owner: string) =>
  inspect(own.superuserUrl, `select id, title, description, completed_at, created_at from tasks where user_id = '${owner}' order by id`);
const everythingOf = async (owner: string) => [
  await tasksOf(owner),
  await inspect(own.superuserUrl, `select * from events where user_id = '${owner}' order by seq`),
];
const restored = (owner: string) => inspect(own.superuserUrl, `select count(*)::int as count from events where user_id = '${owner}' and action = 'restored'`);
const ruin = (owner: string) =>
  script(
    own.superuserUrl,
    `delete from tasks where user_id = '${owner}' and title in ('Task 1', 'Task 2');
     update tasks set title = 'Ruined', completed_at = now() where user_id = '${owner}' and title in ('Task 3') or title like 'tab%' and user_id = '${owner}'`,
  );

it('brings one owner’s tasks back as they were, as new events of a sound log, and leaves everybody else alone', async () => {
  const before = await tasksOf(ada);
  await ruin(ada);
  await ruin(ben);
  await script(own.superuserUrl, `insert into tasks (user_id, id, title) values ('${ada}', gen_random_uuid(), 'Made since')`);
  const bens = await everythingOf(ben);
  expect(await restoreOwner(own.ownerUrl, file, ada)).toMatchObject({ owner: ada, inBackup: { list: 0, task: 6 }, changed: 4 });

  const after = await tasksOf(ada);
  expect(after.filter(({ title }) => title !== 'Made since')).toEqual(before);
  expect(after).toHaveLength(before.length + 1);
  expect(await restored(ada)).toEqual([{ count: 4 }]);
  expect(await everythingOf(ben)).toEqual(bens);
  expect(await withConnection(own.ownerUrl, (connection) => verifyLog(connection, ada))).not.toHaveProperty('fault');
  expect(await inspect(own.superuserUrl, `select open, completed from owners where user_id = '${ada}'`)).toEqual([{ open: 6, completed: 1 }]);
});

it('changes nothing when all is as it was, and finds the owner by address too', async () => {
  await restoreOwner(own.ownerUrl, file, ada);
  const before = await everythingOf(ada);
  expect(await restoreOwner(own.ownerUrl, file, `${ada.toUpperCase()}@EXAMPLE.com`)).toMatchObject({ owner: ada, changed: 0 });
  expect(await everythingOf(ada)).toEqual(before);
});

it('refuses somebody whom the database or the backup does not know', async () => {
  await expect(restoreOwner(own.ownerUrl, file, 'nobody@example.com')).rejects.toMatchObject({ reason: 'UNKNOWN_OWNER' });
  const eve = await addOwner(own, 1);
  await expect(restoreOwner(own.ownerUrl, file, eve)).rejects.toMatchObject({ reason: 'UNKNOWN_OWNER' });
  expect(await tasksOf(eve)).toHaveLength(1);
  expect(await restored(eve)).toEqual([{ count: 0 }]);
});

it('brings nothing back when not all of it fits', async () => {
  const before = await everythingOf(ben);
  await script(own.superuserUrl, `set session_replication_role = replica; update owners set open = 100000 - completed where user_id = '${ben}'`);
  await expect(restoreOwner(own.ownerUrl, file, ben)).rejects.toMatchObject({ reason: 'QUOTA_REACHED' });
  expect(await everythingOf(ben)).toEqual(before);
});
