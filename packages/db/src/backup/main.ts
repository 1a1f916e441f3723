import { join } from 'node:path';
import { migrationUrl } from '../embedded/settings.ts';
import { readKeep } from './retention.ts';
import { backupOrder } from './schedule.ts';
import { takeBackup } from './take.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');

/** The program that takes one scheduled backup. The argument is a BackupOrder as JSON. */
const { folder, keep, to } = backupOrder.parse(JSON.parse(process.argv[2] ?? '{}'));
const encryption = to === undefined ? undefined : { recipients: [to] };
await takeBackup(migrationUrl(process.env, root), { folder, keep: readKeep(keep), encryption }).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
