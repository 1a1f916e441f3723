import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { inspect, script, startOwnPostgres } from '../testing/database.ts';
import { applyAccess, applyMigrations } from './migrate.ts';

const owner = randomUUID();

/** Dead rows, and an autovacuum that works on them for hours. */
const slowVacuum = [
  `insert into "user" values ('${owner}', 'x', 'x@example.com', true, null, now(), now())`,
  `set session_replication_role = replica;
   insert into tasks (user_id, id, title, search, created_at, updated_at, version)
     select '${owner}', gen_random_uuid(), 'Task', '', now(), now(), 1 from generate_series(1, 50000);
   update tasks set title = 'Changed'`,
  'alter table tasks set (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)',
  `alter system set autovacuum_naptime = '1s'`,
  'select pg_reload_conf()',
];

it('a migration gets its locks although autovacuum works on a table for hours', async () => {
  await using server = await startOwnPostgres();
  const superuserUrl = server.superuserUrl.replace(/postgres$/, 'todo');
  await applyMigrations(server.ownerUrl, server.appUrl);
  for (const text of slowVacuum) await script(superuserUrl, text);
  const vacuum = `select from pg_locks join pg_stat_activity using (pid)
    where relation = 'tasks'::regclass and mode = 'ShareUpdateExclusiveLock' and backend_type = 'autovacuum worker'`;
  await expect.poll(() => inspect(superuserUrl, vacuum)).toHaveLength(1);
  const waits: string[] = [];
  await applyAccess(server.ownerUrl, server.appUrl, { log: (line) => waits.push(line), giveUpAfter: 30_000 });
  expect(waits[0]).toMatch(/process \d+ of the server itself \(tasks\)/);
});
