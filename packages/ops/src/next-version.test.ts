import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restore } from '@todo/db/backup/restore';
import { assertSchema, migrate } from '@todo/db/migrate/assert-schema';
import { describeCatalog } from '@todo/db/migrate/catalog';
import { applyAccess, applyMigrations, withConnection } from '@todo/db/migrate/migrate';
import { ACCESS_FILE, catalogFile, raiseVersion, versionOf } from '@todo/db/migrate/version';
import { createEmptyDatabase, createTestDatabase, inspect, type TestDatabase } from '@todo/db/testing';
import { createFolder } from '@todo/db/testing/backups';
import { addMigration, copyMigrations } from '@todo/db/testing/migrations';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyLogs } from './log-commands.ts';
import { Person, startProduct } from './product.ts';

const secret = 'a secret for this test alone, long enough';

const catalogOf = ({ ownerUrl }: TestDatabase) => withConnection(ownerUrl, describeCatalog);

/** Does what `pnpm db generate` does after a change of the schema; `oldest` is the lowest version that can serve it. */
async function release(migrations: string, oldest = versionOf(migrations).oldest): Promise<void> {
  await using empty = await createEmptyDatabase();
  await applyMigrations(empty.ownerUrl, empty.appUrl, migrations);
  writeFileSync(catalogFile(migrations), await catalogOf(empty));
  raiseVersion(migrations);
  const file = join(migrations, 'version.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), oldest }));
}

/** How the access rules differ once tasks have a nullable `note`. */
const rulesWithNote: [string, string][] = [
  ['new.description, new.completed_at)', 'new.description, new.completed_at, new.note)'],
  ['old.description, old.completed_at)', 'old.description, old.completed_at, old.note)'],
  [
    '    if new.completed_at is distinct from',
    `    if new.note is distinct from old.note then
      changed := changed || jsonb_build_object('note', jsonb_build_array(old.note, new.note));
    end if;
    if new.completed_at is distinct from`,
  ],
  [`'completed_at', current.completed_at,`, `'completed_at', current.completed_at, 'note', current.note,`],
  [`'completed_at', t.completed_at,`, `'completed_at', t.completed_at, 'note', t.note,`],
  ['description, completed_at) on public.tasks', 'description, completed_at, note) on public.tasks'],
  ['description, completed_at), update', 'description, completed_at, note), update'],
];

/** The migrations of a next version, with one more: it adds a field, its rule and an index, and takes nothing away. */
async function expand(): Promise<string> {
  const migrations = copyMigrations();
  addMigration(
    migrations,
    '9000_note',
    `alter table tasks add column note text;
     alter table tasks add constraint tasks_note_length check (char_length(note) <= 100);
     create index if not exists tasks_done_idx on tasks (user_id, completed_at)`,
  );
  const file = join(migrations, ACCESS_FILE);
  const rules = rulesWithNote.reduce(
    (text, [former, next]) => {
      expect(text).toContain(former);
      return text.replaceAll(former, next);
    },
    readFileSync(file, 'utf8'),
  );
  writeFileSync(file, rules);
  await release(migrations);
  return migrations;
}

/** Adds a version that takes a field away. */
async function contract(migrations: string): Promise<void> {
  const file = join(migrations, ACCESS_FILE);
  addMigration(migrations, '9001_no_note', 'alter table tasks drop column note');
  writeFileSync(
    file,
    rulesWithNote.reduce((text, [former, next]) => text.replaceAll(next, former), readFileSync(file, 'utf8')),
  );
  await release(migrations, versionOf(migrations).number + 1);
}

const numbersIn = (url: string) => inspect(url, 'select number, oldest from drizzle.schema_version');
const bodyOf = (answer: string) => JSON.parse(answer).result.data;

/** Calls every kind of procedure, and returns the titles that the list and a synchronization report. */
async function work(ada: Person, title: string) {
  const [id, mutationId] = [randomUUID(), randomUUID()];
  await ada.change('tasks.create', { id, title });
  await ada.change('tasks.edit', { id, title: `${title}, edited`, mutationId });
  await ada.change('history.undo', { of: { mutationId } });
  await ada.change('tasks.complete', { id });
  await ada.change('tasks.remove', { id });
  await ada.change('tasks.restore', { id });
  await ada.read('history.list', { id });
  const { items } = bodyOf(await ada.read('tasks.list', {}));
  const { changes } = bodyOf(await ada.read('sync.changes', {}));
  const titles = (all: { title: string }[]) => all.map((task) => task.title).sort();
  return [titles(items), titles(changes.map(({ value }: { value: { title: string } }) => value))];
}

/** A database with a person's tasks, and the migrations of a next version. */
async function live() {
  const own = await createTestDatabase();
  onTestFinished(() => own[Symbol.asyncDispose]());
  const next = await expand();
  const product = await startProduct(own.appUrl, secret);
  onTestFinished(() => product[Symbol.asyncDispose]());
  const ada = new Person(product, 'ada@example.com');
  await ada.enter('sign-up');
  await work(ada, 'First');
  return { own, next, ada };
}

/** What a version of the future does: it sets the field that only it knows. */
const setNote = ({ superuserUrl }: TestDatabase) => inspect(superuserUrl, `update tasks set note = 'Only the next version knows this'`);

const createIndex = 'create index concurrently tasks_done_idx on tasks (user_id, completed_at)';

describe('when the next version has migrated the database and has only added to it', () => {
  it('this version goes on serving, starts again, and changes nothing in the schema', async () => {
    const { own, next, ada } = await live();
    await inspect(own.ownerUrl, createIndex);
    await applyMigrations(own.ownerUrl, own.appUrl, next);
    await setNote(own);
    expect(await work(ada, 'Second')).toEqual([
      ['First', 'Second'],
      ['First', 'Second'],
    ]);

    const { number } = versionOf();
    const advice = [
      `A newer version has migrated the database to schema ${number + 1}. This version, with schema ${number}, can serve it and changes nothing in it.`,
    ];
    expect(await assertSchema(own.appUrl)).toEqual(advice);
    await using again = await startProduct(own.appUrl, secret);
    const ben = new Person(again, 'ada@example.com');
    await ben.enter('sign-in');
    expect(await work(ben, 'Third')).toEqual([
      ['First', 'Second', 'Third'],
      ['First', 'Second', 'Third'],
    ]);
    expect(await verifyLogs(own.ownerUrl, [])).toMatch(/^1 log with \d+ events: sound$/);
    expect(await inspect(own.superuserUrl, `select title from tasks where note is not null`)).toEqual([{ title: 'First' }]);

    const before = [await catalogOf(own), await numbersIn(own.appUrl)];
    expect(await migrate(own.ownerUrl, own.appUrl)).toEqual(advice);
    await applyAccess(own.ownerUrl, own.appUrl);
    expect([await catalogOf(own), await numbersIn(own.appUrl)]).toEqual(before);
    expect(before[0]).toBe(readFileSync(catalogFile(next), 'utf8'));
  });

  it('this version still refuses a database that has lost a rule or got a right, its own and the next version’s', async () => {
    const { own, next } = await live();
    await applyMigrations(own.ownerUrl, own.appUrl, next);
    for (const [change, undo, line] of [
      [
        'alter table tasks no force row level security',
        'alter table tasks force row level security',
        '+ alter table tasks enable row level security, no force',
      ],
      ['revoke update (note) on tasks from todo_user', 'grant update (note) on tasks to todo_user', '- grant update (completed_at, description, note, title)'],
      ['grant select on session to todo_user', 'revoke select on session from todo_user', '+ grant select on session to todo_user'],
    ]) {
      await inspect(own.superuserUrl, change ?? '');
      const refused = expect.objectContaining({ message: expect.stringContaining('does not match the newer version that has migrated it') });
      await expect(migrate(own.ownerUrl, own.appUrl)).rejects.toEqual(refused);
      await expect(assertSchema(own.appUrl)).rejects.toThrow(line);
      await inspect(own.superuserUrl, undo ?? '');
      await assertSchema(own.appUrl);
    }
  });

  it('a backup that this version makes of it is restored by the next version', async () => {
    const { own, next } = await live();
    await applyMigrations(own.ownerUrl, own.appUrl, next);
    await setNote(own);
    using folder = createFolder();
    await own.backup(folder.file('newer'));
    await using empty = await createEmptyDatabase();
    await expect(empty.restore(folder.file('newer'))).rejects.toMatchObject({ reason: 'NEWER_VERSION' });
    await restore(empty.ownerUrl, empty.appUrl, folder.file('newer'), { migrationsFolder: next });
    expect(await inspect(empty.superuserUrl, 'select note is not null as noted from tasks')).toEqual([{ noted: true }]);
    await assertSchema(empty.appUrl);
  });
});

it('when a later version has taken something away, this version says that the database is newer, and leaves it as it is', async () => {
  const { own, next } = await live();
  await applyMigrations(own.ownerUrl, own.appUrl, next);
  await contract(next);
  await applyMigrations(own.ownerUrl, own.appUrl, next);
  const before = [await catalogOf(own), await numbersIn(own.appUrl)];
  const { number } = versionOf();
  const said = `The database is newer than this version: its schema ${number + 2} can be served by versions with schema ${number + 2} or later, and this version has schema ${number}. Start a newer version.`;
  await expect(startProduct(own.appUrl, secret)).rejects.toThrow(said);
  await expect(migrate(own.ownerUrl, own.appUrl)).rejects.toThrow(said);
  await expect(applyAccess(own.ownerUrl, own.appUrl)).rejects.toThrow(said);
  expect([await catalogOf(own), await numbersIn(own.appUrl)]).toEqual(before);
});
