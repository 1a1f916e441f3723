import { Pool, TimeoutError } from 'tarn';
import { Connection, type ConnectionOptions } from './connection.ts';
import { DatabaseFailure } from './failure.ts';
import { OwnerLimit } from './owner-limit.ts';

/** How many calls may wait for a connection. More than that fail at once. */
const QUEUE_MAX = 200;

export interface PoolOptions extends ConnectionOptions {
  max: number;
  /** How many connections one owner may use at a time. */
  maxPerOwner: number;
  /** How long to wait for a free connection, in ms. */
  acquireTimeout: number;
}

/** For whom a connection is used, and the signal that its result is no longer wanted. */
export interface Borrower {
  owner?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Cancels what the backend with this process id runs, through another connection. */
export type Cancel = (backend: number) => Promise<void>;

/** Lends connections, one borrower at a time, and replaces dead ones. */
export class ConnectionPool {
  readonly #pool: Pool<Connection>;
  readonly #max: number;
  readonly #owners: OwnerLimit;
  readonly #cancel: Cancel | undefined;
  #closed = false;

  /** Without `cancel`, a call whose signal aborts runs to its end. */
  constructor(url: string, options: PoolOptions, cancel?: Cancel) {
    this.#cancel = cancel;
    this.#max = options.max;
    this.#owners = new OwnerLimit(options.maxPerOwner, options.acquireTimeout);
    this.#pool = new Pool({
      min: 0,
      max: options.max,
      acquireTimeoutMillis: options.acquireTimeout,
      createTimeoutMillis: options.connectTimeout + 1000,
      idleTimeoutMillis: 60_000,
      // Without this, calls wait for the whole acquire timeout when the server is down.
      propagateCreateError: true,
      create: () => Connection.open(url, options),
      validate: (connection) => !connection.dead,
      destroy: (connection) => connection.end(new Error('pool closed')),
      log: () => {},
    });
  }

  /** Whether a call that came now would be refused, because too many wait. */
  get isFull(): boolean {
    return this.#pool.numPendingAcquires() >= QUEUE_MAX;
  }

  /** Throws OWNER_BUSY, OVERLOADED and ABORTED without having sent anything. */
  async use<T>(work: (connection: Connection) => Promise<T>, { owner, signal }: Borrower = {}): Promise<T> {
    if (owner === undefined) return this.#lend(work, signal);
    await this.#owners.acquire(owner, signal);
    try {
      return await this.#lend(work, signal);
    } finally {
      this.#owners.release(owner);
    }
  }

  async #lend<T>(work: (connection: Connection) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) throw new DatabaseFailure('ABORTED', signal.reason);
    // The pool itself would let each call wait for the whole acquire timeout.
    if (this.#closed) throw new DatabaseFailure('DATABASE_UNAVAILABLE', new Error('pool closed'));
    if (this.isFull) throw new DatabaseFailure('OVERLOADED', new Error('too many calls wait for a connection'));
    const connection = await this.#pool.acquire().promise.catch((error: unknown) => {
      if (error instanceof TimeoutError && this.#pool.numUsed() === this.#max) throw new DatabaseFailure('OVERLOADED', error);
      throw error instanceof DatabaseFailure ? error : new DatabaseFailure('DATABASE_UNAVAILABLE', error);
    });
    let cancelling: Promise<void> | undefined;
    const cancel = () => {
      cancelling = this.#cancel?.(connection.backend).catch((error: unknown) => connection.end(error));
    };
    signal?.addEventListener('abort', cancel);
    try {
      if (signal?.aborted) throw signal.reason;
      return await work(connection);
    } catch (error) {
      throw signal?.aborted ? new DatabaseFailure('ABORTED', error) : error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      // The connection is lent again only when no cancellation can reach its next statement.
      await cancelling;
      this.#pool.release(connection);
    }
  }

  /** Waits for the calls that have a connection. Later ones fail at once. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.destroy();
  }
}
