import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import type { Sql } from './postgres.ts';

/** When, how and on which machine the run was measured. */
export interface About {
  date: string;
  command: string;
  machine: string;
  versions: Record<string, string>;
}

const root = join(import.meta.dirname, '..', '..');
const compared = ['better-auth', 'drizzle-orm', 'fastify', 'postgres', 'superjson', '@trpc/server'];

/** The measured commit, marked if the working tree has changes. */
function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'apps', 'packages', 'bench');
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}

/** The version of wrk, which it prints with its usage. */
const wrkVersion = () => /^wrk (\S+)/.exec(spawnSync('wrk', ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? 'unknown';

/** Versions from bench/package.json. */
function packageVersions(): [string, string][] {
  const { devDependencies: versions }: { devDependencies: Record<string, string> } = JSON.parse(readFileSync(join(root, 'bench', 'package.json'), 'utf8'));
  return compared.map((name) => [name, versions[name] ?? 'unknown']);
}

export async function describeRun(sql: Sql, args: readonly string[]): Promise<About> {
  const [server] = await sql`select current_setting('server_version') as version`;
  const [cpu] = os.cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    command: ['pnpm bench', ...args].join(' '),
    machine: `${os.cpus().length} × ${cpu?.model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GB, ${os.type()} ${os.release().split('-', 1)}`,
    versions: { Todo: commit(), Node: process.versions.node, PostgreSQL: String(server?.version), wrk: wrkVersion(), ...Object.fromEntries(packageVersions()) },
  };
}
