import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '../connection/connection.ts';
import { freePort } from '../embedded/embedded.ts';

const program = process.env.TODO_PGBOUNCER ?? '/usr/sbin/pgbouncer';

/** Whether the test can run; PgBouncer is not on npm. */
export const hasPgBouncer = existsSync(program);

/** From 1.21 on it can keep the prepared statements of its clients. */
export const keepsStatements = hasPgBouncer && Number(/PgBouncer 1\.(\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1]) >= 21;

export interface PgBouncer extends AsyncDisposable {
  /** The URL through the pooler for a URL of the server. */
  through(url: string): string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts PgBouncer in transaction mode before the server of these URLs. What `settings` does not set is as it comes. */
export async function startPgBouncer(urls: string[], settings: Record<string, string | number> = {}): Promise<PgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'todo-pgbouncer-'));
  const port = await freePort();
  const logins = new Map(urls.map((url) => [new URL(url).username, new URL(url).password]));
  const { hostname, port: serverPort } = new URL(urls[0] ?? '');
  const ini = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'plain',
    auth_file: join(folder, 'users'),
    pool_mode: 'transaction',
  };
  const lines = Object.entries({ ...ini, ...settings }).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(join(folder, 'users'), [...logins].map(([user, password]) => `"${user}" "${password}"\n`).join(''));
  writeFileSync(join(folder, 'pgbouncer.ini'), `[databases]\n* = host=${hostname} port=${serverPort}\n[pgbouncer]\n${lines.join('\n')}\n`);
  chmodSync(folder, 0o755);
  // It refuses to run as root.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  let child: ChildProcess | undefined;
  const through = (url: string) => url.replace(/@[^/]+/, `@127.0.0.1:${port}`);
  const start = async () => {
    child = spawn(program, [join(folder, 'pgbouncer.ini')], { ...nobody, stdio: 'ignore' });
    const failed = once(child, 'exit').then(() => Promise.reject(new Error('PgBouncer does not start.')));
    const ready = async () => {
      for (;;) {
        const connection = await Connection.open(through(urls[0] ?? ''), { connectTimeout: 5_000, answerTimeout: 5_000 }).catch(() => undefined);
        if (connection) return connection.end(new Error('done'));
        await delay(20);
      }
    };
    await Promise.race([ready(), failed]);
    failed.catch(() => {});
  };
  const stop = async () => {
    if (!child || child.exitCode !== null) return;
    child.kill('SIGQUIT');
    await once(child, 'exit');
  };
  await start();
  return {
    through,
    start,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}
