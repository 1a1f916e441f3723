import type { Socket } from 'node:net';
import postgres from 'postgres';
import { copyRowsIn, openCopyOut } from './copy.ts';
import { DatabaseFailure, endsSession, isServerError, toFailure } from './failure.ts';
import { attempts, firstOf } from './hosts.ts';
import { type Host, openSocket } from './socket.ts';
import { times } from './timestamps.ts';

export type Parameters = postgres.ParameterOrJSON<never>[];

/** One command for PostgreSQL: with `prepared`, a statement that is prepared once per connection; otherwise a script without parameters. */
export interface Command {
  text: string;
  prepared?: { params: Parameters; rows: 'arrays' | 'objects' };
}

/** Rows of one command; `count` is how many were read or changed, `command` is the tag that PostgreSQL returns. */
export type Rows = unknown[] & { count: number; command: string };

export interface ConnectionOptions {
  /** How long to wait for a new connection, in ms. */
  connectTimeout: number;
  /** How long PostgreSQL may work on one statement before it cancels it, in ms. It never cancels a commit. */
  answerTimeout: number;
}

/** A response that is later than its statement's time by this much closes the connection, in ms: nothing comes from the server any more. */
const GRACE = 1_000;

const sessionState: Command = {
  text: `select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as read_only, pg_backend_pid() as backend`,
};

/** Reads hosts and TLS settings from the URL and the driver's environment variables, as the driver does. */
function readUrl(url: string) {
  const { options } = postgres(url, { max: 1 });
  const hosts = options.host.map((name, i): Host => ({ name: decodeURIComponent(name), port: options.port[i] ?? 5432 }));
  return { candidates: attempts(hosts, options.target_session_attrs), sslmode: options.ssl };
}

/**
 * One physical connection to PostgreSQL. Any connection error closes it for good. The driver gets one socket and never another, so it cannot send
 * the rest of a lost transaction to a second backend (docs/decisions/0002, docs/decisions/0019).
 */
export class Connection {
  readonly #sql: ReturnType<typeof postgres>;
  readonly #socket: Socket;
  /** Closes the connection when a response is late. Restarted for each response, which is cheaper than one timer each. */
  readonly #answerTimer: NodeJS.Timeout;
  /** Rejects the pending calls. Racing each response against one promise would keep every response in memory as long as the connection. */
  readonly #waiting = new Set<(loss: DatabaseFailure) => void>();
  /** Deadline of a long response, by performance.now(); 0 if none is pending. */
  #longUntil = 0;
  #loss: DatabaseFailure | undefined;
  /** Process id of the PostgreSQL backend. */
  #backend = 0;

