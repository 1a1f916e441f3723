import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pg-proxy';
import type { Command, Parameters } from './connection/connection.ts';
import type { ConnectionPool } from './connection/pool.ts';
import { change, type Notes, runTransaction } from './transaction.ts';
import type { UserId } from './user-id.ts';

/** Drizzle's query builder, as it comes. */
export type Builder = ReturnType<typeof drizzle>;

/** A statement that Drizzle has built once and every owner can run. */
export interface Statement<Result> {
  execute(values: Record<string, unknown>): Promise<Result>;
}

/** The owner's id inside a prepared statement. Only OwnerDb.run fills it, with the owner it is bound to. */
export const owner = sql.placeholder('owner');

/** A database that shows one owner's rows and no others. All of it throws DatabaseFailure. */
export class OwnerDb {
  readonly #pool: ConnectionPool;
  readonly #owner: UserId;
  readonly #notes: Notes;
  /** Set while a change runs: takes the log position at which it is complete. */
  readonly #completed: ((seq: number) => void) | undefined;

  constructor(pool: ConnectionPool, owner: UserId, notes: Notes, completed?: (seq: number) => void) {
    this.#pool = pool;
    this.#owner = owner;
    this.#notes = notes;
    this.#completed = completed;
  }

  /** The same owner's rows; what is changed through it is logged with these notes too. */
  withNotes(notes: Notes): OwnerDb {
    return new OwnerDb(this.#pool, this.#owner, { ...this.#notes, ...notes });
  }

  /** Runs a prepared statement in one round trip; `values` fill its placeholders other than the owner. */
  run<Result>(statement: Statement<Result>, values: Record<string, unknown> = {}): Promise<Result> {
    return statement.execute({ ...values, owner: this });
  }

  /** Runs a prepared statement that changes something, also in one round trip. `seq` is the position of the owner's log at which the change is complete. */
  async change<Result>(statement: Statement<Result>, values: Record<string, unknown> = {}): Promise<{ rows: Result; seq: number }> {
    let seq = 0;
    const db = new OwnerDb(this.#pool, this.#owner, this.#notes, (at) => {
      seq = at;
    });
    return { rows: await db.run(statement, values), seq };
  }

  /** A query builder whose every query is one transaction. Building costs some 200 µs a query, so hot queries are prepared. */
  builder(): Builder {
    return drizzle((text, params, method) => this.query(text, params, method));
  }

  /** Drizzle's driver. In a prepared statement this object stands in the owner's place among the parameters. */
  async query(text: string, params: Parameters, method: 'all' | 'execute') {
    const named = params.map((param) => (param instanceof OwnerDb ? param.#owner : param));
    const owner = { role: 'todo_user', owner: this.#owner, notes: this.#notes } as const;
    const command: Command = { text, prepared: { params: named, rows: method === 'all' ? 'arrays' : 'objects' } };
    if (!this.#completed) return { rows: await runTransaction(this.#pool, owner, command) };
    const { rows, seq } = await change(this.#pool, owner, command);
    this.#completed(seq);
    return { rows };
  }
}

const unbound = drizzle((text, params, method) => {
  const db = params.find((param) => param instanceof OwnerDb);
  if (!db) throw new Error('A statement on owner data must name its owner.');
  return db.query(text, params, method);
});

/** Prepares a statement, once for all owners; `build` names the owner with the placeholder `owner`. */
export function prepare<Result>(build: (db: Builder) => { prepare(name: string): Statement<Result> }): Statement<Result> {
  return build(unbound).prepare('');
}
