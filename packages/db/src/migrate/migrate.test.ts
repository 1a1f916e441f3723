import { execFile } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { backup } from '../backup/backup.ts';
import { addOwner, createEmptyDatabase, createTestDatabase, inspect, type TestDatabase, trust } from '../testing/database.ts';
import { addMigration, changeJournal, copyMigrations } from '../testing/migrations.ts';
import { assertSchema, migrate } from './assert-schema.ts';
import { describeCatalog } from './catalog.ts';
import { migrationFaults, push } from './drizzle-kit.ts';
import { applyAccess, applyMigrations, withConnection } from './migrate.ts';
import { ACCESS_FILE, committedCatalog, raiseVersion } from './version.ts';

const packageDir = join(import.meta.dirname, '..', '..');
const catalogOf = ({ ownerUrl }: TestDatabase) => withConnection(ownerUrl, describeCatalog);
const appliedTo = ({ superuserUrl }: TestDatabase) => inspect(superuserUrl, 'select id, hash, created_at from drizzle.__drizzle_migrations order by id');

let migrations: string;
beforeEach(() => {
  migrations = copyMigrations();
});

describe('a migrated database', () => {
  it('is what schema.sql says', async () => {
    await using migrated = await createEmptyDatabase();
    await applyMigrations(migrated.ownerUrl, migrated.appUrl);
    expect(await catalogOf(migrated)).toBe(committedCatalog());
  });

  it('does not change when it is migrated again, or when the access layer is applied again', async () => {
    await using own = await createTestDatabase();
    await addOwner(own, 3);
    const before = [await catalogOf(own), await appliedTo(own), await inspect(own.superuserUrl, 'select * from tasks order by id')];
    await applyMigrations(own.ownerUrl, own.appUrl);
    await applyAccess(own.ownerUrl, own.appUrl);
    await migrate(own.ownerUrl, own.appUrl);
    expect([await catalogOf(own), await appliedTo(own), await inspect(own.superuserUrl, 'select * from tasks order by id')]).toEqual(before);
  });

  it('is closed after a bare push, which drops every policy, and open again to owners alone after the next migrate', async () => {
    await using own = await createTestDatabase();
    const ada = await addOwner(own, 2);
    const read = () => own.open().as(ada).builder().execute('select title from tasks order by title');
    push(own.ownerUrl, ['--force'], false);
    expect(await read()).toEqual([]);
    await expect(assertSchema(own.appUrl)).rejects.toThrow('create policy backup on account');
    expect(await catalogOf(own)).not.toContain('create policy');
    await migrate(own.ownerUrl, own.appUrl);
    expect(await read()).toEqual([{ title: 'Task 1' }, { title: 'Task 2' }]);
  });
});

it('a pushed database lets nobody in, with the access layer is what schema.sql says, and cannot be backed up', async () => {
  await using pushed = await createEmptyDatabase();
  await expect(backup(pushed.ownerUrl, '/nowhere')).rejects.toMatchObject({ reason: 'NOT_MIGRATED' });
  await expect(assertSchema(pushed.appUrl)).rejects.toThrow('Run "pnpm db migrate"');
  push(pushed.ownerUrl, ['--force'], false);
  await expect(assertSchema(pushed.appUrl)).rejects.toThrow('Run "pnpm db migrate"');
  const id = '00000000-0000-7000-8000-000000000000';
  trust(id);
  const { as, identity } = pushed.open();
  for (const text of [
    'select from tasks',
    'select from session',
    'select from events',
    'select from idempotency_keys',
    `insert into tasks (id) values ('${id}')`,
    'update tasks set title = title',
    'delete from tasks',
  ]) {
    await expect(as(id).builder().execute(text), text).rejects.toMatchObject({ cause: { code: '42501' } });
  }
  await expect(identity.execute('select from "user"')).rejects.toMatchObject({ cause: { code: '42501' } });

  await applyAccess(pushed.ownerUrl, pushed.appUrl);
  expect(await catalogOf(pushed)).toBe(committedCatalog());
  await expect(backup(pushed.ownerUrl, '/nowhere')).rejects.toMatchObject({ reason: 'NOT_MIGRATED' });
});

