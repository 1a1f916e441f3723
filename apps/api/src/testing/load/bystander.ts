import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** What another person, the load balancer and the operator see of a server meanwhile. */
export interface Seen {
  /** Latencies of lists and creations, in ms. */
  latencies: number[];
  /** Answers other than 200. */
  failures: string[];
  /** Health checks other than 200 in time. */
  unready: string[];
  /** The most that the server's process held, in MB; 0 where the system does not say. */
  memory: number;
}

export interface Watched {
  url: string;
  pid: number;
  headers: Record<string, string>;
}

function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Lists and creates 5 times a second each, checks memory, and readiness within `readyWithin` ms, until `isOver`. */
export async function watch({ url, pid, headers }: Watched, readyWithin: number, isOver: () => boolean): Promise<Seen> {
  const seen: Seen = { latencies: [], failures: [], unready: [], memory: 0 };
  const pending: Promise<void>[] = [];
  const ask = async (path: string, init: RequestInit, failed: (what: string) => void, limit: number) => {
    const startedAt = performance.now();
    const outcome = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(limit) }).then(
      async (answer) => (answer.ok ? void (await answer.text()) : `${answer.status} ${await answer.text()}`),
      (error: unknown) => String(error),
    );
    if (outcome !== undefined) failed(`${path}: ${outcome}`);
    return performance.now() - startedAt;
  };
  const call = async (path: string, init: RequestInit) => {
    seen.latencies.push(await ask(path, init, (what) => seen.failures.push(what), 60_000));
  };
  const json = { ...headers, 'content-type': 'application/json' };
  while (!isOver()) {
    pending.push(call('/trpc/tasks.list', { headers }), call('/trpc/tasks.create', { method: 'POST', headers: json, body: '{"title":"Buy milk"}' }));
    pending.push(ask('/readyz', {}, (what) => seen.unready.push(what), readyWithin).then(() => {}));
    seen.memory = Math.max(seen.memory, residentMb(pid));
    await delay(200);
  }
  await Promise.all(pending);
  return seen;
}

export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
