import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@todo/db';
import postgres from 'postgres';

export type Sql = ReturnType<typeof openSql>;

/** A connection for setup and checks, independent of the servers. */
export const openSql = (url: string) => postgres(url, { max: 2, onnotice: () => {} });

export const withDatabase = (url: string, name: string) => url.replace(/[^/]+$/, name);

export interface BenchPostgres extends AsyncDisposable {
  ownerUrl: string;
  appUrl: string;
  superuserUrl: string;
  /** The postmaster, whose children serve the connections. */
  pid: number;
}

/** A temporary embedded PostgreSQL, as durable as the product's. Disposing removes its data. */
export async function startPostgres(binDir: string | undefined): Promise<BenchPostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), 'todo-bench-'));
  const remove = () => rmSync(dataDir, { recursive: true, force: true });
  try {
    const { stop, ...urls } = await startEmbedded({ dataDir, binDir });
    const pid = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
    return { ...urls, pid, [Symbol.asyncDispose]: () => stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}
