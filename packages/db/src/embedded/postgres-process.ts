import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A user without rights on anything else, for PostgreSQL started by root, which it refuses to run as. */
const NOBODY = 65534;

/** The user PostgreSQL runs as: this one, or, for root, whoever owns the data already, or nobody. */
export function postgresUid(clusterDir: string): number {
  const uid = process.getuid?.() ?? NOBODY;
  if (uid !== 0) return uid;
  const owner = existsSync(clusterDir) ? statSync(clusterDir).uid : 0;
  return owner === 0 ? NOBODY : owner;
}

/** Whether some folder above `path` keeps `uid` from walking down to it. */
function isClosedTo(uid: number, path: string): boolean {
  const parent = dirname(path);
  const { mode, uid: owner } = statSync(parent);
  const open = mode & 0o001 || (owner === uid && mode & 0o100);
  return !open || (parent !== '/' && isClosedTo(uid, parent));
}

/**
 * Starts a program of PostgreSQL in a session of its own, so that Ctrl-C in a terminal does not reach it. Root becomes `uid`;
 * where the project or its data lie below a folder only root may enter, `uid` keeps the right to read past that folder. `env` replaces the environment.
 */
export function spawnPostgres(
  where: { binDir: string; dataDir: string; uid: number; env?: Record<string, string> },
  program: 'initdb' | 'postgres' | 'pgbackrest',
  args: string[],
  output: number,
): ChildProcess {
  const { uid } = where;
  const path = join(where.binDir, program);
  const options: SpawnOptions = { cwd: '/', detached: true, stdio: ['ignore', output, output], ...(where.env && { env: where.env }) };
  if (process.getuid?.() !== 0) return spawn(path, args, options);
  if (!isClosedTo(uid, path) && !isClosedTo(uid, join(where.dataDir, 'postgres'))) return spawn(path, args, { ...options, uid, gid: uid });
  const capability = ['--inh-caps=-all,+dac_read_search', '--ambient-caps=-all,+dac_read_search', '--securebits=+no_setuid_fixup'];
  return spawn('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...capability, '--', path, ...args], options);
}

/** Whether a process is PostgreSQL and has not ended, also if nobody has asked for its exit code yet. Where the system does not tell, it counts as one. */
export function isPostgres(pid: number): boolean {
  try {
    return /^\d+ \(postgres\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** Resolves with the exit code; rejects when the program cannot be started. */
export const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