describe('migrating', () => {
  it('by two processes at once succeeds in both, and happens once', async () => {
    await using own = await createEmptyDatabase();
    const env = { ...process.env, DATABASE_URL: own.appUrl, DATABASE_MIGRATION_URL: own.ownerUrl };
    const start = () => promisify(execFile)(process.execPath, [join(packageDir, '..', 'ops', 'src', 'cli.ts'), 'migrate'], { env });
    const ended = await Promise.all([start(), start()]);
    expect(ended.map(({ stdout }) => stdout)).toEqual(['migrate: done\n', 'migrate: done\n']);
    expect(await appliedTo(own)).toHaveLength(readdirSync(migrations).filter((file) => /^\d.*\.sql$/.test(file)).length);
    await assertSchema(own.appUrl);
  });

  it('applies the access rules again when their text has changed, and only then', async () => {
    await using own = await createTestDatabase();
    const isDropped = async () => !(await catalogOf(own)).includes('create policy owner on tasks');
    await inspect(own.superuserUrl, 'drop policy owner on tasks');
    await applyMigrations(own.ownerUrl, own.appUrl, migrations);
    expect(await isDropped()).toBe(true);
    appendFileSync(join(migrations, ACCESS_FILE), '-- changed');
    await applyMigrations(own.ownerUrl, own.appUrl, migrations);
    expect(await isDropped()).toBe(false);
  });

  it('refuses a migration that was edited after it was applied', async () => {
    await using own = await createTestDatabase();
    appendFileSync(join(migrations, '0000_init.sql'), '\n-- edited');
    await expect(applyMigrations(own.ownerUrl, own.appUrl, migrations)).rejects.toThrow('This version does not have migration number 0 of the database');
  });

  it('refuses a database of a newer version', async () => {
    await using own = await createTestDatabase();
    const before = await catalogOf(own);
    changeJournal(migrations, (entries) => entries.pop());
    await expect(applyMigrations(own.ownerUrl, own.appUrl, migrations)).rejects.toThrow('the database is newer');
    expect(await catalogOf(own)).toBe(before);
  });

  it('stores nothing when one of its migrations fails', async () => {
    await using own = await createTestDatabase();
    const before = [await catalogOf(own), await appliedTo(own)];
    addMigration(migrations, '9000_good', 'alter table tasks add column due text;');
    addMigration(migrations, '9001_bad', 'alter table tasks add column due text;');
    await expect(applyMigrations(own.ownerUrl, own.appUrl, migrations)).rejects.toThrow('column "due" of relation "tasks" already exists');
    expect([await catalogOf(own), await appliedTo(own)]).toEqual(before);
  });
});

describe('the check of the migrations', () => {
  it('finds nothing wrong with those of the product', async () => {
    expect(await migrationFaults()).toEqual([]);
  });

  it('finds a changed schema, and writes no migration for it', async () => {
    const latest =
      readdirSync(join(migrations, 'meta'))
        .filter((file) => file.endsWith('_snapshot.json'))
        .sort()
        .at(-1) ?? '';
    const snapshot = JSON.parse(readFileSync(join(migrations, 'meta', latest), 'utf8'));
    delete snapshot.tables['public.tasks'].columns.description;
    writeFileSync(join(migrations, 'meta', latest), JSON.stringify(snapshot));
    const files = readdirSync(migrations, { recursive: true });
    expect(await migrationFaults(migrations)).toEqual(['The Drizzle schema has changed since the last migration: run "pnpm db generate".']);
    expect(readdirSync(migrations, { recursive: true })).toEqual(files);
  });

  it('finds a changed access layer', async () => {
    appendFileSync(join(migrations, ACCESS_FILE), ' ');
    raiseVersion(migrations);
    expect(await migrationFaults(migrations)).toEqual(['packages/db/sql has changed since access.sql was written: run "pnpm db generate".']);
  });

  it('finds a schema that changed and kept its number', async () => {
    addMigration(migrations, '9000_later', 'select 1;');
    expect(await migrationFaults(migrations)).toEqual(['The schema has changed since version.json was written: run "pnpm db generate".']);
    raiseVersion(migrations);
    expect(await migrationFaults(migrations)).toEqual([]);
  });

  it('finds a migration that would be skipped because it is older than the one before', async () => {
    addMigration(migrations, '9000_late', 'select 1;', -1);
    raiseVersion(migrations);
    expect(await migrationFaults(migrations)).toEqual(['9000_late is older than the migration before it and would be skipped.']);
  });
});
