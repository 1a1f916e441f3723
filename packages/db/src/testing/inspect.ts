import { inject } from 'vitest';
import { Connection } from '../connection/connection.ts';
import { withConnection } from '../migrate/migrate.ts';

const timeouts = { connectTimeout: 60_000, answerTimeout: 3_600_000 };
/** Also forgets what the statistics of the connection have counted. */
const RESET = 'rollback; reset all; discard temp; select pg_advisory_unlock_all(), pg_stat_force_next_flush()';

/** Opening a connection takes longer than most statements, so one is kept for each URL of the server that all tests share. */
const kept = new Map<string, Connection>();

/** Closes the kept connection of a URL. */
export function release(url: string): void {
  kept.get(url)?.end(new Error('released'));
  kept.delete(url);
}

/** Works on the kept connection of a URL, which is then as if new. */
export async function useConnection<Result>(url: string, work: (connection: Connection) => Promise<Result>): Promise<Result> {
  if (new URL(url).host !== new URL(inject('postgres').superuserUrl).host) return withConnection(url, work);
  const found = kept.get(url);
  kept.delete(url);
  const connection = found && !found.dead ? found : await Connection.open(url, timeouts);
  try {
    const result = await work(connection);
    await connection.send([{ text: RESET }]);
    release(url);
    kept.set(url, connection);
    return result;
  } catch (error) {
    connection.end(error);
    throw error;
  }
}

/** Runs statements with any login, without the product's code. */
export const script = (url: string, text: string) => useConnection(url, (connection) => connection.send([{ text }]));

/** Runs a statement like `script`, and returns its rows. */
export const inspect = (url: string, text: string): Promise<Record<string, unknown>[]> =>
  useConnection(url, async (connection) => {
    const [rows] = await connection.send([{ text, prepared: { params: [], rows: 'objects' } }]);
    return (rows ?? []).map((row) => Object.fromEntries(Object.entries(row ?? {})));
  });
