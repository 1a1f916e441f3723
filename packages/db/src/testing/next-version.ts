import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { describeCatalog } from '../migrate/catalog.ts';
import { applyMigrations, withConnection } from '../migrate/migrate.ts';
import { ACCESS_FILE, catalogFile, raiseVersion, versionOf } from '../migrate/version.ts';
import { createEmptyDatabase, type TestDatabase } from './database.ts';
import { addMigration, copyMigrations } from './migrations.ts';

export const catalogOf = ({ ownerUrl }: TestDatabase) => withConnection(ownerUrl, describeCatalog);

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
  ['(new.title, new.description, ', '(new.note, new.title, new.description, '],
  ['(old.title, old.description, ', '(old.note, old.title, old.description, '],
  [
    '    if new.title is distinct from',
    `    if new.note is distinct from old.note then
      changed := changed || jsonb_build_object('note', jsonb_build_array(old.note, new.note));
    end if;
    if new.title is distinct from`,
  ],
  [`'title', current.title,`, `'note', current.note, 'title', current.title,`],
  [`'title', t.title,`, `'note', t.note, 'title', t.title,`],
  ['insert (user_id, id, title, ', 'insert (user_id, id, note, title, '],
  ['update (title, description, ', 'update (note, title, description, '],
];

/** The migrations of a next version, with one more: it adds a field, its rule and an index, and takes nothing away. */
export async function expand(): Promise<string> {
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
export async function contract(migrations: string): Promise<void> {
  const file = join(migrations, ACCESS_FILE);
  addMigration(migrations, '9001_no_note', 'alter table tasks drop column note');
  writeFileSync(
    file,
    rulesWithNote.reduce((text, [former, next]) => text.replaceAll(next, former), readFileSync(file, 'utf8')),
  );
  await release(migrations, versionOf(migrations).number + 1);
}

/** Migrates the database to the next version, which adds a field, while this version serves it. */
export async function upgradeUnderTraffic({ ownerUrl, appUrl }: TestDatabase): Promise<void> {
  await applyMigrations(ownerUrl, appUrl, await expand());
}
