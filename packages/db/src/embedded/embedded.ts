import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../connection/connection.ts';
import { isLoginRejected, serverCode } from '../connection/failure.ts';
import { type Cluster, isAlive, openCluster, runningServer, type Urls, urlsOf } from './cluster.ts';
import { isPostgres } from './postgres-process.ts';
import { acquireLock, DataDirInUse, inUse, Server, wrongSecrets } from './postgres-server.ts';

export interface EmbeddedOptions {
  dataDir: string;
  binDir?: string | undefined;
  /** Trades durability for speed, for temporary databases. */
  volatile?: boolean;
  /** Ends a start that is under way. */
  signal?: AbortSignal | undefined;
}

export interface EmbeddedPostgres extends Urls {
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  await using server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** SQLSTATE cannot_connect_now. */
const isStarting = (error: unknown) => serverCode(error) === '57P03';

const runs = (pid: number) => isAlive(pid) && isPostgres(pid);

/**
 * Locks a running server. Another process may just be starting it: that process retries more often, so it gets the lock first. Returns undefined when the server
 * ends or does not respond within 5 s. Throws DataDirInUse.
 */
async function acquireLockWhenReady(cluster: Cluster, { pid, port }: { pid: number; port: number }, signal?: AbortSignal): Promise<Connection | undefined> {
  for (const last = performance.now() + 5_000; ; ) {
    await delay(500, undefined, { signal });
    try {
      return await acquireLock(cluster, port);
    } catch (error) {
      if (error instanceof DataDirInUse) throw error;
      if (isLoginRejected(error)) throw wrongSecrets(cluster.dataDir);
      if (isStarting(error)) continue;
      if (serverCode(error)) throw inUse(cluster.dataDir);
      if (!runs(pid) || performance.now() > last) return undefined;
    }
  }
}

/** Stops a server that a killed process left running. Throws DataDirInUse when the process that uses it is running. */
async function endOrphan(cluster: Cluster, signal?: AbortSignal): Promise<void> {
  const server = runningServer(cluster.dataDir);
  if (!server) return;
  const lockConnection = await acquireLockWhenReady(cluster, server, signal);
  if (lockConnection) {
    process.kill(server.pid, 'SIGINT');
    for (const last = performance.now() + 60_000; runs(server.pid) && performance.now() < last; ) await delay(20, undefined, { signal });
    lockConnection.end(new Error('orphan stopped'));
  } else if (runningServer(cluster.dataDir)?.pid === server.pid && !isPostgres(server.pid)) {
    // The file is stale. PostgreSQL would still trust it if the process is a zombie, or if another process of the same user has its id.
    // If a child process is still running, PostgreSQL detects that by its shared memory, without the file.
    rmSync(join(cluster.clusterDir, 'postmaster.pid'), { force: true });
  }
}

const logins = ({ owner, app }: Cluster['secrets']) => `
  do $$ begin
    if not exists (select from pg_roles where rolname = 'todo_owner') then create role todo_owner; end if;
    if not exists (select from pg_roles where rolname = 'todo_app') then create role todo_app; end if;
  end $$;
  alter role todo_owner login createrole nosuperuser password '${owner}';
  alter role todo_app login noinherit nosuperuser password '${app}';`;

export async function createDatabase(connection: Connection, cluster: Cluster): Promise<void> {
  await connection.send([{ text: logins(cluster.secrets) }]);
  const [found] = await connection.send([{ text: `select from pg_database where datname = 'todo'` }]);
  if (found.count === 0) await connection.send([{ text: 'create database todo owner todo_owner' }]);
}

/** Starts PostgreSQL on the data folder and keeps it running until stop(). Recovers from a crash of this process or of PostgreSQL. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const cluster = await openCluster(resolve(options.dataDir), { binDir: options.binDir, volatile: options.volatile ?? false });
  const { signal } = options;
  await endOrphan(cluster, signal);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=200'];
  const volatileSettings = options.volatile ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] : [];
  const args = ['-D', cluster.clusterDir, ...[...settings, ...volatileSettings].flatMap((setting) => ['-c', setting])];
  const server = new Server(cluster, port, args);
  const stop = () => void server.stop();
  signal?.addEventListener('abort', stop);
  try {
    signal?.throwIfAborted();
    await createDatabase(await server.start(), cluster);
  } catch (error) {
    // A server that stops ends its connections first, and itself later.
    await server.stop();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  return { ...urlsOf(cluster, port), stop: () => server.stop() };
}
