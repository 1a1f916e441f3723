import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '../connection/connection.ts';
import { isLoginRejected } from '../connection/failure.ts';
import { type Cluster, urlsOf } from './cluster.ts';
import { exitOf, spawnPostgres } from './postgres-process.ts';

/** Another process uses this data folder; the message says what to do. */
export class DataDirInUse extends Error {}

export const inUse = (dataDir: string) =>
  new DataDirInUse(`${dataDir} is in use by another process. Stop that one first, or set TODO_DATA_DIR to another folder.`);

/** Child processes of a killed PostgreSQL are still ending, and use its shared memory until then. */
class SharedMemoryInUse extends Error {}

const startTimeouts = { connectTimeout: 5_000, answerTimeout: 60_000 };
const OWNERSHIP_LOCK = 7_362_001;

/** Reserves the data folder until this process ends in any way. Throws DataDirInUse when another process has, DATABASE_UNAVAILABLE when no server listens on the port. */
export async function acquireLock(cluster: Cluster, port: number): Promise<Connection> {
  const connection = await Connection.open(urlsOf(cluster, port).superuserUrl, startTimeouts);
  const [rows] = await connection.send([{ text: `select where pg_try_advisory_lock(${OWNERSHIP_LOCK})` }]);
  if (rows.count === 1) return connection;
  connection.end(new Error('locked by another process'));
  throw inUse(cluster.dataDir);
}

export const wrongSecrets = (dataDir: string) =>
  new Error(`The passwords in ${dataDir}/secrets.json are not those of the database in the same folder. Restore the right file.`);

/** A PostgreSQL server on one cluster. When its process ends unexpectedly, it is started again and recovers. */
export class Server {
  #stopping = false;
  #exited: Promise<unknown> = Promise.resolve();
  #child: ChildProcess | undefined;
  #lockConnection: Connection | undefined;
  readonly #cluster: Cluster;
  readonly #port: number;
  readonly #args: string[];

  constructor(cluster: Cluster, port: number, args: string[]) {
    this.#cluster = cluster;
    this.#port = port;
    this.#args = args;
  }

  /** Resolves with the locking connection once PostgreSQL accepts connections. Waits up to 30 s for child processes of a killed server. Throws DataDirInUse. */
  async start(): Promise<Connection> {
    for (const last = performance.now() + 30_000; ; await delay(100)) {
      try {
        return await this.#spawn();
      } catch (error) {
        if (!(error instanceof SharedMemoryInUse) || performance.now() > last) throw error;
      }
    }
  }

  async #spawn(): Promise<Connection> {
    const { logFile } = this.#cluster;
    const size = existsSync(logFile) ? statSync(logFile).size : 0;
    const child = spawnPostgres(this.#cluster, 'postgres', this.#args, logFile);
    let running = true;
    let ended: number | null = null;
    this.#child = child;
    this.#exited = exitOf(child)
      .then((code) => {
        ended = code;
      })
      .finally(() => {
        running = false;
      });
    while (running) {
      const lockConnection = await acquireLock(this.#cluster, this.#port).catch(async (error: unknown) => {
        if (error instanceof DataDirInUse) throw error;
        if (!isLoginRejected(error)) return;
        await this.stop();
        throw wrongSecrets(this.#cluster.dataDir);
      });
      if (lockConnection) {
        this.#lockConnection = lockConnection;
        this.#exited.then(() => this.#revive());
        return lockConnection;
      }
      await Promise.race([delay(20), this.#exited]);
    }
    const said = readFileSync(logFile).subarray(size).toString();
    if (said.includes('pre-existing shared memory block')) throw new SharedMemoryInUse(`An earlier PostgreSQL is still ending. See ${logFile}.`);
    // PostgreSQL removes its own file, and ends with 0 when another process that starts on the folder took it for an orphan and stopped it.
    if (existsSync(join(this.#cluster.clusterDir, 'postmaster.pid')) || (ended === 0 && !this.#stopping)) throw inUse(this.#cluster.dataDir);
    throw new Error(`PostgreSQL could not start. See ${logFile}.`);
  }

  async #revive(): Promise<void> {
    this.#lockConnection?.end(new Error('PostgreSQL has stopped'));
    while (!this.#stopping) {
      if (await this.start().catch(() => undefined)) return;
      await delay(200);
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    this.#stopping = true;
    this.#child?.kill(signal);
    await this.#exited;
    this.#lockConnection?.end(new Error('PostgreSQL has stopped'));
  }
}
