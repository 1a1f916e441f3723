import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, openCluster, urlsOf } from '../embedded/cluster.ts';
import { createDatabase, freePort } from '../embedded/embedded.ts';
import { spawnPostgres } from '../embedded/postgres-process.ts';
import { texts } from '../log/owners.ts';
import { withConnection } from '../migrate/migrate.ts';

interface Node {
  folder: string;
  port: number;
  process: ChildProcess | undefined;
}

/** A primary and a standby that confirms each commit. */
export interface StreamingPair extends AsyncDisposable {
  /** URLs that name both hosts, the first primary first. */
  appUrl: string;
  ownerUrl: string;
  /** Kills the primary and promotes the standby. */
  failOver(): Promise<void>;
  /** The killed server comes back as the standby of the other. */
  bringBack(): Promise<void>;
}

export async function startPair(binDir: string | undefined): Promise<StreamingPair> {
  const folder = mkdtempSync(join(tmpdir(), 'todo-pair-'));
  chmodSync(folder, 0o711);
  const cluster: Cluster = await openCluster(folder, { binDir, volatile: true });
  let primary: Node = { folder: cluster.clusterDir, port: await freePort(), process: undefined };
  let standby: Node = { folder: `${cluster.clusterDir}-2`, port: await freePort(), process: undefined };
  const nodes = [primary, standby];

  const superuser = ({ port }: Node) => urlsOf(cluster, port).superuserUrl;
  const ask = (node: Node, text: string) => withConnection(superuser(node), (connection) => texts(connection, text));
  const isUp = async (node: Node) => {
    while (!(await ask(node, 'select').catch(() => undefined))) {
      if (node.process?.exitCode !== null) throw new Error('PostgreSQL has ended.');
      await delay(50);
    }
  };
  const start = async (node: Node) => {
    const settings = ['listen_addresses=127.0.0.1', `port=${node.port}`, 'unix_socket_directories=', 'max_connections=60', 'fsync=off'];
    node.process = spawnPostgres(cluster, 'postgres', ['-D', node.folder, ...settings.flatMap((setting) => ['-c', setting])], cluster.logFile);
    await isUp(node);
  };
  const end = async (node: Node, signal: NodeJS.Signals) => {
    if (!node.process || node.process.exitCode !== null || node.process.signalCode !== null) return;
    const ended = once(node.process, 'exit');
    node.process.kill(signal);
    await ended;
  };
  const write = (node: Node, name: string, text: string) => {
    const file = join(node.folder, name);
    writeFileSync(file, text);
    if (process.getuid?.() === 0) chownSync(file, cluster.uid, cluster.uid);
  };
  const follow = (node: Node, leader: Node) => {
    const source = `host=127.0.0.1 port=${leader.port} user=postgres password=${cluster.secrets.superuser} application_name=standby`;
    write(node, 'standby.signal', '');
    appendFileSync(join(node.folder, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\nsynchronous_standby_names = ''\n`);
  };
  const copy = (from: Node, to: Node) => {
    rmSync(to.folder, { recursive: true, force: true });
    execFileSync('cp', ['-a', from.folder, to.folder]);
    rmSync(join(to.folder, 'postmaster.pid'), { force: true });
  };
  /** From now on the leader acknowledges a commit only when the other has it. */
  const confirm = async (leader: Node) => {
    while ((await ask(leader, `select from pg_stat_replication where state = 'streaming'`)).length === 0) await delay(50);
    await ask(leader, `alter system set synchronous_standby_names = '*'`);
    await ask(leader, 'select pg_reload_conf()');
  };

  await start(primary);
  await withConnection(superuser(primary), (connection) => createDatabase(connection, cluster));
  await end(primary, 'SIGINT');
  copy(primary, standby);
  follow(standby, primary);
  await Promise.all([start(primary), start(standby)]);
  await confirm(primary);

  const both = (url: string) => url.replace(/@[^/]+/, `@${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`);
  const { appUrl, ownerUrl } = urlsOf(cluster, primary.port);
  return {
    appUrl: both(appUrl),
    ownerUrl: both(ownerUrl),
    failOver: async () => {
      await end(primary, 'SIGKILL');
      await ask(standby, 'select pg_promote()');
      [primary, standby] = [standby, primary];
    },
    bringBack: async () => {
      await withConnection(superuser(primary), async (connection) => {
        await texts(connection, `select pg_backup_start('copy', true)`);
        copy(primary, standby);
        const [[label = ''] = []] = await texts(connection, 'select labelfile from pg_backup_stop()');
        write(standby, 'backup_label', label);
      });
      follow(standby, primary);
      await start(standby);
      await confirm(primary);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map((node) => end(node, 'SIGKILL')));
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}
