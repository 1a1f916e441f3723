import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeCatalog } from '../migrate/catalog.ts';
import { dropEverything } from '../migrate/content.ts';
import { withConnection, withMigrationLock } from '../migrate/migrate.ts';
import { committedCatalog } from '../migrate/version.ts';
import { contentsOf, createFolder, createPopulated } from '../testing/backups.ts';
import { createEmptyDatabase, createTestDatabase, inspect, script, type TestDatabase } from '../testing/database.ts';
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

/** Extensions with views, functions, types and operators, and with a table that everybody may read, as that of PostGIS. */
const addExtensions = ({ superuserUrl }: TestDatabase) =>
  script(
    superuserUrl,
    `create extension pg_stat_statements schema public; create extension hstore schema public; create extension citext schema public;
     create table public.reference_systems (id integer primary key, name text); create index on public.reference_systems (name);
     insert into public.reference_systems values (1, 'one'); grant select on public.reference_systems to public;
     alter extension hstore add table public.reference_systems`,
  );

const extensionsOf = ({ superuserUrl }: TestDatabase) =>
  inspect(
    superuserUrl,
    `select extname, count(*)::int as members, (select count(*)::int from pg_indexes where tablename = 'reference_systems') as indexes,
       (select count(*)::int from reference_systems) as rows
     from pg_extension join pg_depend on refclassid = 'pg_extension'::regclass and refobjid = pg_extension.oid and deptype = 'e' group by extname order by 1`,
  );

/** Objects of an operator, of every kind that a schema can hold. */
const addForeign = ({ superuserUrl }: TestDatabase) =>
  script(
    superuserUrl,
    `create table public.invoices (id integer generated always as identity primary key, number serial, task_id uuid) partition by range (id);
     create table public.invoices_1 partition of public.invoices for values from (1) to (1000);
     create view public.unpaid as select * from public.invoices; create materialized view public.paid as select * from public.unpaid;
     create sequence public.numbers; create type public.colour as enum ('red'); create domain public.percent as integer check (value < 101);
     create type public.pair as (one integer, other public.colour); create type public.span as range (subtype = float8);
     create function public.twice(n public.percent) returns integer language sql as 'select 2 * n';
     create procedure public.nothing() language sql as '';
     create aggregate public.longest(integer) (sfunc = int4larger, stype = integer);
     create operator public.<~> (function = int4larger, leftarg = integer, rightarg = integer);
     create operator class public.by_value for type integer using btree as operator 1 <;
     create collation public.plain from "C"; create conversion public.latin for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
     create text search dictionary public.words (template = simple); create text search configuration public.search (copy = simple);
     create statistics public.both on id, task_id from public.invoices`,
  );

const heldBy = ({ superuserUrl }: TestDatabase) =>
  inspect(
    superuserUrl,
    `select pg_describe_object(classid, objid, 0) as object from pg_depend held where refobjid = 'public'::regnamespace and classid <> 'pg_extension'::regclass
     and not exists (select from pg_depend part where part.classid = held.classid and part.objid = held.objid and part.deptype = 'e') order by 1`,
  );

describe('a database with extensions in the schema public', () => {
  it('is empty, so that a backup can be restored, and is backed up without them', async () => {
    await using empty = await createEmptyDatabase();
    await addExtensions(empty);
    const before = await extensionsOf(empty);
    const { manifest } = await restore(empty.ownerUrl, empty.appUrl, file);
    expect(await contentsOf(empty)).toEqual(manifest);
    expect(await withConnection(empty.ownerUrl, describeCatalog)).toBe(committedCatalog());
    expect(await extensionsOf(empty)).toEqual(before);

    const again = folder.file('again.backup');
    expect((await backup(empty.ownerUrl, again)).manifest).toEqual(manifest);
    await using other = await createEmptyDatabase();
    await restore(other.ownerUrl, other.appUrl, again);
    expect(await contentsOf(other)).toEqual(manifest);
  });

  it('keeps them when its content is replaced or deleted, and nothing else', async () => {
    await using used = await createTestDatabase();
    await addExtensions(used);
    await addForeign(used);
    const before = await extensionsOf(used);
    expect(before).toHaveLength(4);
    const { manifest } = await restore(used.ownerUrl, used.appUrl, file, { replace: nameOf(used) });
    expect(await contentsOf(used)).toEqual(manifest);
    expect(await withConnection(used.ownerUrl, describeCatalog)).toBe(committedCatalog());
    expect(await extensionsOf(used)).toEqual(before);
    expect(await heldBy(used)).toEqual(await heldBy(live));

    await addForeign(used);
    await withMigrationLock(used.ownerUrl, 'change', dropEverything);
    expect(await extensionsOf(used)).toEqual(before);
    expect(await heldBy(used)).toEqual([]);
  });
});

describe('what is not of the product', () => {
  it.each([
    ['create table public.invoices (id integer)', 'it has table public.invoices.'],
    ['create type public.colour as enum ()', 'it has type public.colour.'],
    [
      'create function public.one() returns integer language sql return 1; create table public.invoices (id integer)',
      'it has table public.invoices and 1 more.',
    ],
  ])('makes a database count as not empty, and is named: %s', async (foreign, message) => {
    await using other = await createEmptyDatabase();
    await script(other.superuserUrl, foreign);
    const restored = restore(other.ownerUrl, other.appUrl, file);
    await expect(restored).rejects.toMatchObject({ reason: 'NOT_EMPTY', message: expect.stringContaining(message) });
  });

  it.each([
    ['create view reports.open as select * from public.tasks', 'view reports.open'],
    ['create table reports.notes (user_id uuid references public."user")', 'table constraint notes_user_id_fkey on reports.notes'],
    ['create function reports.count(of public.tasks) returns integer language sql return 1', 'function reports.count(public.tasks)'],
  ])('and depends on a table of the product is not deleted with it: %s', async (foreign, name) => {
    await using used = await createTestDatabase();
    await script(used.superuserUrl, `create schema reports; ${foreign}`);
    const before = await contentsOf(used);
    const restored = restore(used.ownerUrl, used.appUrl, file, { replace: nameOf(used) });
    await expect(restored).rejects.toThrow(`Nothing was deleted, because this depends on the tables to be deleted: ${name}. Drop it first`);
    expect(await contentsOf(used)).toEqual(before);
    await script(used.superuserUrl, 'drop schema reports cascade');
    await restore(used.ownerUrl, used.appUrl, file, { replace: nameOf(used) });
  });
});
