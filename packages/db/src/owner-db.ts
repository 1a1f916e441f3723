import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pg-proxy';
import type { Command } from './connection/connection.ts';
import type { Parameters } from './connection/driver.ts';
import { DatabaseFailure } from './connection/failure.ts';
import type { ConnectionPool } from './connection/pool.ts';
import { change, type Notes, type Owner, runQuery, runTransaction } from './transaction.ts';

export type Builder = ReturnType<typeof drizzle>;

export interface Statement<Result> {
  execute(values: Record<string, unknown>): Promise<Result>;
}

/** The owner's id inside a prepared statement. Only OwnerDb.run sets it, to the owner it is bound to. */
export const owner = sql.placeholder('owner');

/** Access to the rows of one owner only. All methods throw DatabaseFailure. */
export class OwnerDb {
  readonly #pool: ConnectionPool;
  readonly #owner: Owner;
  /** Set while a change runs; called with the log position after it. */
  readonly #completed: ((seq: number | undefined) => void) | undefined;

  constructor(pool: ConnectionPool, owner: Owner, completed?: (seq: number | undefined) => void) {
    this.#pool = pool;
    this.#owner = owner;
    this.#completed = completed;
  }

  /** The same owner, with these notes added to what is logged. */
  withNotes(notes: Notes): OwnerDb {
    return new OwnerDb(this.#pool, { ...this.#owner, notes: { ...this.#owner.notes, ...notes } });
  }

  /** Runs a prepared query in one round trip; `values` are its placeholders except the owner. */
  run<Result>(statement: Statement<Result>, values: Record<string, unknown> = {}): Promise<Result> {
    return statement.execute({ ...values, owner: this });
  }

  /**
   * Runs a prepared statement that changes data, also in one round trip. `seq` is the end of the owner's log after the change. A statement may decline: it changes
   * nothing and sets app.declined, so that no idempotency key is stored; `isDeclined` tells it by the rows. Throws OWNER_GONE when the account was deleted.
   */
  async change<Result>(
    statement: Statement<Result>,
    values: Record<string, unknown> = {},
    isDeclined: (rows: Result) => boolean = () => false,
  ): Promise<{ rows: Result; seq: number }> {
    let seq: number | undefined;
    const db = new OwnerDb(this.#pool, this.#owner, (at) => {
      seq = at;
    });
    const rows = await db.run(statement, values);
    if (seq === undefined && !isDeclined(rows)) throw new DatabaseFailure('OWNER_GONE', new Error('no owner'));
    return { rows, seq: seq ?? 0 };
  }

  /** A query builder that runs each query in its own transaction. Building a query takes about 200 µs, so prepare the frequent ones. */
  builder(): Builder {
    return drizzle(async (text, params, method) => ({ rows: await runTransaction(this.#pool, this.#owner, this.#command(text, params, method)) }));
  }

  /** Drizzle's driver. Prepared statements pass this object as the parameter for the owner. */
  async query(text: string, params: Parameters, method: 'all' | 'execute') {
    const command = this.#command(text, params, method);
    if (!this.#completed) return { rows: await runQuery(this.#pool, this.#owner, command) };
    const { rows, seq } = await change(this.#pool, this.#owner, command);
    this.#completed(seq);
    return { rows };
  }

  #command(text: string, params: Parameters, method: 'all' | 'execute'): Command {
    const named = params.map((param) => (param instanceof OwnerDb ? param.#owner.owner : param));
    return { text, prepared: { params: named, rows: method === 'all' ? 'arrays' : 'objects' } };
  }
}

const unbound = drizzle((text, params, method) => {
  const db = params.find((param) => param instanceof OwnerDb);
  if (!db) throw new Error('A statement on owner data must name its owner.');
  return db.query(text, params, method);
});

/** Prepares a statement for all owners; `build` uses the placeholder `owner` for the owner's id. */
export function prepare<Result>(build: (db: Builder) => { prepare(name: string): Statement<Result> }): Statement<Result> {
  return build(unbound).prepare('');
}
