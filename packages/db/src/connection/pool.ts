import { Pool } from 'tarn';
import { Connection, type ConnectionOptions } from './connection.ts';
import { DatabaseFailure } from './failure.ts';

export interface PoolOptions extends ConnectionOptions {
  max: number;
  /** How long to wait for a free connection, in ms. */
  acquireTimeout: number;
}

/** Lends connections, one borrower at a time, and replaces dead ones. */
export class ConnectionPool {
  readonly #pool: Pool<Connection>;

  constructor(url: string, options: PoolOptions) {
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

  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#pool.acquire().promise.catch((error: unknown) => {
      throw error instanceof DatabaseFailure ? error : new DatabaseFailure('DATABASE_UNAVAILABLE', error);
    });
    try {
      return await work(connection);
    } finally {
      this.#pool.release(connection);
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
