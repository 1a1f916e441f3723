import { isServerError } from '../connection/failure.ts';
import { texts } from '../log/owners.ts';
import { withConnection } from '../migrate/migrate.ts';

export interface Retention {
  logDays: number;
  logMb: number;
}

async function readRetention(appUrl: string): Promise<Retention> {
  const rows = await withConnection(appUrl, async (connection) => {
    await connection.send([{ text: 'begin; set local role todo_watcher' }]);
    return texts(connection, 'select log_days, log_mb from retention');
  });
  const [logDays, logMb] = rows.flat().map(Number);
  return { logDays: logDays ?? 0, logMb: logMb ?? 0 };
}

/** Sets how long and how large logs may be, for all instances. Returns advice for the operator if this login may not. */
export async function setRetention({ appUrl, ownerUrl }: { appUrl: string; ownerUrl: string }, { logDays, logMb }: Retention): Promise<string | undefined> {
  const found = await readRetention(appUrl);
  if (found.logDays === logDays && found.logMb === logMb) return undefined;
  const change = `update retention set log_days = ${logDays}, log_mb = ${logMb}`;
  try {
    await withConnection(ownerUrl, (connection) => connection.send([{ text: change }]));
    return undefined;
  } catch (error) {
    if (!isServerError(error) || error.code !== '42501') throw error;
    const kept = `Logs are kept for ${found.logDays} days and up to ${found.logMb} MB, not as LOG_KEEP_DAYS and LOG_MAX_MB say`;
    return `${kept}: this login may not change that. Have the owner of the tables run: ${change};`;
  }
}
