import { DatabaseFailure, isReadOnly } from './connection/failure.ts';
import { Outages } from './connection/outage.ts';
import { type Cancel, ConnectionPool, type PoolOptions } from './connection/pool.ts';
import { openIdentity } from './identity.ts';
import { type Head, newerHeads } from './log/heads.ts';
import { OwnerDb } from './owner-db.ts';
import type { Notes } from './transaction.ts';
import type { UserId } from './user-id.ts';

const defaults = { max: 10, connectTimeout: 5_000, acquireTimeout: 5_000, answerTimeout: 10_000, lifetime: 1_800_000 };

/** How long a health check may take, in ms. */
const PING_TIMEOUT = 1_000;

/** Connections for sign-in and sessions, besides `max` connections for tasks and one for health checks and cancellations. */
const identityMax = (max: number) => Math.ceil(max / 3);

/** How many connections an instance opens at most. */
export const connectionsOf = (max: number) => max + identityMax(max) + 1;

/** Each connection may occupy a processor of the database, so one owner uses a fifth of those for tasks. */
const ownerMax = (max: number) => Math.max(2, Math.floor(max / 5));

/** Connects at first use. `url` is the URL of the runtime login; times are in ms. `log` learns when an outage begins and ends. */
export function openDatabase(url: string, { log, ...options }: Partial<PoolOptions> & { log?: (message: string) => void } = {}) {
  const { max } = { ...defaults, ...options };
  const settings: PoolOptions = { maxPerOwner: ownerMax(max), ...defaults, ...options, ...(log && { outcomes: new Outages(log) }) };
  const control = new ConnectionPool(url, { ...settings, name: 'control', max: 1 });
  const identity = new ConnectionPool(url, { ...settings, name: 'identity', max: identityMax(max) });
  const cancel: Cancel = (backend) => control.use(async (connection) => void (await connection.send([{ text: `select pg_cancel_backend(${backend})` }])));
  const tasks = new ConnectionPool(url, { ...settings, name: 'tasks' }, cancel);
  return {
    /** The only access to an owner's data. `notes` are logged with every change. */
    as: (owner: UserId, notes: Notes = {}) => new OwnerDb(tasks, { role: 'todo_user', owner, notes }),
    identity: openIdentity(identity),
    /** Returns the owners in `known` whose log no longer ends at their `seq`, with its new end. One statement for any number of owners. */
    newerHeads: (known: readonly Head[]) => newerHeads(identity, known),
    /** Throws DATABASE_UNAVAILABLE unless the database answers within a second and takes writes. It has its own connection, so it does not wait for calls. */
    ping: () =>
      within(
        PING_TIMEOUT,
        control.use((connection) => connection.assertWritable()),
      ).catch((error: unknown) => {
        if (isReadOnly(error)) for (const pool of [tasks, identity]) pool.renew();
        throw error;
      }),
    /** Whether calls are refused at the moment because too many wait for a connection. */
    isOverloaded: () => tasks.isFull || identity.isFull,
    /** Connections of each pool now, and counts since the start. */
    figures: () => ({ tasks: tasks.figures, identity: identity.figures, control: control.figures }),
    close: async () => {
      await Promise.all([tasks, identity, control].map((pool) => pool.close()));
    },
  };
}

async function within<T>(ms: number, result: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DatabaseFailure('DATABASE_UNAVAILABLE', new Error('health check timeout'))), ms);
  try {
    return await Promise.race([result, promise]);
  } finally {
    clearTimeout(timer);
  }
}

export type Database = ReturnType<typeof openDatabase>;
