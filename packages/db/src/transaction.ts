import { type EventAction, LONG_CALL_MAX_MS } from '@todo/contract';
import type { Command, Connection, Rows } from './connection/connection.ts';
import type { Borrower, ConnectionPool } from './connection/pool.ts';
import { beginAsRole } from './connection/session.ts';
import type { UserId } from './user-id.ts';

/** What the owner's log records about a change, how long it may take, and the signal that nobody waits for it any more. */
export interface Notes {
  /** The call that makes the change: its idempotency key, its group id, and a digest of the procedure and its input. */
  mutation?: { id: string; groupId?: string | undefined; digest: Uint8Array } | undefined;
  requestId?: string | undefined;
  /** The action in the log; by default 'created', 'edited' or 'removed'. */
  action?: EventAction | undefined;
  /** Replaces the default time limit, in ms. */
  timeout?: number | undefined;
  /** When that time began, by performance.now(); by default when a statement begins. */
  since?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface Owner {
  role: 'todo_user';
  owner: UserId;
  notes: Notes;
}

type Principal = Owner | { role: 'todo_identity' } | { role: 'todo_watcher' };

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `set local` takes no parameters. Unlike set_config it reaches the workers of a distributed database, where the triggers run. */
function setId(name: string, id: string | undefined): string {
  if (id === undefined) return '';
  if (!uuid.test(id)) throw new Error(`The setting ${name} must be a UUID.`);
  return `; set local app.${name} = '${id}'`;
}

/** What the log's triggers learn about a change. */
const logContext = ({ mutation, requestId, action }: Notes): string =>
  `${setId('mutation_id', mutation?.id.toLowerCase())}${setId('request_id', requestId)}${action ? `; set local app.action = '${action}'` : ''}`;

/** The command that begins a transaction of the principal, in which each statement may take `ms`. */
function beginAs(principal: Principal, mode = '', context = ''): (connection: Connection, ms: number) => Command {
  if (principal.role !== 'todo_user') return (connection, ms) => ({ text: `${beginAsRole(principal.role, mode)}${connection.transactionSettings(ms)}` });
  if (!uuid.test(principal.owner)) throw new Error('The owner id must be a UUID.');
  const begin = `begin${mode}; set local role todo_user${setId('user_id', principal.owner)}${context}`;
  return (connection, ms) => ({ text: `${begin}${connection.transactionSettings(ms)}` });
}

const commit: Command = { text: 'commit' };

/**
 * Locks the owner $1 until the end of the transaction, so that each owner has one writer at a time and a change sees all earlier changes. This is a statement of
 * its own: PostgreSQL takes a statement's snapshot before the statement waits for a lock. An advisory lock needs no right to any table.
 */
const lockOwner = 'pg_advisory_xact_lock(hashtextextended($1, 0))';

const lock = (owner: string): Command => ({ text: `select ${lockOwner}`, prepared: { params: [owner], rows: 'arrays' } });

/**
 * Returns the log position after the change and stores the idempotency key. Fails when the key exists; returns no row when the account was deleted, or when the
 * statement of the change has set app.declined: then it has changed nothing, and another one follows in a transaction of its own.
 */
function recordPosition({ owner, notes }: Owner): Command {
  if (!notes.mutation) return { text: 'select last_seq from owners where user_id = $1', prepared: { params: [owner], rows: 'arrays' } };
  const { id, groupId = null, digest } = notes.mutation;
  const text = `insert into idempotency_keys as k (user_id, id, group_id, digest, seq, answer, at)
    select o.user_id, $2, $3, $4, o.last_seq, nullif(current_setting('app.answer', true), '')::jsonb, now() from owners o
    where o.user_id = $1 and coalesce(current_setting('app.declined', true), '') = '' returning k.seq`;
  return { text, prepared: { params: [owner, id, groupId, digest], rows: 'arrays' } };
}

/** Repairs what does not fit together after old states were restored, see packages/db/sql/04-task-places.sql. */
const settle = ({ owner, notes }: Owner): Command[] =>
  notes.action === 'restored' ? [{ text: 'select settle_tasks($1)', prepared: { params: [owner], rows: 'arrays' } }] : [];

const borrowerOf = (principal: Principal): Borrower => {
  if (principal.role !== 'todo_user') return {};
  const { timeout, since, signal } = principal.notes;
  return { owner: principal.owner, signal, limit: timeout, since };
};

/** Runs one command in a transaction of the principal, in one round trip. Throws DatabaseFailure. */
export function runTransaction(pool: ConnectionPool, principal: Principal, command: Command): Promise<Rows> {
  const begin = beginAs(principal);
  return pool.use(async (connection, ms) => (await connection.send([begin(connection, ms), command, commit], ms))[1], borrowerOf(principal));
}

/** The same for a query. It is repeated once if the connection is lost, so PostgreSQL lets it change nothing. */
export function runQuery(pool: ConnectionPool, principal: Principal, command: Command): Promise<Rows> {
  const begin = beginAs(principal, ' read only');
  const run = async (connection: Connection, ms: number) => (await connection.send([begin(connection, ms), command, commit], ms))[1];
  return pool.use(run, { ...borrowerOf(principal), repeatable: true });
}

/** Runs a change by an owner in the same way; `seq` is the end of the owner's log after it, undefined as recordPosition says. */
export async function change(pool: ConnectionPool, principal: Owner, command: Command): Promise<{ rows: Rows; seq: number | undefined }> {
  const begin = beginAs(principal, '', logContext(principal.notes));
  const run = (connection: Connection, ms: number) =>
    connection.send([begin(connection, ms), lock(principal.owner), command, ...settle(principal), recordPosition(principal), commit], ms);
  const [, , rows, ...rest] = await pool.use(run, borrowerOf(principal));
  const seq = rest.at(-2)?.flat()[0];
  return { rows, seq: seq === undefined ? undefined : Number(seq) };
}

/** Deletes an account and everything it owns, in one round trip. Like every change, it locks the owner first. Throws DatabaseFailure. */
export async function deleteUser(pool: ConnectionPool, id: string): Promise<void> {
  if (!uuid.test(id)) throw new Error('The user id must be a UUID.');
  const remove: Command = { text: 'delete from "user" where id = $1', prepared: { params: [id], rows: 'arrays' } };
  const run = (connection: Connection, ms: number) => connection.send([beginAs({ role: 'todo_identity' })(connection, ms), lock(id), remove, commit], ms);
  await pool.use(run, { limit: LONG_CALL_MAX_MS });
}

/** Runs several awaited commands of the sign-in system in one transaction. Each takes a round trip. A command after the end of the transaction throws. */
export function runInteractiveTransaction<Result>(pool: ConnectionPool, work: (send: (command: Command) => Promise<Rows>) => Promise<Result>): Promise<Result> {
  return pool.use(async (connection, ms) => {
    let ended = false;
    await connection.send([beginAs({ role: 'todo_identity' })(connection, ms)]);
    try {
      const result = await work(async (command) => {
        if (ended) throw new Error('This transaction has ended.');
        const [rows] = await connection.send([command]);
        return rows;
      });
      ended = true;
      const [{ command }] = await connection.send([commit]);
      if (command !== 'COMMIT') throw new Error('The transaction was rolled back: one of its commands failed.');
      return result;
    } catch (error) {
      ended = true;
      await connection.send([{ text: 'rollback' }]).catch((lost: unknown) => connection.end(lost));
      throw error;
    }
  });
}
