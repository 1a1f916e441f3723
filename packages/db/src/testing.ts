import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { migrate, withConnection } from './migrate.ts';
import { startScratch } from './scratch.ts';

interface PostgresUrls {
  appUrl: string;
  ownerUrl: string;
  superuserUrl: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: PostgresUrls;
  }
}

const withDatabase = (url: string, name: string) => url.replace(/[^/]+$/, name);

const script = (url: string, text: string) => withConnection(url, (connection) => connection.send([{ text }]));

/** A server with one migrated database, the template of every test's own. */
export async function startTestPostgres(binDir: string | undefined): Promise<{ urls: PostgresUrls; stop(): Promise<void> }> {
  const { appUrl, ownerUrl, superuserUrl, stop } = await startScratch(binDir);
  await migrate(ownerUrl, appUrl);
  return { urls: { appUrl, ownerUrl, superuserUrl }, stop };
}

export interface TestDatabase extends PostgresUrls, AsyncDisposable {}

/** A migrated database of the test's own. `superuserUrl` leads into it; dispose drops it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { appUrl, ownerUrl, superuserUrl } = inject('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await script(superuserUrl, `create database ${name} template todo owner todo_owner`);
  return {
    appUrl: withDatabase(appUrl, name),
    ownerUrl: withDatabase(ownerUrl, name),
    superuserUrl: withDatabase(superuserUrl, name),
    [Symbol.asyncDispose]: async () => {
      await script(superuserUrl, `drop database ${name} with (force)`);
    },
  };
}

/** Runs a script as any login, beside the product's own path: for arranging and inspecting. Answers the rows of its last command. */
export const inspect = async (url: string, text: string): Promise<Record<string, unknown>[]> =>
  withConnection(url, async (connection) => {
    const [rows] = await connection.send([{ text, prepared: { params: [], rows: 'objects' } }]);
    return (rows ?? []).map((row) => Object.fromEntries(Object.entries(row ?? {})));
  });
