import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, openCluster, type Urls, urlsOf } from '@todo/db/embedded/cluster';
import { createDatabase, freePort } from '@todo/db/embedded/embedded';
import { exitOf, spawnPostgres } from '@todo/db/embedded/postgres-process';
import { Server } from '@todo/db/embedded/postgres-server';
import { texts } from '@todo/db/log/owners';
import { withConnection } from '@todo/db/migrate/migrate';

const STANZA = 'todo';

export const PGBACKREST = '/usr/bin/pgbackrest';

/** The longest time before PostgreSQL archives a change on a server with few writes. */
export const ARCHIVE_TIMEOUT_SECONDS = 60;

/** The whole environment of the programs: a PGBACKREST_ variable of the caller could select another repository. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };

const folders = ['repo', 'log', 'lock', 'spool', 'socket'];

const pgbackrestSettings = (dir: string, port: number) => `[global]
repo1-path=${dir}/repo
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=${randomBytes(48).toString('base64')}
repo1-retention-full=2
compress-type=zst
start-fast=y
log-path=${dir}/log
lock-path=${dir}/lock
spool-path=${dir}/spool

[${STANZA}]
pg1-path=${dir}/postgres
pg1-port=${port}
pg1-socket-path=${dir}/socket
pg1-user=postgres
`;

const postgresSettings = (dir: string, port: number, pgbackrest: string) => `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = '${dir}/socket'
archive_mode = on
archive_command = '${pgbackrest} archive-push %p'
archive_timeout = ${ARCHIVE_TIMEOUT_SECONDS}
`;

/** A PostgreSQL server whose write-ahead log pgBackRest archives. Server and archive are in one temporary folder. */
export class ArchivedCluster {
  readonly urls: Urls;
  readonly #cluster: Cluster;
  readonly #port: number;
  readonly #options: string[];
  #server: Server | undefined;

  private constructor(cluster: Cluster, port: number) {
    const { dataDir, clusterDir } = cluster;
    this.urls = urlsOf(cluster, port);
    this.#cluster = cluster;
    this.#port = port;
    this.#options = [`--config-path=${dataDir}`, `--stanza=${STANZA}`];
    for (const folder of folders) this.#give(mkdirSync(join(dataDir, folder), { mode: 0o700, recursive: true }));
    writeFileSync(join(dataDir, 'pgbackrest.conf'), pgbackrestSettings(dataDir, port), { mode: 0o600 });
    this.#give(join(dataDir, 'pgbackrest.conf'));
    appendFileSync(join(clusterDir, 'postgresql.conf'), postgresSettings(dataDir, port, [PGBACKREST, ...this.#options].join(' ')));
  }

  /** Creates and configures the cluster without starting it. The caller must always call `remove`. */
  static async create(binDir: string): Promise<ArchivedCluster> {
    const dataDir = mkdtempSync(join(tmpdir(), 'todo-pitr-'));
    try {
      chmodSync(dataDir, 0o711);
      const cluster = await openCluster(dataDir, { binDir, volatile: false });
      return new ArchivedCluster({ ...cluster, env: environment }, await freePort());
    } catch (error) {
      rmSync(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  #give(path: string | undefined): void {
    if (path && process.getuid?.() === 0) chownSync(path, this.#cluster.uid, this.#cluster.uid);
  }

  /** Runs a statement as the superuser, for what no login of the product may do. */
  async ask(text: string, database = 'postgres'): Promise<string[][]> {
    return withConnection(this.urls.superuserUrl.replace(/postgres$/, database), (connection) => texts(connection, text));
  }

  /** Resolves once the server accepts writes: a restored one has then reached its target. Throws with PostgreSQL's log if it ends instead. */
  async start(): Promise<void> {
    this.#server = new Server(this.#cluster, this.#port, ['-D', this.#cluster.clusterDir]);
    try {
      await this.#server.start();
      while ((await this.ask('select where pg_is_in_recovery()')).length > 0) await delay(50);
    } catch (error) {
      throw new Error(`PostgreSQL ended:\n${readFileSync(this.#cluster.logFile, 'utf8')}`, { cause: error });
    }
  }

  createDatabase(): Promise<void> {
    return withConnection(this.urls.superuserUrl, (connection) => createDatabase(connection, this.#cluster));
  }

  /** Runs a pgBackRest command as the user of the cluster. Throws with its output when it fails. */
  async pgbackrest(command: string, ...options: string[]): Promise<void> {
    const { dataDir, secrets } = this.#cluster;
    const file = join(dataDir, 'pgbackrest.output');
    rmSync(file, { force: true });
    const where = { ...this.#cluster, binDir: dirname(PGBACKREST), env: { ...environment, PGPASSWORD: secrets.superuser } };
    const code = await exitOf(spawnPostgres(where, 'pgbackrest', [...this.#options, ...options, command], file));
    if (code !== 0) throw new Error(`pgbackrest ${command} failed:\n${readFileSync(file, 'utf8')}`);
  }

  /** Kills the server and deletes its data: only the archive remains. */
  async destroy(): Promise<void> {
    await this.#server?.stop('SIGKILL');
    rmSync(this.#cluster.clusterDir, { recursive: true, maxRetries: 10, retryDelay: 100 });
  }

  /** Restores the cluster to the time `target`. It must then be started. */
  async restore(target: string): Promise<void> {
    this.#give(mkdirSync(this.#cluster.clusterDir, { mode: 0o700, recursive: true }));
    await this.pgbackrest('restore', '--type=time', `--target=${target}`, '--target-action=promote');
  }

  async remove(): Promise<void> {
    await this.#server?.stop('SIGKILL');
    rmSync(this.#cluster.dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
