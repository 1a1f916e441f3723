import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The uid of `nobody`: PostgreSQL refuses to run as root. */
const NOBODY = 65534;

/** The uid that PostgreSQL runs as: the current user; for root, the owner of the data, or nobody. */
export function postgresUid(clusterDir: string): number {
  const uid = process.getuid?.() ?? NOBODY;
  if (uid !== 0) return uid;
  const owner = existsSync(clusterDir) ? statSync(clusterDir).uid : 0;
  return owner === 0 ? NOBODY : owner;
}

function isClosedTo(uid: number, path: string): boolean {
  const parent = dirname(path);
  const { mode, uid: owner } = statSync(parent);
  const open = mode & 0o001 || (owner === uid && mode & 0o100);
  return !open || (parent !== '/' && isClosedTo(uid, parent));
}

/**
 * Starts a PostgreSQL program in a new session, so that Ctrl-C in a terminal does not reach it. Root starts it as `uid`; if the project or its data are
 * in a folder that only root may enter, the program keeps the right to pass that folder. Its output is added to the file `log`.
 */
export function spawnPostgres(
  where: { binDir: string; dataDir: string; uid: number; env?: Record<string, string> },
  program: 'initdb' | 'postgres' | 'pgbackrest',
  args: string[],
  log: string,
): ChildProcess {
  const { uid } = where;
  const output = openSync(log, 'a', 0o600);
  const path = join(where.binDir, program);
  const options: SpawnOptions = { cwd: '/', detached: true, stdio: ['ignore', output, output], ...(where.env && { env: where.env }) };
  try {
    if (process.getuid?.() !== 0) return spawn(path, args, options);
    if (!isClosedTo(uid, path) && !isClosedTo(uid, join(where.dataDir, 'postgres'))) return spawn(path, args, { ...options, uid, gid: uid });
    const capability = ['--inh-caps=-all,+dac_read_search', '--ambient-caps=-all,+dac_read_search', '--securebits=+no_setuid_fixup'];
    return spawn('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...capability, '--', path, ...args], options);
  } finally {
    closeSync(output);
  }
}

/** Whether a process is a running PostgreSQL; a zombie is not. Without /proc, every process counts as one. */
export function isPostgres(pid: number): boolean {
  try {
    return /^\d+ \(postgres\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** Resolves with the exit code; rejects when the program cannot be started. */
export const exitOf = (child: ChildProcess): Promise<number | null> => once(child, 'exit').then(([code]) => code);
