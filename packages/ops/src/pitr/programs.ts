import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const VERSIONS = '/usr/lib/postgresql';
const PGBACKREST_DIR = '/usr/bin';

/** The folders of the programs for the drill. */
export interface Programs {
  binDir: string;
  pgbackrestDir: string;
}

/** Finds Debian's newest PostgreSQL and pgBackRest, or the missing packages. */
export function findPrograms(): { programs: Programs; missing: [] } | { missing: string[] } {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).filter((version) => existsSync(join(VERSIONS, version, 'bin', 'initdb'))) : [];
  const newest = versions.sort((one, other) => Number(one) - Number(other)).at(-1);
  const hasPgbackrest = existsSync(join(PGBACKREST_DIR, 'pgbackrest'));
  if (newest && hasPgbackrest) return { programs: { binDir: join(VERSIONS, newest, 'bin'), pgbackrestDir: PGBACKREST_DIR }, missing: [] };
  return { missing: [...(newest ? [] : ['postgresql']), ...(hasPgbackrest ? [] : ['pgbackrest'])] };
}
