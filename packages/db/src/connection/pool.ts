import { Pool } from 'tarn';
import { Connection, type ConnectionOptions } from './connection.ts';
import { DatabaseFailure, isReadOnly } from './failure.ts';
import { Opener } from './opener.ts';
import { OwnerLimit } from './owner-limit.ts';

/** How many calls may wait for a connection. More than that fail at once. */
const QUEUE_MAX = 200;
/** A call that would probably wait for longer than this share of the acquire timeout fails at once too: its caller may be gone by then. */
const EXPECTED_WAIT_SHARE = 0.3;
/** A use that takes longer than this, in ms, says no more about the next. */
const USE_MAX = 1_000;
/** A read whose connection is lost within this time is repeated: it has probably met a connection that was closed while it was idle. */
const REPEAT_WITHIN = 1_000;

export interface PoolOptions extends ConnectionOptions {
  max: number;
  /** How many connections one owner may use at a time. */
  maxPerOwner: number;
  /** How long to wait for a free connection, in ms, also for other calls of the same owner. */
  acquireTimeout: number;
  /** How long to use a connection, in ms; it does not notice a moved address or a renewed certificate, and the memory of its backend grows. */
  lifetime: number;
  /** Learns of every failure, and of every success. */
  outcomes?: { failed(failure: DatabaseFailure): void; succeeded(): void };
  /** What `observe` calls this pool. */
  name?: string;
  /** Learns of each use of a connection, when it ends. */
  observe?: ((use: ConnectionUse) => void) | undefined;
}

/** How long a call waited for a connection of a pool, and how long it then had it, in ms. */
export interface ConnectionUse {
  pool: string;
  waited: number;
  used: number;
}

/** For whom a connection is used, for how long at most, the signal that its result is no longer wanted, and whether the work may be done twice. */
export interface Borrower {
  owner?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Time limit of one statement, in ms; that of the pool by default. */
  limit?: number | undefined;
  /** When that time began, by performance.now(); by default now. */
  since?: number | undefined;
  repeatable?: boolean;
}

/** Cancels what the backend with this process id runs, through another connection. */
export type Cancel = (backend: number) => Promise<void>;

/** Uses a connection. A statement may take `timeLeft` ms. */
export type Work<T> = (connection: Connection, timeLeft: number) => Promise<T>;

/** Lends connections, one borrower at a time, and replaces dead ones. */
export class ConnectionPool {
  readonly #pool: Pool<Connection>;
  readonly #opener: Opener;
  readonly #options: PoolOptions;
  readonly #owners: OwnerLimit;
  readonly #cancel: Cancel | undefined;
  /** Connections opened before this time lead to a server that takes no writes any more. */
  #validSince = 0;
  /** How long a borrower keeps a connection, in ms, as a moving average. */
  #use = 0;
  readonly #counts = { lost: 0, refused: 0 };
  #closed = false;

