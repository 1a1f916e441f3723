import { setTimeout as delay } from 'node:timers/promises';
import { SECURITY_EVENTS_KEEP_DAYS } from '@todo/contract';
import { Connection } from '../connection/connection.ts';
import { DatabaseFailure, describeFailure } from '../connection/failure.ts';
import { beginAsRole } from '../connection/session.ts';
import { texts } from '../log/owners.ts';
import { PURGE_ROWS } from './limits.ts';

const EVERY_MS = 60_000;
/** Steps of one purge in one run, so that the other purges get their turn. */
const STEPS_MAX = 100;
const HOUSEKEEPING_LOCK = 7_362_003;

/** Long, because each trim reads the whole log, which takes 2 seconds for 100 MB. */
const options = { connectTimeout: 5_000, answerTimeout: 600_000, writable: true };

interface Purge {
  what: string;
  role: 'todo_watcher' | 'todo_identity';
  /** Returns how many rows a step has deleted, and 0 when nothing is left. */
  step: string;
}

const deleteOldest = (table: string, rule: string, order: string) => `
  with purged as (delete from ${table} where id in (select id from ${table} where ${rule} order by ${order} limit ${PURGE_ROWS}) returning 1)
  select count(*) from purged`;

/** Not by an index on `expires_at`: the look-up of a session by its token could use that index instead of the token's. */
const expiredSession = `updated_at < now() - interval '30 days' and expires_at < now()`;
const dayOldCount = `last_request < (date_part('epoch', now()) - 86400)::bigint * 1000`;

/** A server that delivers mail gives each up after an hour; this is for servers that no longer do. */
const dayOld = `created_at < now() - interval '1 day'`;

const oldEvents = `
  with purged as (delete from security_events where (user_id, id) in (
    select user_id, id from security_events where at < now() - interval '${SECURITY_EVENTS_KEEP_DAYS} days' order by at limit ${PURGE_ROWS}) returning 1)
  select count(*) from purged`;

const purges: Purge[] = [
  { what: 'large logs', role: 'todo_watcher', step: 'select trim_due_log(true)' },
  { what: 'old logs', role: 'todo_watcher', step: 'select trim_due_log(false)' },
  { what: 'idempotency keys', role: 'todo_watcher', step: 'select purge_idempotency_keys()' },
  { what: 'sessions', role: 'todo_identity', step: deleteOldest('session', expiredSession, 'updated_at') },
  { what: 'verifications', role: 'todo_identity', step: deleteOldest('verification', 'expires_at < now()', 'expires_at') },
  { what: 'mails', role: 'todo_identity', step: deleteOldest('mails', dayOld, 'created_at') },
  { what: 'security events', role: 'todo_identity', step: oldEvents },
  { what: 'rate limit counts', role: 'todo_identity', step: deleteOldest('rate_limit', dayOldCount, 'last_request') },
];

/** Sizes of the database and of the table of events with its indexes, in bytes, and how many events were written and deleted since PostgreSQL counts. */
export interface Sizes {
  databaseBytes: number;
  eventsBytes: number;
  eventsWritten: number;
  eventsDeleted: number;
}

/** For the login itself: none of its roles may connect, which the size of a database needs. */
const sizes = `
  select pg_database_size(current_database()), pg_total_relation_size(relid), n_tup_ins, n_tup_del
  from pg_stat_user_tables where schemaname = 'public' and relname = 'events'`;

async function readSizes(connection: Connection): Promise<Sizes> {
  const [row = []] = await texts(connection, sizes);
  const [databaseBytes = 0, eventsBytes = 0, eventsWritten = 0, eventsDeleted = 0] = row.map(Number);
  return { databaseBytes, eventsBytes, eventsWritten, eventsDeleted };
}

/** Runs one step in a transaction. Returns undefined when another instance is at work. */
async function takeStep(connection: Connection, { role, step }: Purge): Promise<number | undefined> {
  await connection.send([{ text: `${beginAsRole(role)}${connection.transactionSettings(options.answerTimeout)}` }]);
  const [[isOurs] = []] = await texts(connection, `select pg_try_advisory_xact_lock(${HOUSEKEEPING_LOCK})`);
  const [[deleted] = []] = isOurs === 'true' ? await texts(connection, step) : [];
  await connection.send([{ text: 'commit' }]);
  return deleted === undefined ? undefined : Number(deleted);
}

/** Returns how many rows it has deleted. */
async function runPurge(connection: Connection, purge: Purge, stopping?: AbortSignal): Promise<number> {
  let rows = 0;
  for (let steps = 0; steps < STEPS_MAX && !stopping?.aborted; steps += 1) {
    const deleted = await takeStep(connection, purge);
    if (!deleted) break;
    rows += deleted;
  }
  return rows;
}

const describe = (error: unknown) => (error instanceof DatabaseFailure ? describeFailure(error) : error instanceof Error ? error.message : String(error));

export interface HousekeepingOptions {
  /** URL of the runtime login. */
  url: string;
  log(message: string): void;
  /** Average pause between two runs. */
  everyMs?: number;
  observe?: HousekeepingObserver;
}

export interface HousekeepingObserver {
  deleted(what: string, rows: number): void;
  /** At the end of a run in which nothing has failed. */
  ended(sizes: Sizes): void;
}

/** What `deleted` is called with. */
export const purgeNames = purges.map(({ what }) => what);

/** Runs every purge once, on a connection of its own. Logs each failure in one line. Returns whether it has deleted anything. */
export async function runHousekeeping({ url, log, observe }: HousekeepingOptions, stopping?: AbortSignal): Promise<boolean> {
  let hasFailed = false;
  const fail = (what: string, error: unknown) => {
    hasFailed = true;
    if (!stopping?.aborted) log(`Old data could not be deleted (${what}), this is tried again: ${describe(error)}`);
  };
  let connection: Connection;
  try {
    connection = await Connection.open(url, options);
  } catch (error) {
    fail('connecting', error);
    return false;
  }
  const stop = () => connection.end(new Error('stopped'));
  stopping?.addEventListener('abort', stop);
  let hasDeleted = false;
  for (const purge of purges) {
    if (connection.dead) break;
    try {
      const rows = await runPurge(connection, purge, stopping);
      hasDeleted ||= rows > 0;
      observe?.deleted(purge.what, rows);
    } catch (error) {
      fail(purge.what, error);
      await connection.send([{ text: 'rollback' }]).catch(stop);
    }
  }
  if (observe && !hasFailed && !connection.dead) await readSizes(connection).then(observe.ended, (error: unknown) => fail('sizes', error));
  stopping?.removeEventListener('abort', stop);
  connection.end(new Error('done'));
  return hasDeleted;
}

async function keepHouse({ everyMs = EVERY_MS, ...options }: HousekeepingOptions, stopping: AbortSignal): Promise<void> {
  for (let pause = everyMs / 6; ; ) {
    // Spread, so that instances that started together take turns.
    await delay(pause * (0.5 + Math.random()), undefined, { signal: stopping });
    pause = (await runHousekeeping(options, stopping)) ? everyMs / 6 : Math.min(2 * pause, everyMs);
  }
}

/**
 * Trims logs and deletes expired data until disposed, about once a minute. After it has deleted something it looks again after ten seconds, then after twice that
 * time and so on. See docs/decisions/0025.
 */
export function startHousekeeping(options: HousekeepingOptions): AsyncDisposable {
  const stop = new AbortController();
  const ended = keepHouse(options, stop.signal).catch(() => {}); // stopped
  return {
    [Symbol.asyncDispose]: () => {
      stop.abort();
      return ended;
    },
  };
}
