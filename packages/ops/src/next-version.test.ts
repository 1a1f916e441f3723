import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { restore } from '@todo/db/backup/restore';
import { assertSchema, migrate } from '@todo/db/migrate/assert-schema';
import { applyAccess, applyMigrations } from '@todo/db/migrate/migrate';
import { catalogFile, versionOf } from '@todo/db/migrate/version';
import { createEmptyDatabase, createTestDatabase, inspect, type TestDatabase } from '@todo/db/testing';
import { createFolder } from '@todo/db/testing/backups';
import { catalogOf, contract, expand } from '@todo/db/testing/next-version';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyLogs } from './log-commands.ts';
import { Person, startProduct } from './product.ts';

const cli = join(import.meta.dirname, 'cli.ts');
const secret = 'a secret for this test alone, long enough';

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
    expect(await assertSchema(own.appUrl)).toEqual([expect.stringContaining('+ CREATE INDEX tasks_done_idx')]);
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
    const back = new Person(again, 'ada@example.com');
    await back.enter('sign-in');
    expect(await work(back, 'Third')).toEqual([
      ['First', 'Second', 'Third'],
      ['First', 'Second', 'Third'],
    ]);
    expect(await verifyLogs(own.ownerUrl, [])).toMatch(/^1 log with \d+ events: sound$/);
    expect(await inspect(own.superuserUrl, `select title from tasks where note is not null`)).toEqual([{ title: 'First' }]);

    const [noted] = await inspect(own.superuserUrl, 'select id from tasks where note is not null');
    await back.change('tasks.remove', { id: noted?.id });
    await back.change('tasks.restore', { id: noted?.id });
    expect(await inspect(own.superuserUrl, 'select from tasks where note is not null'), 'it restores the fields that it knows').toEqual([]);
    expect(await verifyLogs(own.ownerUrl, [])).toMatch(/^1 log with \d+ events: sound$/);

    const before = [await catalogOf(own), await numbersIn(own.appUrl)];
    expect(await migrate(own.ownerUrl, own.appUrl)).toEqual(advice);
    await applyAccess(own.ownerUrl, own.appUrl);
    const pushed = promisify(execFile)(process.execPath, [cli, 'push'], {
      env: { ...process.env, DATABASE_URL: own.appUrl, DATABASE_MIGRATION_URL: own.ownerUrl },
    });
    await expect(pushed).rejects.toMatchObject({ stderr: 'push: A newer version has migrated the database: only that version can change its schema.\n' });
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
      ['revoke update (note) on tasks from todo_user', 'grant update (note) on tasks to todo_user', '- grant update (completed_at, '],
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
