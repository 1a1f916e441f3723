import { readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertSchema } from '../migrate/assert-schema.ts';
import { describeCatalog } from '../migrate/catalog.ts';
import { withConnection } from '../migrate/migrate.ts';
import { committedCatalog } from '../migrate/version.ts';
import { contentsOf, createFolder, createPopulated } from '../testing/backups.ts';
import { addOwner, createEmptyDatabase, createTestDatabase, inspect, script, type TestDatabase } from '../testing/database.ts';
import { addMigration, copyMigrations } from '../testing/migrations.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';

const folder = createFolder();
const file = folder.file('live.backup');
let live: TestDatabase;
beforeAll(async () => {
  live = await createPopulated();
  await backup(live.ownerUrl, file);
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await live[Symbol.asyncDispose]();
});

const nameOf = ({ ownerUrl }: TestDatabase) => new URL(ownerUrl).pathname.slice(1);
const migrationsOf = ({ superuserUrl }: TestDatabase) => inspect(superuserUrl, 'select id, hash, created_at from drizzle.__drizzle_migrations order by id');
const relations = ({ superuserUrl }: TestDatabase) => inspect(superuserUrl, `select relname from pg_class where relnamespace = 'public'::regnamespace`);

describe('restoring into an empty database', () => {
  it('brings back what was backed up, to the last byte, in a database as migrations make it', async () => {
    await using empty = await createEmptyDatabase();
    const { manifest } = await restore(empty.ownerUrl, empty.appUrl, file);
    expect(await contentsOf(empty)).toEqual(manifest);
    expect(await contentsOf(live)).toEqual(manifest);
    for (const table of ['user', 'account', 'jwks', 'tasks', 'owners', 'events', 'idempotency_keys', 'account_receipts']) {
      expect(manifest.tables[table]?.rows, table).toBeGreaterThan(0);
    }
    expect(await withConnection(empty.ownerUrl, describeCatalog)).toBe(committedCatalog());
    expect(await migrationsOf(empty)).toEqual(await migrationsOf(live));
    for (const table of ['session', 'verification', 'mails', 'security_events', 'rate_limit'])
      expect(await inspect(empty.superuserUrl, `select from ${table}`)).toEqual([]);
  });

  it('leaves a database in which people work on: their logs go on where they were', async () => {
    await using empty = await createEmptyDatabase();
    await restore(empty.ownerUrl, empty.appUrl, file);
    const heads = () => inspect(empty.superuserUrl, 'select user_id, last_seq::int from owners order by 1');
    const before = await heads();
    await script(empty.superuserUrl, `update tasks set title = 'After the restore' where title = 'Task 5'`);
    expect((await heads()).map(({ last_seq }) => last_seq)).not.toEqual(before.map(({ last_seq }) => last_seq));
    await backup(empty.ownerUrl, folder.file('again.backup'));
    await using again = await createEmptyDatabase();
    await restore(again.ownerUrl, again.appUrl, folder.file('again.backup'));
  });

  it('refuses a backup that lacks a table of its version', async () => {
    await using less = await createTestDatabase();
    await using empty = await createEmptyDatabase();
    await inspect(less.superuserUrl, 'revoke select on account_receipts from todo_backup');
    const lacking = folder.file('lacking.backup');
    await backup(less.ownerUrl, lacking);
    await expect(restore(empty.ownerUrl, empty.appUrl, lacking)).rejects.toThrow('its tables are not those of its version');
    expect(await relations(empty)).toEqual([]);
  });

  it('migrates what an older version has backed up, and refuses what a newer one has', async () => {
    const migrations = copyMigrations();
    addMigration(migrations, '9000_later', `alter table jwks add column later text not null default 'migrated'`);

    await using newer = await createEmptyDatabase();
    await expect(restore(newer.ownerUrl, newer.appUrl, file, { migrationsFolder: migrations })).rejects.toThrow('The database does not match this version');
    expect(await inspect(newer.superuserUrl, 'select later from jwks')).toEqual([{ later: 'migrated' }]);
    const later = folder.file('later.backup');
    await backup(newer.ownerUrl, later);
    await using empty = await createEmptyDatabase();
    await expect(restore(empty.ownerUrl, empty.appUrl, later)).rejects.toMatchObject({ reason: 'NEWER_VERSION' });
    expect(await relations(empty)).toEqual([]);
  });
});