  /** Without `cancel`, or behind a pooler, a call whose signal aborts runs to its end. */
  constructor(url: string, options: PoolOptions, cancel?: Cancel) {
    this.#cancel = cancel;
    this.#options = options;
    this.#owners = new OwnerLimit(options.maxPerOwner);
    this.#opener = new Opener(() => Connection.open(url, { ...options, writable: true }));
    this.#pool = new Pool({
      min: 0,
      max: options.max,
      acquireTimeoutMillis: options.acquireTimeout,
      createTimeoutMillis: options.connectTimeout + 1000,
      idleTimeoutMillis: 60_000,
      // Without this, calls wait for the whole acquire timeout when the server is down.
      propagateCreateError: true,
      // The opener makes the pauses between attempts; meanwhile each waiting call fails.
      createRetryIntervalMillis: 1,
      // While other connections work, calls wait for one of them.
      create: () => this.#opener.open(() => this.#pool.numUsed() > 0),
      validate: (connection) => this.#isValid(connection),
      destroy: (connection) => {
        if (connection.dead) this.#counts.lost += 1;
        connection.end(new Error('pool closed'));
      },
      log: () => {},
    });
  }

  /** Connections now, and counts since the start: opened, failed to open, lost, and calls refused with OVERLOADED. */
  get figures() {
    const pool = this.#pool;
    return { used: pool.numUsed(), idle: pool.numFree(), waiting: pool.numPendingAcquires(), max: this.#options.max, ...this.#opener.counts, ...this.#counts };
  }

  #isValid({ dead, openedAt, spread }: Connection): boolean {
    return !dead && openedAt >= this.#validSince && performance.now() < openedAt + this.#options.lifetime * spread;
  }

  /** Whether a call that came now would be refused, because too many wait. */
  get isFull(): boolean {
    const waiting = this.#pool.numPendingAcquires();
    return waiting >= QUEUE_MAX || (waiting * this.#use) / this.#options.max > EXPECTED_WAIT_SHARE * this.#options.acquireTimeout;
  }

  /** Throws OWNER_BUSY, OVERLOADED, ABORTED and DEADLINE_EXCEEDED without having sent anything. */
  async use<T>(work: Work<T>, borrower: Borrower = {}): Promise<T> {
    const { owner, signal, repeatable } = borrower;
    const begun = performance.now();
    const waitUntil = begun + this.#options.acquireTimeout;
    if (owner !== undefined) await this.#owners.acquire(owner, this.#options.acquireTimeout, signal);
    try {
      return await this.#lend(work, borrower, begun, waitUntil).catch((error: unknown) => {
        const isLost = error instanceof DatabaseFailure && error.reason === 'DATABASE_UNAVAILABLE' && performance.now() < begun + REPEAT_WITHIN;
        if (!isLost || !repeatable) throw error;
        return this.#lend(work, borrower, begun, waitUntil);
      });
    } catch (error) {
      if (error instanceof DatabaseFailure) {
        if (error.reason === 'OVERLOADED') this.#counts.refused += 1;
        this.#options.outcomes?.failed(error);
      }
      throw error;
    } finally {
      if (owner !== undefined) this.#owners.release(owner);
    }
  }

  async #lend<T>(work: Work<T>, { signal, limit = this.#options.answerTimeout, since }: Borrower, begun: number, waitUntil: number): Promise<T> {
    const connection = await this.#acquire(waitUntil, signal);
    const lentAt = performance.now();
    let cancelling: Promise<void> | undefined;
    const cancel = () => {
      if (connection.backend !== undefined) cancelling = this.#cancel?.(connection.backend).catch((error: unknown) => connection.end(error));
    };
    signal?.addEventListener('abort', cancel);
    try {
      if (signal?.aborted) throw signal.reason;
      // By whole seconds, because each limit is another statement text for the database.
      const timeLeft = limit - (since === undefined ? 0 : 1_000 * Math.floor((lentAt - since) / 1_000));
      if (timeLeft <= 0) throw new DatabaseFailure('DEADLINE_EXCEEDED', new Error('no time left'));
      const result = await work(connection, timeLeft);
      this.#options.outcomes?.succeeded();
      return result;
    } catch (error) {
      if (isReadOnly(error)) this.renew();
      throw signal?.aborted ? new DatabaseFailure('ABORTED', error) : error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      // The connection is lent again only when no cancellation can reach its next statement.
      await cancelling;
      this.#pool.release(connection);
      const used = performance.now() - lentAt;
      this.#use += (Math.min(used, USE_MAX) - this.#use) / 10;
      this.#options.observe?.({ pool: this.#options.name ?? '', waited: lentAt - begun, used });
    }
  }

  async #acquire(waitUntil: number, signal: AbortSignal | undefined): Promise<Connection> {
    if (signal?.aborted) throw new DatabaseFailure('ABORTED', signal.reason);
    // The pool itself would let each call wait for the whole acquire timeout.
    if (this.#closed) throw new DatabaseFailure('DATABASE_UNAVAILABLE', new Error('pool closed'));
    if (this.isFull) throw new DatabaseFailure('OVERLOADED', new Error('too many calls wait for a connection'));
    const acquiring = this.#pool.acquire();
    const giveUp = () => acquiring.abort();
    const isWaiting = this.#pool.numPendingAcquires() > 0;
    const timer = isWaiting ? setTimeout(giveUp, Math.max(0, waitUntil - performance.now())) : undefined;
    if (isWaiting) signal?.addEventListener('abort', giveUp);
    try {
      return await acquiring.promise;
    } catch (error) {
      if (signal?.aborted) throw new DatabaseFailure('ABORTED', signal.reason);
      if (error instanceof DatabaseFailure) throw error;
      throw new DatabaseFailure(this.#pool.numUsed() === this.#options.max ? 'OVERLOADED' : 'DATABASE_UNAVAILABLE', error);
    } finally {
      clearTimeout(timer);
      if (isWaiting) signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Lends only connections that are opened from now on. */
  renew(): void {
    this.#validSince = performance.now();
  }

  /** Waits for the calls that have a connection. Later ones fail at once. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.destroy();
  }
}
