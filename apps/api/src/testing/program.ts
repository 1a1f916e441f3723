import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const main = join(import.meta.dirname, '..', 'main.ts');
const PASSWORD = 'correct horse battery';

/** The program as an operator starts it. */
export interface Program {
  child: ChildProcess;
  url: string;
  output(): string;
  /** The exit code or the signal that ended it. */
  exit: Promise<number | string | null>;
}

export interface DataDir extends Disposable {
  path: string;
  postgresPid(): number | undefined;
}

/** A temporary data folder: an empty one, or a copy of another while nothing runs in it. Disposing removes it and kills a PostgreSQL that still runs in it. */
export function createDataDir(template?: DataDir): DataDir {
  const path = mkdtempSync(join(tmpdir(), 'todo-drill-'));
  if (template) execFileSync('cp', ['-a', `${template.path}/.`, path]); // with the owner of each file
  const postgresPid = () => {
    try {
      return Number(readFileSync(join(path, 'postgres', 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
    } catch {
      return undefined;
    }
  };
  const dispose = () => {
    const pid = postgresPid();
    if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
    rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  return { path, postgresPid, [Symbol.dispose]: dispose };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts the program with only these settings; `program` is a copy of it elsewhere. */
export function launch(settings: Record<string, string>, program = main): Program {
  const { PATH, HOME, TODO_POSTGRES_BIN, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, HOME, TODO_POSTGRES_BIN, NODE_COMPILE_CACHE, STOP_DELAY_SECONDS: '0', ...settings };
  const child = spawn(process.execPath, ['--max-semi-space-size=24', program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const exit = once(child, 'close').then(([code, signal]) => code ?? signal);
  return { child, url: `http://127.0.0.1:${settings.PORT}`, output: () => output, exit };
}

/** Resolves when the program listens. Throws its output if it exits instead. */
export async function start(settings: Record<string, string>, copy?: string): Promise<Program> {
  const program = launch(settings, copy);
  const listening = new Promise<void>((resolve) => {
    program.child.stdout?.on('data', () => {
      if (program.output().includes('Todo listens on')) resolve();
    });
  });
  const ended = program.exit.then((code) => {
    throw new Error(`The program has ended with ${code}:\n${program.output()}`);
  });
  await Promise.race([listening, ended]);
  return program;
}

export async function stop(program: Program, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string | null> {
  program.child.kill(signal);
  return program.exit;
}

/** Calls the program over HTTP as one user. Call signUp or signIn first. */
export function client(program: Program, email: string) {
  let authorization = '';
  const send = async (path: string, body?: object) => {
    const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) };
    const response = await fetch(`${program.url}${path}`, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  const authenticate = async (path: string) => {
    authorization = `Bearer ${(await send(path, { name: 'Ada', email, password: PASSWORD })).headers.get('set-auth-token')}`;
  };
  const task = z.object({ result: z.object({ data: z.object({ id: z.string(), title: z.string() }) }) });
  const page = z.object({ result: z.object({ data: z.object({ items: z.array(z.object({ title: z.string() })) }) }) });
  return {
    signUp: () => authenticate('/api/auth/sign-up/email'),
    signIn: () => authenticate('/api/auth/sign-in/email'),
    /** What authenticates this user. */
    headers: () => ({ authorization }),
    /** An open stream of changes. */
    watch: () => send('/trpc/sync.watch?input=%7B%7D'),
    create: async (title: string) => task.parse(await (await send('/trpc/tasks.create', { title })).json()).result.data,
    titles: async () => {
      const input = encodeURIComponent(JSON.stringify({ limit: 200, order: 'asc' }));
      return page.parse(await (await send(`/trpc/tasks.list?input=${input}`)).json()).result.data.items.map(({ title }) => title);
    },
  };
}