describe('restoring over something', () => {
  it('is refused unless it is called by its name, and then leaves nothing of it', async () => {
    await using other = await createTestDatabase();
    const eve = await addOwner(other, 1);
    const before = await contentsOf(other);
    await expect(restore(other.ownerUrl, other.appUrl, file)).rejects.toMatchObject({
      reason: 'NOT_EMPTY',
      message: expect.stringContaining(`--replace "${nameOf(other)}"`),
    });
    await expect(restore(other.ownerUrl, other.appUrl, file, { replace: 'todo' })).rejects.toMatchObject({ reason: 'WRONG_NAME' });
    expect(await contentsOf(other)).toEqual(before);

    const { manifest } = await restore(other.ownerUrl, other.appUrl, file, { replace: nameOf(other) });
    expect(await contentsOf(other)).toEqual(manifest);
    expect(await inspect(other.superuserUrl, `select from "user" where id = '${eve}'`)).toEqual([]);
    await assertSchema(other.appUrl);
  });
});

describe('a backup of a database that is not sound is not restored, and nothing is changed', () => {
  it.each([
    ['a broken log', `update events set version = 9 where seq = 2`, 'is broken at event 2'],
    ['a missing event', 'delete from events where seq = 2', 'is broken at event 2'],
    ['a task that differs from its log', `update tasks set title = 'Other!' where title = 'Task 2'`, 'is broken at event'],
    ['a wrong count', 'update owners set completed = completed + 1', 'counts'],
    ['a label that no task has', `insert into task_labels select user_id, 'x', id, 'x' from tasks limit 1`, 'labels'],
    ['tasks of nobody', 'delete from "user"', 'OWNER_GONE'],
  ])('%s', async (_, change, message) => {
    await using unsound = await createTestDatabase();
    await addOwner(unsound, 3);
    await script(unsound.superuserUrl, `set session_replication_role = replica; ${change}`);
    const path = folder.file(`${nameOf(unsound)}.backup`);
    await backup(unsound.ownerUrl, path);
    await using empty = await createEmptyDatabase();
    await expect(restore(empty.ownerUrl, empty.appUrl, path)).rejects.toThrow(message);
    expect(await relations(empty)).toEqual([]);
  });
});

it('with --accept-unsound, data that was already unsound is restored as it was, and reported', async () => {
  await using unsound = await createTestDatabase();
  const owner = await addOwner(unsound, 3);
  await script(unsound.superuserUrl, `set session_replication_role = replica; update events set version = 9 where seq = 2; update owners set open = 7`);
  const path = folder.file('unsound.backup');
  await backup(unsound.ownerUrl, path);
  await using empty = await createEmptyDatabase();
  const faults: string[] = [];
  const { manifest } = await restore(empty.ownerUrl, empty.appUrl, path, { onUnsound: (what) => faults.push(what) });
  expect(faults).toEqual(['the counts of tasks or lists are wrong', `the log of ${owner} is broken at event 2`]);
  expect(await contentsOf(empty)).toEqual(manifest);
});

describe('making a backup', () => {
  it('never writes over a file, and lets nobody else read it', async () => {
    const before = readFileSync(file);
    await expect(backup(live.ownerUrl, file)).rejects.toMatchObject({ reason: 'EXISTS' });
    expect(readFileSync(file)).toEqual(before);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('says of a folder that is not there that it cannot be used', async () => {
    await expect(backup(live.ownerUrl, '/nowhere/at/all')).rejects.toMatchObject({ reason: 'FILE_SYSTEM' });
  });
});
