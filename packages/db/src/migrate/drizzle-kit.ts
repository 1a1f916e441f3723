import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as schema from '../schema.ts';
import { accessSql } from './access.ts';
import { ACCESS_FILE, isVersionStale, productMigrations, versionOf } from './version.ts';

const packageDir = join(import.meta.dirname, '..', '..');

/** Runs drizzle-kit and returns its output; with `show`, it uses the terminal instead. */
function drizzleKit(args: string[], url?: string, show = false): string {
  const kit = join(packageDir, 'node_modules', '.bin', 'drizzle-kit');
  const env = { ...process.env, ...(url && { DATABASE_URL: url, DATABASE_MIGRATION_URL: url }) };
  const run = spawnSync(kit, args, { cwd: packageDir, env, encoding: 'utf8', stdio: show ? 'inherit' : 'pipe' });
  const output = `${run.stdout ?? ''}${run.stderr ?? ''}`;
  if (run.error || run.status !== 0) throw new Error(`drizzle-kit ${args[0]} failed.\n${output}`);
  return output;
}

/** drizzle-kit push exits with 0 when its SQL fails, so a second push must find nothing to do. */
export function push(url: string, args: string[], show: boolean): void {
  drizzleKit(['push', ...args], url, show);
  const again = drizzleKit(['push', '--force'], url);
  if (!again.includes('No changes detected')) throw new Error(`drizzle-kit push did not apply the whole schema.\n${again}`);
}

/** Whether the snapshot of the last migration is what drizzle-kit would write for the schema now. */
async function isSchemaCurrent(migrations: string): Promise<boolean> {
  // Not at import: one takes a second to load, the other opens the terminal.
  const [{ generateDrizzleJson }, { isDeepStrictEqual }] = [await import('drizzle-kit/api'), await import('node:util')];
  const folder = join(migrations, 'meta');
  const names = readdirSync(folder).filter((name) => name.endsWith('_snapshot.json'));
  const last = JSON.parse(readFileSync(join(folder, names.sort().at(-1) ?? ''), 'utf8'));
  const now = JSON.parse(JSON.stringify(generateDrizzleJson(schema)));
  return isDeepStrictEqual({ ...now, id: last.id, prevId: last.prevId }, last);
}

export function generate(args: string[]): void {
  drizzleKit(['generate', ...args], undefined, true);
  writeFileSync(join(productMigrations, ACCESS_FILE), accessSql());
}

export async function migrationFaults(migrations = productMigrations): Promise<string[]> {
  const journal: { entries: { when: number; tag: string }[] } = JSON.parse(readFileSync(join(migrations, 'meta', '_journal.json'), 'utf8'));
  const late = journal.entries.filter(({ when }, i) => i > 0 && when <= (journal.entries[i - 1]?.when ?? 0));
  const faults = late.map(({ tag }) => `${tag} is older than the migration before it and would be skipped.`);
  if (!(await isSchemaCurrent(migrations))) faults.push('The Drizzle schema has changed since the last migration: run "pnpm db generate".');
  if (readFileSync(join(migrations, ACCESS_FILE), 'utf8') !== accessSql())
    faults.push('packages/db/sql has changed since access.sql was written: run "pnpm db generate".');
  if (isVersionStale(migrations)) faults.push('The schema has changed since version.json was written: run "pnpm db generate".');
  const { number, oldest } = versionOf(migrations);
  if (oldest < 1 || oldest > number) faults.push(`version.json: oldest must be from 1 to ${number}.`);
  return faults;
}