  private constructor(url: string, host: Host, socket: Socket, answerTimeout: number) {
    this.#answerTimer = setTimeout(() => this.#giveUp(), answerTimeout + GRACE).unref();
    this.#socket = socket;
    socket.on('error', (error) => this.end(error));
    socket.on('close', () => this.end(new Error('connection closed')));
    let isUsed = false;
    const settings = {
      host: host.name,
      port: host.port,
      socket: () => {
        if (isUsed || this.#loss) throw Object.assign(new Error('The connection is closed.'), { code: 'CONNECTION_CLOSED' });
        isUsed = true;
        return socket;
      },
      // `open` handles TLS and the connect timeout.
      ssl: false,
      connect_timeout: 0,
      max: 1,
      backoff: false,
      max_lifetime: null,
      fetch_types: false,
      types: times,
      onnotice: () => {},
      connection: {
        application_name: 'todo',
        TimeZone: 'UTC',
        search_path: 'public, pg_temp',
        statement_timeout: answerTimeout,
        idle_in_transaction_session_timeout: 2 * answerTimeout,
      },
    };
    this.#sql = postgres(url.replace(/([?&])target_session_attrs=[^&#]*&?/, '$1'), settings);
  }

  /** Tries the hosts of `url` in turn. Throws DATABASE_UNAVAILABLE when none offers a session that matches target_session_attrs. */
  static async open(url: string, { connectTimeout, answerTimeout }: ConnectionOptions): Promise<Connection> {
    const { candidates, sslmode } = readUrl(url);
    return firstOf(candidates, connectTimeout, async ({ host, accepts }, signal) => {
      let connection: Connection | undefined;
      try {
        const socket = await openSocket(host, sslmode, signal);
        const opened = new Connection(url, host, socket, answerTimeout);
        connection = opened;
        signal.addEventListener('abort', () => opened.end(signal.reason));
        const [rows] = await opened.send([sessionState]);
        const { standby, read_only: readOnly, backend } = Object(rows[0]);
        if (!accepts({ standby, readOnly })) throw new Error('The server does not match target_session_attrs.');
        opened.#backend = backend;
        return opened;
      } catch (error) {
        connection?.end(error);
        throw error instanceof DatabaseFailure ? error : new DatabaseFailure('DATABASE_UNAVAILABLE', error);
      }
    });
  }

  get backend(): number {
    return this.#backend;
  }

  get dead(): boolean {
    return this.#loss !== undefined;
  }

  /** Closes the connection at once; pending calls get DATABASE_UNAVAILABLE. */
  end(cause: unknown): void {
    if (this.#loss) return;
    const loss = new DatabaseFailure('DATABASE_UNAVAILABLE', cause);
    this.#loss = loss;
    clearTimeout(this.#answerTimer);
    // A query that failed with its own error reports that first.
    setImmediate(() => {
      for (const lose of this.#waiting) lose(loss);
    });
    this.#socket.destroy();
    this.#sql.end({ timeout: 0 }).catch(() => {});
  }

  #giveUp(): void {
    if (this.#waiting.size === 0) return;
    if (performance.now() < this.#longUntil) this.#answerTimer.refresh();
    else this.end(new Error('response timeout'));
  }

  /** Writes all commands at once, so together they take one round trip. `longTimeout` replaces the response timeout, in ms. Throws the first error. */
  send<const Commands extends readonly Command[]>(commands: Commands, longTimeout?: number): Promise<{ [Index in keyof Commands]: Rows }>;
  send(commands: readonly Command[], longTimeout = 0): Promise<Rows[]> {
    this.#longUntil = longTimeout && performance.now() + longTimeout;
    return this.#await(async () => {
      const settled = await Promise.allSettled(commands.map((command) => this.#query(command)));
      return settled.map((answer) => {
        if (answer.status === 'rejected') throw answer.reason;
        return answer.value;
      });
    });
  }

  /** The rows of COPY … TO STDOUT, in pieces of whole rows, with backpressure. Stopping early closes the connection. Throws as send does. */
  async *copyOut(text: string): AsyncGenerator<Buffer> {
    let complete = false;
    try {
      const stream = await this.#await(() => openCopyOut(this.#sql.unsafe(text)));
      const pieces = stream[Symbol.asyncIterator]();
      for (;;) {
        const piece = await this.#await(() => pieces.next());
        if (piece.done) break;
        yield piece.value;
      }
      complete = true;
      // The driver pauses after a large piece. After the last one, only this resumes it.
      if (!this.#loss) stream._read(0);
    } finally {
      if (!complete) this.end(new Error('COPY was stopped early'));
    }
  }

  /** Runs COPY … FROM STDIN with these rows. Throws as send does. An error of `pieces` is thrown and closes the connection. */
  copyIn(text: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#await(() => copyRowsIn(this.#sql.unsafe(text), pieces));
  }

  async #await<Answer>(ask: () => PromiseLike<Answer>): Promise<Answer> {
    if (this.#loss) throw this.#loss;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#answerTimer.refresh();
    this.#waiting.add(reject);
    try {
      ask().then(resolve, reject);
      return await promise;
    } catch (error) {
      if (!isServerError(error) || endsSession(error)) this.end(error);
      throw toFailure(error);
    } finally {
      this.#waiting.delete(reject);
    }
  }

  #query({ text, prepared }: Command): PromiseLike<Rows> {
    if (!prepared) return this.#sql.unsafe(text).simple();
    const query = this.#sql.unsafe(text, prepared.params, { prepare: true });
    return prepared.rows === 'arrays' ? query.values() : query;
  }
}
