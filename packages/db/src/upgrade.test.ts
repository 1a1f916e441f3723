import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { migrate, withConnection } from './migrate.ts';
import { createEmptyDatabase, inspect } from './testing.ts';
import { verifyLog } from './verify-log.ts';

const migrations = join(import.meta.dirname, '..', 'migrations');

/** The migrations as they were when the first so many were all. */
function firstMigrations(count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'todo-migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(migrations, folder, { recursive: true });
  const journal = join(folder, 'meta', '_journal.json');
  const { entries, ...rest } = JSON.parse(readFileSync(journal, 'utf8'));
  writeFileSync(journal, JSON.stringify({ ...rest, entries: entries.slice(0, count) }));
  return folder;
}

it('a database from before the log, with its tasks, is brought to this version by migrating alone', async () => {
  await using own = await createEmptyDatabase();
  await migrate(own.ownerUrl, own.appUrl, firstMigrations(2));
  const [ada, bob] = ['0198c0de-0000-7000-8000-00000000000a', '0198c0de-0000-7000-8000-00000000000b'] as const;
  for (const [id, tasks] of [
    [ada, 3],
    [bob, 1],
  ] as const) {
    await inspect(own.superuserUrl, `insert into "user" values ('${id}', 'x', '${id}@example.com', true, null, now(), now())`);
    await inspect(
      own.superuserUrl,
      `insert into tasks (user_id, id, title) select '${id}', gen_random_uuid(), 'Task ' || n from generate_series(1, ${tasks}) n`,
    );
  }
  await inspect(own.superuserUrl, `update tasks set completed_at = now() where title = 'Task 2'`);
  const before = await inspect(own.superuserUrl, 'select * from tasks order by user_id, id');

  await migrate(own.ownerUrl, own.appUrl);
  expect(await inspect(own.superuserUrl, 'select * from tasks order by user_id, id')).toEqual(before);
  expect(await inspect(own.superuserUrl, `select user_id, last_seq::int, open, completed from task_counters order by user_id`)).toEqual([
    { user_id: ada, last_seq: 3, open: 2, completed: 1 },
    { user_id: bob, last_seq: 1, open: 1, completed: 0 },
  ]);
  await inspect(own.superuserUrl, `update tasks set title = 'After' where user_id = '${ada}' and title = 'Task 1'`);
  expect(await inspect(own.superuserUrl, `select seq::int, action, version from task_events where user_id = '${ada}' order by seq desc limit 1`)).toEqual([
    { seq: 4, action: 'edited', version: 2 },
  ]);
  const verdicts = await Promise.all([ada, bob].map((id) => withConnection(own.ownerUrl, (connection) => verifyLog(connection, id))));
  expect(verdicts.map(({ events, fault }) => ({ events, fault }))).toEqual([{ events: 4 }, { events: 1 }]);
});
