import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from './embedded.ts';

/** Starts a PostgreSQL server in a temporary folder; stop() deletes it. Without `volatile`, it writes as durably as a real one. */
export async function startScratch(binDir: string | undefined, volatile = true) {
  const dataDir = mkdtempSync(join(tmpdir(), 'todo-scratch-'));
  const remove = () => rmSync(dataDir, { recursive: true, force: true });
  try {
    const server = await startEmbedded({ dataDir, binDir, volatile });
    return { ...server, stop: () => server.stop().finally(remove), readLog: () => readFileSync(join(dataDir, 'postgres.log'), 'utf8') };
  } catch (error) {
    remove();
    throw error;
  }
}
