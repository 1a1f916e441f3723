import { setTimeout as delay } from 'node:timers/promises';
import { WATCHES_MAX_PER_OWNER } from '@todo/contract';
import { type Database, findFailure, type UserId } from '@todo/db';
import { describeForLog } from '../errors.ts';
import { type ConcurrencyLimit, createConcurrencyLimit } from '../http/concurrency-limit.ts';

export interface WatchOptions {
  /** Polling interval, in ms: the delay with which a watch sees a change. */
  pollIntervalMs: number;
  /** How often the credential of a watch is checked again, in ms. */
  credentialCheckIntervalMs: number;
  perOwnerMax: number;
}

const defaults: WatchOptions = { pollIntervalMs: 200, credentialCheckIntervalMs: 30_000, perOwnerMax: WATCHES_MAX_PER_OWNER };

interface Waiting {
  owner: UserId;
  seq: number;
  /** When to check the credential again, by performance.now(). */
  due: number;
  resume(moved: boolean): void;
  stop(): void;
}

/** On an AbortError tRPC closes the stream without an error event, so the client reconnects, here or to another instance. */
const closed = () => new DOMException('The watch is closed.', 'AbortError');

/** All watches of this instance. One statement polls for all of them while any waits (docs/decisions/0013). */
export class Watches {
  /** Counts a watch until it is disposed of. Throws RATE_LIMITED if its owner has too many. */
  readonly acquire: ConcurrencyLimit;
  readonly #database: Database;
  readonly #log: (message: string) => void;
  readonly #options: WatchOptions;
  readonly #waiting = new Set<Waiting>();
  #polling = false;
  #open = 0;
  /** When every watch has ended, by performance.now(). */
  #closesAt = Number.POSITIVE_INFINITY;

  constructor(database: Database, log: (message: string) => void, options: Partial<WatchOptions> = {}) {
    this.#database = database;
    this.#log = log;
    this.#options = { ...defaults, ...options };
    const { perOwnerMax, credentialCheckIntervalMs } = this.#options;
    const acquire = createConcurrencyLimit({ perOwnerMax, retryAfterSeconds: credentialCheckIntervalMs / 1000 });
    this.acquire = (owner) => {
      const held = acquire(owner);
      this.#open += 1;
      const release = () => {
        this.#open -= 1;
        held[Symbol.dispose]();
      };
      return { [Symbol.dispose]: release };
    };
  }

  /** How many watches are open now. */
  get open(): number {
    return this.#open;
  }

  /** Resolves to whether the log moved away from `seq`: at once when it did, otherwise when the credential is due. Rejects on the signal or `close`. */
  async waitForChange(owner: UserId, seq: number, signal: AbortSignal): Promise<boolean> {
    if (performance.now() >= this.#closesAt || signal.aborted) throw closed();
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const waiting = { owner, seq, due: performance.now() + this.#options.credentialCheckIntervalMs, resume: resolve, stop: () => reject(closed()) };
    signal.addEventListener('abort', waiting.stop);
    this.#waiting.add(waiting);
    if (Number.isFinite(this.#closesAt)) this.#endSoon(waiting);
    void this.#poll();
    try {
      return await promise;
    } finally {
      this.#waiting.delete(waiting);
      signal.removeEventListener('abort', waiting.stop);
    }
  }

  /** Polls while any watch waits, also while the database is unreachable. */
  async #poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    while (this.#waiting.size > 0) {
      await delay(this.#options.pollIntervalMs);
      const waiting = [...this.#waiting];
      const heads = await this.#readHeads(waiting);
      const now = performance.now();
      for (const { owner, seq, due, resume } of waiting) {
        const moved = (heads.get(owner) ?? seq) !== seq;
        if (moved || now >= due) resume(moved);
      }
    }
    this.#polling = false;
  }

  async #readHeads(waiting: Waiting[]): Promise<ReadonlyMap<string, number>> {
    if (waiting.length === 0) return new Map();
    return this.#database.newerHeads(waiting).catch((error: unknown) => {
      if (!findFailure(error)) this.#log(describeForLog(error));
      return new Map();
    });
  }

  /** Ends the watches, also those that begin now, spread over `withinMs`: the clients reconnect, and not all at once. */
  close(withinMs: number): void {
    this.#closesAt = performance.now() + withinMs;
    for (const waiting of this.#waiting) this.#endSoon(waiting);
  }

  #endSoon({ stop }: Waiting): void {
    setTimeout(stop, Math.random() * Math.max(0, this.#closesAt - performance.now())).unref();
  }
}
