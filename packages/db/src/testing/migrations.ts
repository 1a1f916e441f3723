import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ACCESS_FILE, applyMigrations, productMigrations } from '../migrate/migrate.ts';
import { createEmptyDatabase, type TestDatabase } from './database.ts';

/** A copy of the first migrations only. These versions have their access rules in numbered migrations. */
function firstMigrations(count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'todo-migrations-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(productMigrations, folder, { recursive: true });
  rmSync(join(folder, ACCESS_FILE));
  const journal = join(folder, 'meta', '_journal.json');
  const { entries, ...rest } = JSON.parse(readFileSync(journal, 'utf8'));
  writeFileSync(journal, JSON.stringify({ ...rest, entries: entries.slice(0, count) }));
  return folder;
}

/** A database of the version with this number of migrations. */
export async function createFormerDatabase(migrations: number): Promise<TestDatabase> {
  const own = await createEmptyDatabase();
  await applyMigrations(own.ownerUrl, own.appUrl, firstMigrations(migrations));
  return own;
}
