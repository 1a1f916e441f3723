import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../connection/connection.ts';
import { findFailure, serverCode } from '../connection/failure.ts';
import { texts } from '../log/owners.ts';

const MIGRATION_LOCK = 7_362_002;
/**
 * While a statement waits for a lock of a table, all later statements on that table wait behind it. Less than PostgreSQL's `deadlock_timeout`, a second: so in a
 * deadlock the migration gives up, and not a call. Autovacuum makes way only for who waits longer, as the attempts after some pauses do.
 */
const [LOCK_TIMEOUT_MS, LONG_LOCK_TIMEOUT_MS] = [500, 2_000];
const LONG_FROM_PAUSE_MS = 8_000;
const PAUSE_MAX_MS = 30_000;
export const STATEMENT_TIMEOUT_MS = 3_600_000;

export interface Waiting {
  /** Gets a line for each attempt that had to be given up. */
  log?(line: string): void;
  /** How long to attempt in all, in ms. */
  giveUpAfter?: number;
  /** Ends the pauses between attempts with an error. */
  signal?: AbortSignal | undefined;
}

/** SQLSTATE lock_not_available and deadlock_detected. */
const isLocked = (error: unknown) => ['55P03', '40P01'].includes(serverCode(findFailure(error)) ?? '');

/** Whether there is a table to lock. A login that may not lock it fails later, when it is clear for which reason. */
async function canLock(connection: Connection): Promise<boolean> {
  const query = `select from pg_catalog.pg_class where oid = to_regclass('drizzle.__drizzle_migrations') and has_table_privilege(oid, 'insert')`;
  return (await texts(connection, query)).length > 0;
}

const settings = (connection: Connection, lockTimeout: number) =>
  `${connection.transactionSettings(STATEMENT_TIMEOUT_MS)}; set local lock_timeout = ${lockTimeout}`;

const bookkeeping = (mode: string) => ({ text: `lock table drizzle.__drizzle_migrations in ${mode} mode` });

/**
 * How to begin a transaction that changes the schema, one that needs it unchanged, and one that also reads everything as of one moment. No lock is a session's:
 * it would stay on the connection of a pooler.
 */
const begin = {
  /** The first migration has no table to lock yet, so migrations exclude each other by a number. */
  async change(connection: Connection, lockTimeout: number) {
    await connection.send([{ text: `begin${settings(connection, lockTimeout)}` }, { text: `select pg_advisory_xact_lock(${MIGRATION_LOCK})` }]);
    if (await canLock(connection)) await connection.send([bookkeeping('row exclusive')]);
  },
  async use(connection: Connection, lockTimeout: number, isolation = '') {
    const isThere = await canLock(connection);
    await connection.send([{ text: `begin ${isolation}${settings(connection, lockTimeout)}` }, ...(isThere ? [bookkeeping('share')] : [])]);
  },
  /** LOCK TABLE takes no snapshot, unlike SELECT, so the snapshot is newer than any migration for which it waited. */
  snapshot: (connection: Connection, lockTimeout: number) => begin.use(connection, lockTimeout, 'isolation level repeatable read read only'),
};

async function inTransaction<Result>(connection: Connection, start: () => Promise<void>, work: () => Promise<Result>): Promise<Result> {
  try {
    await start();
    const result = await work();
    await connection.send([{ text: 'commit' }]);
    return result;
  } catch (error) {
    if (!connection.dead) await connection.send([{ text: 'rollback' }]).catch((lost: unknown) => connection.end(lost));
    throw error;
  }
}

/** The sessions that hold locks on tables of the product, or the lock of migrations. */
async function holders(connection: Connection): Promise<string> {
  const rows = await texts(
    connection,
    `select lock_.pid, activity.usename, string_agg(distinct table_.relname, ', ') from pg_catalog.pg_locks lock_
     left join pg_catalog.pg_class table_ on table_.oid = lock_.relation and table_.relkind in ('r', 'p')
       and table_.relnamespace in ('public'::regnamespace, to_regnamespace('drizzle'))
     left join pg_catalog.pg_stat_activity activity on activity.pid = lock_.pid
     where lock_.granted and lock_.pid <> pg_backend_pid() and lock_.database = (select oid from pg_catalog.pg_database where datname = current_database())
       and (table_.oid is not null or lock_.locktype = 'advisory' and lock_.objid = ${MIGRATION_LOCK})
     group by lock_.pid, activity.usename order by min(activity.xact_start), lock_.pid limit 5`,
  );
  const each = rows.map(([pid, login, tables]) => `process ${pid} of ${login || 'the server itself'} (${tables || 'a migration'})`);
  return each.length > 0 ? `Locks are held by ${each.join(', ')}.` : 'Nobody holds locks at this moment.';
}

/**
 * Runs `work` in a transaction that excludes migrations, or with `change` everything else that needs the schema. If a lock is not free soon, the
 * transaction is rolled back, so that others can go on, and `work` runs again after a pause.
 */
export async function underLock<Result>(
  connection: Connection,
  kind: keyof typeof begin,
  work: () => Promise<Result>,
  { log = () => {}, giveUpAfter = 600_000, signal }: Waiting = {},
): Promise<Result> {
  const last = performance.now() + giveUpAfter;
  for (let pause = 1_000; ; pause = Math.min(2 * pause, PAUSE_MAX_MS)) {
    try {
      const lockTimeout = pause < LONG_FROM_PAUSE_MS ? LOCK_TIMEOUT_MS : LONG_LOCK_TIMEOUT_MS;
      return await inTransaction(connection, () => begin[kind](connection, lockTimeout), work);
    } catch (error) {
      if (!isLocked(error) || connection.dead) throw error;
      const held = await holders(connection);
      if (performance.now() + pause > last)
        throw new Error(
          `The tables could not be locked within ${giveUpAfter / 1_000} seconds, so nothing was changed. ${held} End these transactions, or try again later.`,
        );
      log(`Waiting for locks on tables: next attempt in ${pause / 1_000} s. ${held}`);
    }
    await delay(pause * (0.5 + Math.random() / 2), undefined, { signal });
  }
}
