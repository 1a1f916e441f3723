import { startTestPostgres } from '@todo/db/testing';
import type { TestProject } from 'vitest/node';

/** One throw-away PostgreSQL for the whole run; TODO_POSTGRES_BIN names the programs of another version. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { provided, stop } = await startTestPostgres(process.env.TODO_POSTGRES_BIN || undefined);
  project.provide('postgres', provided);
  return stop;
}
