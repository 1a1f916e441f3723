import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { applyMigrations } from '../migrate/migrate.ts';
import { ACCESS_FILE, catalogFile, productMigrations } from '../migrate/version.ts';
import { createEmptyDatabase, type TestDatabase } from './database.ts';

interface Entry {
  idx: number;
  version: string;
  when: number;
  tag: string;
  breakpoints: boolean;
}

/** A copy of the migrations, for the rest of a test. Returns its folder. */
export function copyMigrations(): string {
  const folder = mkdtempSync(join(tmpdir(), 'todo-migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const migrations = join(folder, 'migrations');
  cpSync(productMigrations, migrations, { recursive: true });
  cpSync(catalogFile(), catalogFile(migrations));
  return migrations;
}

export function changeJournal(migrations: string, change: (entries: Entry[]) => void): void {
  const file = join(migrations, 'meta', '_journal.json');
  const content = JSON.parse(readFileSync(file, 'utf8'));
  change(content.entries);
  writeFileSync(file, JSON.stringify(content));
}

/** Adds a numbered migration to a copy; `age` is how much younger than the one before it is. */
export function addMigration(migrations: string, tag: string, sql: string, age = 1): void {
  writeFileSync(join(migrations, `${tag}.sql`), sql);
  changeJournal(migrations, (entries) => entries.push({ idx: entries.length, version: '7', when: (entries.at(-1)?.when ?? 0) + age, tag, breakpoints: true }));
}

/** A database of the version with this number of migrations. These versions have their access rules in numbered migrations. */
export async function createFormerDatabase(count: number): Promise<TestDatabase> {
  const migrations = copyMigrations();
  rmSync(join(migrations, ACCESS_FILE));
  changeJournal(migrations, (entries) => entries.splice(count));
  const own = await createEmptyDatabase();
  await applyMigrations(own.ownerUrl, own.appUrl, migrations);
  return own;
}
