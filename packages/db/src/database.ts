import { ConnectionPool, type PoolOptions } from './connection/pool.ts';
import { openIdentity } from './identity.ts';
import { type Head, newerHeads } from './log/heads.ts';
import { OwnerDb } from './owner-db.ts';
import type { Notes } from './transaction.ts';
import type { UserId } from './user-id.ts';

const defaults: PoolOptions = { max: 10, connectTimeout: 5_000, acquireTimeout: 5_000, answerTimeout: 10_000 };

/** Connects at first use. `url` is the URL of the runtime login; times are in ms. */
export function openDatabase(url: string, options: Partial<PoolOptions> = {}) {
  const pool = new ConnectionPool(url, { ...defaults, ...options });
  return {
    /** The only access to an owner's data. `notes` are logged with every change. */
    as: (owner: UserId, notes: Notes = {}) => new OwnerDb(pool, { role: 'todo_user', owner, notes }),
    identity: openIdentity(pool),
    /** Returns the owners in `known` whose log no longer ends at their `seq`, with its new end. One statement for any number of owners. */
    newerHeads: (known: readonly Head[]) => newerHeads(pool, known),
    /** Throws DATABASE_UNAVAILABLE unless the database answers. */
    ping: () => pool.use(async (connection) => void (await connection.send([{ text: 'select' }]))),
    close: () => pool.close(),
  };
}

export type Database = ReturnType<typeof openDatabase>;
