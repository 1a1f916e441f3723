import { join } from 'node:path';
import { migrationUrl } from '../embedded/settings.ts';
import { readKeep } from './retention.ts';
import { takeBackup } from './take.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');

/** The program that takes one scheduled backup, for schedule.ts. */
const [folder = '', keep = '', to] = process.argv.slice(2);
const encryption = to ? { recipients: [to] } : undefined;
await takeBackup(migrationUrl(process.env, root), { folder, keep: readKeep(keep), encryption }).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
