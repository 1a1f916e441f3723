import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pg-proxy';
import type { Parameters } from './connection.ts';
import { fly, type Notes } from './flight.ts';
import type { ConnectionPool } from './pool.ts';
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

  constructor(pool: ConnectionPool, owner: UserId, notes: Notes) {
    this.#pool = pool;
    this.#owner = owner;
    this.#notes = notes;
  }

  /** The same owner's rows; what is changed through it is logged with these notes too. */
  noting(notes: Notes): OwnerDb {
    return new OwnerDb(this.#pool, this.#owner, { ...this.#notes, ...notes });
  }

  /** Runs a prepared statement in one round trip; `values` fill its placeholders other than the owner. */
  run<Result>(statement: Statement<Result>, values: Record<string, unknown> = {}): Promise<Result> {
    return statement.execute({ ...values, owner: this });
  }

  /** A query builder whose every query is one flight. Building costs some 200 µs a query, so hot queries are prepared. */
  builder(): Builder {
    return drizzle((text, params, method) => this.fly(text, params, method));
  }

  /** Drizzle's driver. In a prepared statement this object stands in the owner's place among the parameters. */
  async fly(text: string, params: Parameters, method: 'all' | 'execute') {
    const named = params.map((param) => (param instanceof OwnerDb ? param.#owner : param));
    const rows = method === 'all' ? 'arrays' : 'objects';
    return { rows: await fly(this.#pool, { role: 'todo_user', owner: this.#owner, notes: this.#notes }, { text, prepared: { params: named, rows } }) };
  }
}

const unbound = drizzle((text, params, method) => {
  const db = params.find((param) => param instanceof OwnerDb);
  if (!db) throw new Error('A statement on owner data must name its owner.');
  return db.fly(text, params, method);
});

/** Prepares a statement, once for all owners; `build` names the owner with the placeholder `owner`. */
export function prepare<Result>(build: (db: Builder) => { prepare(name: string): Statement<Result> }): Statement<Result> {
  return build(unbound).prepare('');
}
