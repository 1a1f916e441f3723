import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ServerProcess extends AsyncDisposable {
  url: string;
  pid: number;
}

/** Starts a server and waits for its first output, which means that it listens. Throws its output if it exits instead. */
export async function startProcess(program: string, port: number, args: string[], env: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, [program, ...args], { env: { NODE_ENV: 'production', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output = `${output}${chunk}`.slice(-10_000)));
  const exited = once(child, 'exit');
  const failed = exited.then(() => Promise.reject(new Error(`${program} has exited:\n${output}`)));
  failed.catch(() => {});
  await Promise.race([once(child.stdout, 'data'), failed]);
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, [Symbol.asyncDispose]: stop };
}
