import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { HttpRequest } from './target.ts';

/** What this machine lacks to run the benchmark, in one line; undefined if nothing. */
export function missingTool(env: NodeJS.ProcessEnv): string | undefined {
  if (process.platform !== 'linux') return 'pnpm bench needs Linux: it reads CPU times from /proc.';
  return spawnSync('wrk', ['--version'], { env }).error ? 'pnpm bench needs the load generator wrk: run "apt-get install wrk"' : undefined;
}

export interface LoadOptions {
  connections: number;
  seconds: number;
  /** Average pause of each connection before each request, in ms. Without it, the load is the most that the server can answer. */
  pause?: number;
}

export interface Answers {
  requests: number;
  perSecond: number;
  /** Bytes of all answers, including their heads. */
  bytes: number;
  /** Latencies in ms. */
  p50: number;
  p95: number;
  p99: number;
}

/** In ms, because wrk reports µs. */
const latency = z.number().transform((microseconds) => microseconds / 1_000);
const report = z.object({
  requests: z.number(),
  seconds: z.number(),
  bytes: z.number(),
  failed: z.number(),
  broken: z.number(),
  p50: latency,
  p95: latency,
  p99: latency,
});

const asText = ({ method, path, headers, body }: HttpRequest) => {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const lines = Object.entries({ host: '127.0.0.1', ...headers, ...length }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`;
};

/** Sends the requests in turn, from the first again after the last, over all connections. Throws if a request fails. */
export async function load(url: string, requests: readonly HttpRequest[], { connections, seconds, pause }: LoadOptions): Promise<Answers> {
  const folder = mkdtempSync(join(tmpdir(), 'todo-bench-load-'));
  try {
    const file = join(folder, 'requests');
    writeFileSync(file, requests.map(asText).join('\0'));
    const options = ['--threads', '1', '--connections', `${connections}`, '--duration', `${seconds}s`, '--timeout', '30s'];
    const script = ['--script', join(import.meta.dirname, 'load.lua'), url, '--', file, ...(pause === undefined ? [] : [`${pause}`])];
    const { stdout } = await promisify(execFile)('wrk', [...options, ...script]);
    const [, json = '', failure] = /\nREPORT (.*)\n(.*)/.exec(stdout) ?? [];
    const { seconds: took, failed, broken, ...answers } = report.parse(JSON.parse(json));
    if (failed + broken > 0) throw new Error(`${url}: ${broken} connection errors and timeouts, ${failed} error answers, the last: ${failure}`);
    return { ...answers, perSecond: answers.requests / took };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
