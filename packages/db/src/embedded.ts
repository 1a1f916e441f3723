import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, isAlive, openCluster, runningServer, urlOf } from './cluster.ts';
import { Connection } from './connection.ts';
import { DatabaseFailure, isServerError } from './failure.ts';
import { exitOf, isPostgres, spawnPostgres } from './postgres-process.ts';

/** Another process serves this data folder; the message says what to do. */
export class DataDirInUse extends Error {}

const inUse = (dataDir: string) => new DataDirInUse(`${dataDir} is in use by another process. Stop that one first, or set TODO_DATA_DIR to another folder.`);

export interface EmbeddedOptions {
  dataDir: string;
  /** Folder of initdb and postgres; by default the PostgreSQL that npm has installed. */
  binDir?: string | undefined;
  /** Trades durability for speed; for databases that are thrown away. */
  volatile?: boolean;
}

export interface EmbeddedPostgres {
  /** Login of the schema's owner, for migrations. */
  ownerUrl: string;
  /** Login of the running product; it has no rights of its own. */
  appUrl: string;
  /** Login of the superuser, on the maintenance database. */
  superuserUrl: string;
  stop(): Promise<void>;
}

const patient = { connectTimeout: 5_000, answerTimeout: 60_000 };
const OWNERSHIP_LOCK = 7_362_001;

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/**
 * A connection that holds the data folder for this process: PostgreSQL lets go of it when the process dies, however it dies.
 * Throws DataDirInUse when another process has it, DATABASE_UNAVAILABLE when nothing listens there.
 */
async function hold(cluster: Cluster, port: number): Promise<Connection> {
  const connection = await Connection.open(urlOf('postgres', cluster.secrets.superuser, port, 'postgres'), patient);
  const [rows] = await connection.send([{ text: `select where pg_try_advisory_lock(${OWNERSHIP_LOCK})` }]);
  if (rows?.count === 1) return connection;
  connection.end(new Error('held by another process'));
  throw inUse(cluster.dataDir);
}

const serverCode = (error: unknown) => (error instanceof DatabaseFailure && isServerError(error.cause) ? error.cause.code : undefined);

/** SQLSTATE class 28: the server is there and does not know our password. */
const isLockedOut = (error: unknown) => serverCode(error)?.startsWith('28');
const lockedOut = (dataDir: string) => new Error(`The passwords in ${dataDir}/secrets.json do not open the database beside them. Put the right file back.`);

/** Waits until a PostgreSQL is gone, so many ms at most. */
async function end(pid: number, patience: number): Promise<void> {
  for (const last = performance.now() + patience; isAlive(pid) && isPostgres(pid) && performance.now() < last; ) await delay(20);
}

/** Stops a server that a killed process has left behind. Throws DataDirInUse when its process lives. */
async function endOrphan(cluster: Cluster): Promise<void> {
  const server = runningServer(cluster.dataDir);
  if (!server) return;
  let holder: Connection;
  try {
    holder = await hold(cluster, server.port);
  } catch (error) {
    if (error instanceof DataDirInUse) throw error;
    if (isLockedOut(error)) throw lockedOut(cluster.dataDir);
    if (serverCode(error)) throw inUse(cluster.dataDir); // it is just starting
    await end(server.pid, 5_000);
    // PostgreSQL would believe it alive while it is a zombie, or when another process of the same user has its number now. Should a child
    // of it still live, the shared memory tells, which PostgreSQL finds by the folder itself.
    if (!isPostgres(server.pid)) rmSync(join(cluster.clusterDir, 'postmaster.pid'), { force: true });
    return;
  }
  process.kill(server.pid, 'SIGINT');
  await end(server.pid, 60_000);
  holder.end(new Error('orphan stopped'));
}

const logins = ({ owner, app }: Cluster['secrets']) => `
  do $$ begin
    if not exists (select from pg_roles where rolname = 'todo_owner') then create role todo_owner; end if;
    if not exists (select from pg_roles where rolname = 'todo_app') then create role todo_app; end if;
  end $$;
  alter role todo_owner login createrole nosuperuser password '${owner}';
  alter role todo_app login noinherit nosuperuser password '${app}';`;

async function createDatabase(connection: Connection, cluster: Cluster): Promise<void> {
  await connection.send([{ text: logins(cluster.secrets) }]);
  const [found] = await connection.send([{ text: `select from pg_database where datname = 'todo'` }]);
  if (found?.count === 0) await connection.send([{ text: 'create database todo owner todo_owner' }]);
}

/** Starts PostgreSQL on the data folder and keeps it running until stop(). Recovers whatever a crash has left. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const cluster = await openCluster(resolve(options.dataDir), { binDir: options.binDir, volatile: options.volatile ?? false });
  await endOrphan(cluster);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=200'];
  const careless = options.volatile ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] : [];
  const args = ['-D', cluster.clusterDir, ...[...settings, ...careless].flatMap((setting) => ['-c', setting])];
  const server = new Server(cluster, port, args);
  const holder = await server.start();
  await createDatabase(holder, cluster);
  return {
    ownerUrl: urlOf('todo_owner', cluster.secrets.owner, port, 'todo'),
    appUrl: urlOf('todo_app', cluster.secrets.app, port, 'todo'),
    superuserUrl: urlOf('postgres', cluster.secrets.superuser, port, 'postgres'),
    stop: () => server.stop(),
  };
}

/** One PostgreSQL process after another on one cluster: when it dies by itself, the next one recovers and goes on. */
class Server {
  #stopping = false;
  #exited: Promise<unknown> = Promise.resolve();
  #child: ChildProcess | undefined;
  #holder: Connection | undefined;
  readonly #cluster: Cluster;
  readonly #port: number;
  readonly #args: string[];

  constructor(cluster: Cluster, port: number, args: string[]) {
    this.#cluster = cluster;
    this.#port = port;
    this.#args = args;
  }

  /** Resolves with the holding connection once PostgreSQL takes connections. */
  async start(): Promise<Connection> {
    const log = openSync(this.#cluster.logFile, 'a', 0o600);
    const child = spawnPostgres(this.#cluster, 'postgres', this.#args, log);
    closeSync(log);
    let running = true;
    this.#child = child;
    this.#exited = exitOf(child).finally(() => {
      running = false;
    });
    while (running) {
      const holder = await hold(this.#cluster, this.#port).catch(async (error: unknown) => {
        if (error instanceof DataDirInUse) throw error;
        if (!isLockedOut(error)) return;
        await this.stop();
        throw lockedOut(this.#cluster.dataDir);
      });
      if (holder) {
        this.#holder = holder;
        this.#exited.then(() => this.#revive());
        return holder;
      }
      await Promise.race([delay(20), this.#exited]);
    }
    if (runningServer(this.#cluster.dataDir)) throw inUse(this.#cluster.dataDir);
    throw new Error(`PostgreSQL could not start; the reason is in ${this.#cluster.logFile}`);
  }

  async #revive(): Promise<void> {
    this.#holder?.end(new Error('PostgreSQL has stopped'));
    while (!this.#stopping) {
      if (await this.start().catch(() => undefined)) return;
      await delay(200);
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child?.kill('SIGINT');
    await this.#exited;
    this.#holder?.end(new Error('PostgreSQL has stopped'));
  }
}
