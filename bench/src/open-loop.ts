import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { HttpRequest } from './target.ts';

const CONNECTIONS = 64;
/** Warm-up at the full rate before latencies are recorded. */
const WARM_UP_SECONDS = 0.5;
/** Timeout for the last responses, in ms. */
const LAST_RESPONSES_TIMEOUT = 10_000;

/** Round-robin: one item of each list in turn, then the next of each. */
function* roundRobin<T>(lists: readonly T[][]): Generator<T> {
  for (let turn = 0; ; turn += 1) {
    for (const list of lists) {
      const item = list[turn % list.length];
      if (item !== undefined) yield item;
    }
  }
}

function createClient(url: string) {
  const pool = new Pool(url, { connections: CONNECTIONS });
  const failures: string[] = [];
  let open = 0;

  /** Calls `answered` when the response is complete. */
  const send = ({ method, path, headers, body }: HttpRequest, answered: () => void) => {
    open += 1;
    const fail = (why: string) => failures.push(`${method} ${path}: ${why}`);
    pool.dispatch(
      { method, path, headers, body: body ?? null },
      {
        onRequestStart() {},
        onResponseStart(_, status) {
          if (status < 200 || status > 299) fail(`answered ${status}`);
        },
        onResponseData() {},
        onResponseEnd() {
          open -= 1;
          answered();
        },
        onResponseError(_, error) {
          open -= 1;
          fail(error.message);
        },
      },
    );
  };
  /** Waits for all responses. Throws if one is missing or an error. */
  const finish = async () => {
    for (const last = performance.now() + LAST_RESPONSES_TIMEOUT; open > 0 && performance.now() < last; ) await delay(5);
    const unanswered = open;
    await pool.destroy();
    if (unanswered > 0) throw new Error(`${url}: ${unanswered} requests have timed out`);
    if (failures.length > 0) throw new Error(`${url}: ${failures.length} requests failed, the first ${failures[0]}`);
  };
  return { send, finish, open: () => open };
}

/**
 * Sends requests at a constant rate, whether or not the server keeps up, and returns latencies in µs. A latency counts from when the request was due, so it
 * includes queueing. Before that, `warmUp` concurrent requests open the connections, and some requests at the full rate are not recorded. Throws if a request
 * fails.
 */
export async function atRate(url: string, requests: HttpRequest[][], perSecond: number, seconds: number, warmUp = CONNECTIONS): Promise<RecordableHistogram> {
  const latencies = createHistogram();
  const { send, finish, open } = createClient(url);
  const next = roundRobin(requests);
  const sendNext = (answered: () => void) => {
    const { value, done } = next.next();
    if (!done) send(value, answered);
  };
  for (let i = 0; i < warmUp; i += 1) sendNext(() => {});
  while (open() > 0) await delay(5);

  const start = performance.now();
  const ignored = Math.round(perSecond * WARM_UP_SECONDS);
  const total = ignored + Math.round(perSecond * seconds);
  for (let sent = 0; sent < total; await delay(1)) {
    for (; sent < total && start + (sent * 1_000) / perSecond <= performance.now(); sent += 1) {
      const due = start + (sent * 1_000) / perSecond;
      const counts = sent >= ignored;
      sendNext(() => counts && latencies.record(Math.max(1, Math.round((performance.now() - due) * 1_000))));
    }
  }
  await finish();
  return latencies;
}
