import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Env } from '@todo/api/env';
import { listBackups } from '@todo/db/backup/folder';
import { backupStatus } from '@todo/db/backup/status';
import { type Finding, fail, ok, warn } from './finding.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Longer than a week, within which a drill should run. */
const DRILL_MAX_AGE_DAYS = 14;
const ANSWER_WITHIN_MS = 3_000;

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
const ago = (ms: number) =>
  ms < HOUR_MS ? 'within the hour' : ms < 2 * DAY_MS ? `${(ms / HOUR_MS).toFixed(0)} hours ago` : `${(ms / DAY_MS).toFixed(0)} days ago`;

/** Whether a Todo server listens on the port, or nobody, or another program. */
export async function checkServer({ HOST: host, PORT: port }: Env): Promise<Finding> {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const address = `${name.includes(':') ? `[${name}]` : name}:${port}`;
  try {
    const answer = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const body = await answer.text();
    if (body === '{"status":"ready"}') return ok('server', `Todo serves on ${address} and is ready.`);
    if (body === '{"status":"not ready"}')
      return fail('server', `Todo listens on ${address} and is not ready: it starts, stops, or cannot use the database. Its log says which.`);
    return fail('server', `another program answers on ${address}. Stop it, or set PORT.`);
  } catch (error) {
    const { code } = Object(error instanceof Error ? error.cause : undefined);
    if (code === 'ECONNREFUSED') return ok('server', `nothing listens on ${address}, so a server can start here.`);
    return fail('server', `${address} does not answer as a Todo server does: ${code ?? 'no answer in time'}. Find out which program uses the port.`);
  }
}

/** The folder, or the nearest above it that exists. */
const existing = (folder: string): string => (existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder)));

async function checkDisk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(existing(folder));
  const free = bavail * bsize;
  const [newest] = listBackups(folder);
  const needed = newest ? statSync(join(folder, newest.name)).size : 0;
  const says = `${gigabytes(free)} are free for ${folder}`;
  if (free < needed) return fail('space for backups', `${says}, less than the newest backup takes. Free space, or set BACKUP_DIR to another disk.`);
  if (free < 3 * needed) return warn('space for backups', `${says}, less than three backups take. Free space, or keep fewer with BACKUP_KEEP.`);
  return ok('space for backups', `${says}.`);
}

export async function checkBackups({ backsUp, BACKUP_EVERY_HOURS: everyHours, database: { backupDir: folder, url } }: Env): Promise<Finding[]> {
  const { newest, last } = await backupStatus(folder);
  const now = Date.now();
  const found: Finding[] = [];
  const howOften = backsUp ? `one is taken every ${everyHours} hours` : 'automatic backups are off';
  const turnOn = url ? 'Set BACKUP_DIR and DATABASE_MIGRATION_URL' : 'Set BACKUP_EVERY_HOURS';
  const [backup, drill] = (['backup', 'drill'] as const).map((kind) => last.find((each) => each.kind === kind));
  if (backup && !backup.isOk)
    found.push(fail('last backup', `it failed ${ago(now - backup.time.getTime())}. The server's log says why; last-backup.json too.`));
  if (!newest)
    found.push(
      warn(
        'backups',
        `there is none in ${folder}, and ${howOften}. ${backsUp ? 'Take one with: npm run db backup' : `${turnOn}, unless you have other backups.`}`,
      ),
    );
  else {
    const age = now - newest.getTime();
    const says = `the newest was taken ${ago(age)}, and ${howOften}`;
    const isOld = age > 2 * HOUR_MS * (backsUp ? everyHours : 24);
    found.push(isOld ? fail('backups', `${says}. Take one with: npm run db backup`) : ok('backups', `${says}.`));
  }
  if (!drill) found.push(warn('last drill', 'none was recorded here. Prove that your backups can be restored: npm run db drill'));
  else if (!drill.isOk) found.push(fail('last drill', `it failed ${ago(now - drill.time.getTime())}. Run it again and read what it prints: npm run db drill`));
  else {
    const says = `it succeeded ${ago(now - drill.time.getTime())}`;
    const isOld = now - drill.time.getTime() > DRILL_MAX_AGE_DAYS * DAY_MS;
    found.push(isOld ? warn('last drill', `${says}. Run one each week: npm run db drill`) : ok('last drill', `${says}.`));
  }
  return [...found, await checkDisk(folder)];
}
