import { drizzle } from 'drizzle-orm/pg-proxy';
import type { Rows } from './connection/connection.ts';
import type { Parameters } from './connection/driver.ts';
import type { ConnectionPool } from './connection/pool.ts';
import * as schema from './schema.ts';
import { deleteUser, runInteractiveTransaction, runTransaction } from './transaction.ts';

const principal = { role: 'todo_identity' } as const;

type Send = (text: string, params: Parameters, rows: 'arrays' | 'objects') => Promise<Rows>;

const builder = (send: Send) =>
  drizzle(async (text, params, method) => ({ rows: await send(text, params, method === 'all' ? 'arrays' : 'objects') }), { schema });

/** The sign-in tables, and no tasks, through Drizzle's query builder. Each query is one transaction. */
export interface IdentityDb extends ReturnType<typeof builder> {
  /** Deletes an account and everything it owns, in one transaction of up to LONG_CALL_MAX_MS. Throws DatabaseFailure. */
  deleteUser(id: string): Promise<void>;
}

/** Better Auth's adapter calls `transaction` for a sign-up: several awaited queries in one transaction. */
export function openIdentity(pool: ConnectionPool): IdentityDb {
  const db = builder((text, params, rows) => runTransaction(pool, principal, { text, prepared: { params, rows } }));
  const transaction = <Result>(work: (tx: ReturnType<typeof builder>) => Promise<Result>) =>
    runInteractiveTransaction(pool, (send) => work(builder((text, params, rows) => send({ text, prepared: { params, rows } }))));
  return Object.assign(db, { transaction, deleteUser: (id: string) => deleteUser(pool, id) });
}
