import postgres from 'postgres';
import { Pool } from 'tarn';
import { giveRows, openRows } from './copying.ts';
import { DatabaseFailure, isServerError, toFailure } from './failure.ts';

/** Values of a command's $1, $2, … as the driver takes them. */
export type Parameters = postgres.ParameterOrJSON<never>[];

/** One command for PostgreSQL: prepared once per connection when `prepared`, otherwise a plain script without parameters. */
export interface Command {
  text: string;
  prepared?: { params: Parameters; rows: 'arrays' | 'objects' };
}

/** Rows of one command; `count` is how many were read or changed, `command` what PostgreSQL says it did. */
export type Rows = unknown[] & { count: number; command: string };

export interface ConnectionOptions {
  /** How long to wait for a new connection, in ms. */
  connectTimeout: number;
  /** How long one answer may take before the connection is given up, in ms. */
  answerTimeout: number;
}

const isoTime = (text: string) => (text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(3, '0')}Z` : text);

/** Times travel as ISO-8601 strings in both directions; the session's time zone is UTC. */
const types = {
  date: { to: 1184, from: [1184], serialize: (time: Date | string) => (time instanceof Date ? time.toISOString() : time), parse: isoTime },
};

/**
 * One physical connection to PostgreSQL. The first sign of trouble ends it for good: postgres.js mixes up statements of
 * different users when it reconnects by itself (docs/decisions/0002), so it never gets the chance.
 */
export class Connection {
  readonly #sql: ReturnType<typeof postgres>;
  /** Runs out when an answer does not come in time: wound up anew for each, which is cheaper than a timer for each. */
  readonly #patience: NodeJS.Timeout;
  /** Who waits for an answer. A promise of the loss, raced against each answer, would keep all of them for as long as the connection lives. */
  readonly #waiting = new Set<(loss: DatabaseFailure) => void>();
  #loss: DatabaseFailure | undefined;

  private constructor(url: string, options: ConnectionOptions) {
    this.#patience = setTimeout(() => this.#waiting.size > 0 && this.end(new Error('no answer in time')), options.answerTimeout).unref();
    this.#sql = postgres(url, {
      max: 1,
      backoff: false,
      max_lifetime: null,
      connect_timeout: options.connectTimeout / 1000,
      fetch_types: false,
      types,
      onnotice: () => {},
      onclose: () => this.end(new Error('connection closed')),
      connection: {
        application_name: 'todo',
        TimeZone: 'UTC',
        search_path: 'public, pg_temp',
        statement_timeout: options.answerTimeout,
        idle_in_transaction_session_timeout: 2 * options.answerTimeout,
      },
    });
  }

  /** Throws DATABASE_UNAVAILABLE when no connection comes about. */
  static async open(url: string, options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(url, options);
    try {
      await connection.send([{ text: 'select' }]);
      return connection;
    } catch (error) {
      connection.end(error);
      throw error instanceof DatabaseFailure ? error : new DatabaseFailure('DATABASE_UNAVAILABLE', error);
    }
  }

  get dead(): boolean {
    return this.#loss !== undefined;
  }

  /** Ends the connection at once; whoever waits for it gets DATABASE_UNAVAILABLE. */
  end(cause: unknown): void {
    if (this.#loss) return;
    const loss = new DatabaseFailure('DATABASE_UNAVAILABLE', cause);
    this.#loss = loss;
    clearTimeout(this.#patience);
    // A query that knows why it failed gets to say so first.
    setImmediate(() => {
      for (const lose of this.#waiting) lose(loss);
    });
    this.#sql.end({ timeout: 0 }).catch(() => {});
  }

  /** Writes all commands before it waits for any answer, so together they take one round trip. Throws the first error. */
  send(commands: readonly Command[]): Promise<Rows[]> {
    return this.#await(() => this.#answers(commands));
  }

  /** The rows of COPY … TO STDOUT, whole rows in each piece, read no faster than they are taken. Whoever stops early ends the connection. Throws as send does. */
  async *copyOut(text: string): AsyncGenerator<Buffer> {
    let complete = false;
    try {
      const stream = await this.#await(() => openRows(this.#sql.unsafe(text)));
      const pieces = stream[Symbol.asyncIterator]();
      for (;;) {
        const piece = await this.#await(() => pieces.next());
        if (piece.done) break;
        yield piece.value;
      }
      complete = true;
      // The driver stops reading after a large piece; when that was the last, nobody else makes it go on.
      if (!this.#loss) stream._read(0);
    } finally {
      if (!complete) this.end(new Error('copying was given up'));
    }
  }

  /** Runs COPY … FROM STDIN with these rows. Throws as send does, and what `pieces` throws, which ends the connection. */
  copyIn(text: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#await(() => giveRows(this.#sql.unsafe(text), pieces));
  }

  async #await<Answer>(ask: () => PromiseLike<Answer>): Promise<Answer> {
    if (this.#loss) throw this.#loss;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#patience.refresh();
    this.#waiting.add(reject);
    try {
      ask().then(resolve, reject);
      return await promise;
    } catch (error) {
      if (!isServerError(error) || error.code.startsWith('57')) this.end(error);
      throw toFailure(error);
    } finally {
      this.#waiting.delete(reject);
    }
  }

  async #answers(commands: readonly Command[]): Promise<Rows[]> {
    const settled = await Promise.allSettled(commands.map((command) => this.#query(command)));
    return settled.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    });
  }

  #query({ text, prepared }: Command): PromiseLike<Rows> {
    if (!prepared) return this.#sql.unsafe(text).simple();
    const query = this.#sql.unsafe(text, prepared.params, { prepare: true });
    return prepared.rows === 'arrays' ? query.values() : query;
  }
}

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
      // Otherwise whoever calls while the server is away waits for as long as acquiring may take.
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
