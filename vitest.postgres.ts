import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestPostgres } from '@todo/db/testing';
import type { TestProject } from 'vitest/node';

const MEMORY = '/dev/shm';
const ROOM_BYTES = 2 * 1024 ** 3;

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    return false;
  }
}

/** One throw-away PostgreSQL for the whole run; TODO_POSTGRES_BIN names the programs of another version. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // In memory, creating a database takes a tenth of the time.
  if (hasRoom()) process.env.TMPDIR = MEMORY;
  // The programs that tests start are compiled once.
  const compiled = mkdtempSync(join(tmpdir(), 'todo-compiled-'));
  process.env.NODE_COMPILE_CACHE = compiled;
  const built = mkdtempSync(join(tmpdir(), 'todo-built-'));
  project.provide('built', built);
  const { provided, stop } = await startTestPostgres(process.env.TODO_POSTGRES_BIN || undefined);
  project.provide('postgres', provided);
  return async () => {
    await stop();
    for (const folder of [compiled, built]) rmSync(folder, { recursive: true, force: true });
  };
}
