import { randomUUID } from 'node:crypto';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { backup } from '../backup/backup.ts';
import { createFolder } from '../testing/backups.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import { addMigration, copyMigrations } from '../testing/migrations.ts';
import { describeCatalog } from './catalog.ts';
import { underLock } from './lock.ts';
import { applyAccess, applyMigrations, withConnection } from './migrate.ts';

let own: TestDatabase;
beforeEach(async () => {
  const created = await createTestDatabase();
  onTestFinished(() => created[Symbol.asyncDispose]());
  own = created;
  await addOwner(own, 3);
});

const addColumn = (name: string) => {
  const migrations = copyMigrations();
  addMigration(migrations, `9000_${name}`, `alter table tasks add column ${name} text`);
  return migrations;
};
const catalogOf = ({ ownerUrl }: TestDatabase) => withConnection(ownerUrl, describeCatalog);

it('a migration that cannot lock a table lets others read and write meanwhile, says who holds the lock, and completes when it is free', async () => {
  const waits: string[] = [];
  let isDone = false;
  const migrating = await withConnection(own.appUrl, async (holder) => {
    await holder.send([{ text: `begin; set local role todo_user; set local app.user_id = '${randomUUID()}'` }, { text: 'select from tasks' }]);
    const applied = applyMigrations(own.ownerUrl, own.appUrl, addColumn('first'), { log: (line) => waits.push(line) }).then(() => {
      isDone = true;
    });
    await expect.poll(() => waits.length).toBe(2);
    // The migration has its lock requested again and again; between the attempts, statements behind it run.
    const writes = Array.from({ length: 20 }, (_, n) => inspect(own.superuserUrl, `update tasks set description = '${n}' where title = 'Task 1'`));
    await Promise.all(writes);
    expect(isDone).toBe(false);
    expect(waits[0]).toMatch(
      new RegExp(`^Waiting for locks on tables: next attempt in 1 s\\. Locks are held by process ${holder.backend} of todo_app \\(tasks\\)\\.$`),
    );
    await holder.send([{ text: 'commit' }]);
    return { applied };
  });
  await migrating.applied;
  expect(await catalogOf(own)).toContain('first text');
});

it('access rules that wait for a table hold no other that a call with that table may need', async () => {
  await withConnection(own.superuserUrl, async (holder) => {
    await holder.send([{ text: 'begin; lock table tasks in row exclusive mode' }]);
    const applied = applyAccess(own.ownerUrl, own.appUrl);
    const waiting = `select (select string_agg(relation::regclass::text, ', ') from pg_locks held
        where held.pid = wait.pid and held.granted and held.relation in ('owners'::regclass, 'events'::regclass, 'idempotency_keys'::regclass)) as holds
      from pg_locks wait where not wait.granted and wait.relation = 'tasks'::regclass`;
    await expect.poll(() => inspect(own.superuserUrl, waiting)).toEqual([{ holds: null }]);
    await holder.send([{ text: 'lock table owners, events, idempotency_keys in row exclusive mode; commit' }]);
    await applied;
  });
});

it('a migration gives up when a table stays locked, says so, and has changed nothing', async () => {
  const before = await catalogOf(own);
  await withConnection(own.superuserUrl, async (holder) => {
    await holder.send([{ text: 'begin; lock table tasks in access share mode' }]);
    const applied = applyMigrations(own.ownerUrl, own.appUrl, addColumn('second'), { giveUpAfter: 1_500 });
    await expect(applied).rejects.toThrow(
      `The tables could not be locked within 1.5 seconds, so nothing was changed. Locks are held by process ${holder.backend} of postgres (tasks). End these transactions, or try again later.`,
    );
  });
  expect(await catalogOf(own)).toBe(before);
});

it('two migrations exclude each other, and neither leaves a lock on its connection, which may be a pooler’s', async () => {
  const order: string[] = [];
  const step = (name: string) =>
    withConnection(own.ownerUrl, async (connection) => {
      const work = async () => {
        order.push(`${name} begins`);
        await connection.send([{ text: 'select pg_sleep(0.3)' }]);
        order.push(`${name} ends`);
      };
      await underLock(connection, 'change', work);
      expect(await inspect(own.superuserUrl, `select from pg_locks where pid = ${connection.backend} and locktype = 'advisory'`)).toEqual([]);
    });
  await Promise.all([step('a'), step('b')]);
  const [first] = order;
  expect(order).toEqual(first === 'a begins' ? ['a begins', 'a ends', 'b begins', 'b ends'] : ['b begins', 'b ends', 'a begins', 'a ends']);
});

it('a backup waits for a migration and holds what it has changed, and a migration waits for a backup', async () => {
  using folder = createFolder();
  const id = randomUUID();
  const [started, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const migrating = withConnection(own.ownerUrl, (connection) =>
    underLock(connection, 'change', async () => {
      await connection.send([{ text: `insert into "user" values ('${id}', 'x', '${id}@example.com', true, null, now(), now())` }]);
      started.resolve();
      await finish.promise;
    }),
  );
  await started.promise;
  const before = await inspect(own.superuserUrl, 'select from "user"');
  const taking = backup(own.ownerUrl, folder.file('one'));
  await expect.poll(() => inspect(own.superuserUrl, `select from pg_locks where not granted and mode = 'ShareLock'`)).toHaveLength(1);
  finish.resolve();
  await migrating;
  expect((await taking).manifest.tables.user?.rows).toBe(before.length + 1);

  const waits: string[] = [];
  await withConnection(own.ownerUrl, (connection) =>
    underLock(connection, 'snapshot', async () => {
      const applied = applyMigrations(own.ownerUrl, own.appUrl, undefined, { giveUpAfter: 1_000, log: (line) => waits.push(line) });
      await expect(applied).rejects.toThrow(`Locks are held by process ${connection.backend} of todo_owner`);
    }),
  );
});
