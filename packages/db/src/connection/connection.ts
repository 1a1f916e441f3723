import type { Socket } from 'node:net';
import { copyRowsIn, openCopyOut } from './copy.ts';
import { openDriver, type Parameters } from './driver.ts';
import { DatabaseFailure, endsSession, isLost, isServerError, ReadOnlyServer, sessionEnded, toFailure } from './failure.ts';
import { type Attempt, attempts, firstOf } from './hosts.ts';
import { keepsStatements, localSettings, readSession, sessionSettings } from './session.ts';
import { type Host, openSocket } from './socket.ts';
import { type ConnectionUrl, parseUrl } from './url.ts';

/** One command for PostgreSQL: with `prepared`, a statement that is prepared once per connection; otherwise a script without parameters. */
export interface Command {
  text: string;
  prepared?: { params: Parameters; rows: 'arrays' | 'objects' };
}

/**
 * Rows of one command; `count` is how many were read or changed, `command` is the tag that PostgreSQL returns, `state.pid` is the backend that the server
 * named when the session began, and `statement` the prepared statement.
 */
export type Rows = unknown[] & { count: number; command: string; state: { pid: number }; statement: { name: string } };

export interface ConnectionOptions {
  /** How long to wait for a new connection, in ms. */
  connectTimeout: number;
  /** How long PostgreSQL may work on one statement before it cancels it, in ms. It never cancels a commit. */
  answerTimeout: number;
  /** Whether only a server that accepts writes will do. By default target_session_attrs decides. */
  writable?: boolean;
}

/** A response that is later than its statement's time by this much closes the connection, in ms: nothing comes from the server any more. */
const GRACE = 1_000;

/**
 * One physical connection to PostgreSQL. Any connection error closes it for good. The driver gets one socket and never another, so it cannot send
 * the rest of a lost transaction to a second backend (docs/decisions/0002, docs/decisions/0019).
 */
export class Connection {
  readonly #sql: ReturnType<typeof openDriver>;
  readonly #socket: Socket;
  /** Closes the connection when a response is late. Restarted for each response, which is cheaper than one timer each. */
  readonly #answerTimer: NodeJS.Timeout;
  /** Rejects the pending calls. Racing each response against one promise would keep every response in memory as long as the connection. */
  readonly #waiting = new Set<(loss: DatabaseFailure) => void>();
  /** Deadline of a long response, by performance.now(); 0 if none is pending. */
  #longUntil = 0;
  #loss: DatabaseFailure | undefined;
  #backend: number | undefined;
  readonly #login = { isAccepted: false };
  #preparesStatements = true;
  /** The statement timeout of the session; undefined behind a pooler. */
  #sessionMs: number | undefined;
  readonly openedAt = performance.now();
  /** From 0.5 to 1, so that connections that were opened together are not replaced together. */
  readonly spread = 0.5 + Math.random() / 2;

  private constructor(url: ConnectionUrl, host: Host, socket: Socket, answerTimeout: number) {
    this.#answerTimer = setTimeout(() => this.#giveUp(), answerTimeout + GRACE).unref();
    this.#socket = socket;
    socket.on('error', (error) => this.end(error));
    socket.on('close', () => this.end(new Error('connection closed')));
    this.#sql = openDriver(url, host, socket, this.#login);
  }

  /** Tries the hosts of `url` in turn. Throws DATABASE_UNAVAILABLE when none offers a session that will do. */
  static async open(url: string, options: ConnectionOptions): Promise<Connection> {
    const where = parseUrl(url);
    const candidates = attempts(where.hosts, options.writable ? 'read-write' : where.target);
    return firstOf(candidates, where.connectTimeout ?? options.connectTimeout, async ({ host, accepts }, signal) => {
      const socket = await openSocket(host, where.tls, signal);
      const connection = new Connection(where, host, socket, options.answerTimeout);
      signal.addEventListener('abort', () => connection.end(signal.reason));
      try {
        await connection.#begin(accepts, options);
        return connection;
      } catch (error) {
        connection.end(error);
        throw connection.#login.isAccepted && isLost(error) ? sessionEnded(error) : error;
      }
    });
  }

  async #begin(accepts: Attempt['accepts'], { answerTimeout }: ConnectionOptions): Promise<void> {
    const session = await readSession(this);
    if (!accepts(session)) throw session.readOnly ? new ReadOnlyServer() : new Error('The server does not match target_session_attrs.');
    this.#backend = session.backend;
    if (session.backend === undefined) {
      this.#preparesStatements = await keepsStatements(this);
    } else {
      await this.send([sessionSettings(answerTimeout)]);
      this.#sessionMs = answerTimeout;
    }
  }

  /** What a transaction in which a statement may take `ms` sets as a part of its first command. Behind a pooler the session belongs to others too. */
  transactionSettings(ms: number): string {
    if (ms === this.#sessionMs) return '';
    return this.#sessionMs === undefined ? `; ${localSettings(ms)}` : `; set local statement_timeout = ${Math.ceil(ms)}`;
  }

  /** Closes the connection and throws DATABASE_UNAVAILABLE if the server takes no writes any more. */
  async assertWritable(): Promise<void> {
    if (!(await readSession(this)).readOnly) return;
    this.end(new ReadOnlyServer());
    throw this.#loss;
  }

  /** Process id of the PostgreSQL backend; undefined behind a pooler. */
  get backend(): number | undefined {
    return this.#backend;
  }

  /** Whether a pooler in between, if there is one, keeps prepared statements. */
  get preparesStatements(): boolean {
    return this.#preparesStatements;
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
    const query = this.#sql.unsafe(text, prepared.params, { prepare: this.#preparesStatements });
    return prepared.rows === 'arrays' ? query.values() : query;
  }
}
