import { type EventAction, LONG_CALL_MAX_MS } from '@todo/contract';
import type { Command, Connection, Rows } from './connection/connection.ts';
import { DatabaseFailure } from './connection/failure.ts';
import type { ConnectionPool } from './connection/pool.ts';
import type { UserId } from './user-id.ts';

/** What the owner's log notes beside a change. */
export interface Notes {
  /** The call that makes the change: its idempotency key, that of its group, and a digest of what it asks for. */
  mutation?: { id: string; groupId?: string | undefined; digest: Uint8Array } | undefined;
  /** The HTTP request that brings it. */
  requestId?: string | undefined;
  /** What the log calls the change, where it is not 'created', 'edited' or 'removed'. */
  action?: EventAction | undefined;
  /** How long it may take, in ms, where that is more than other calls may. */
  timeout?: number | undefined;
}

interface Owner {
  role: 'todo_user';
  owner: UserId;
  notes: Notes;
}

/** Whom a transaction acts for: the owner of tasks, the sign-in system, or whoever waits for changes. */
export type Principal = Owner | { role: 'todo_identity' } | { role: 'todo_watcher' };

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const limitTo = (ms: number) => `; set local statement_timeout = ${Math.round(ms)}`;

function beginAs(principal: Principal): Command {
  if (principal.role !== 'todo_user') return { text: `begin; set local role ${principal.role}` };
  const { owner, notes } = principal;
  // `set local` takes no parameters.
  if (!uuid.test(owner)) throw new Error('An owner must be named by a UUID.');
  return { text: `begin; set local role todo_user; set local app.user_id = '${owner}'${notes.timeout ? limitTo(notes.timeout) : ''}` };
}

const commit: Command = { text: 'commit' };

async function send(connection: Connection, command: Command): Promise<Rows> {
  const [rows] = await connection.send([command]);
  if (!rows) throw new Error('A command brought no answer.');
  return rows;
}

/**
 * One writer at a time for each owner, so a change sees everything that was there when it began. Taken before the change's own statement, since a snapshot is
 * taken before a statement waits; a lock of the transaction, which needs no right to any table.
 */
const lockOwner = 'pg_advisory_xact_lock(hashtextextended($1, 0))';

/** Tells the log what brings the change, and takes the owner's lock: one prepared statement costs PostgreSQL as much as a single `set local`. */
function setLogContext({ owner, notes: { mutation, requestId, action } }: Owner): Command {
  const settings = `set_config('app.mutation_id', $2, true), set_config('app.request_id', $3, true), set_config('app.action', $4, true)`;
  const params = [owner, mutation?.id ?? null, requestId ?? null, action ?? null];
  return { text: `select ${settings}, ${lockOwner}`, prepared: { params, rows: 'arrays' } };
}

/** Reads the log position at which the change before it is complete, and keeps the idempotency key. A key that is there already fails; an account that is gone has none. */
function recordPosition({ owner, notes }: Owner): Command {
  if (!notes.mutation) return { text: 'select last_seq from owners where user_id = $1', prepared: { params: [owner], rows: 'arrays' } };
  const { id, groupId = null, digest } = notes.mutation;
  const text = `insert into idempotency_keys (user_id, id, group_id, digest, seq, answer, at)
    select user_id, $2, $3, $4, last_seq, nullif(current_setting('app.answer', true), '')::jsonb, now() from owners where user_id = $1 returning seq`;
  return { text, prepared: { params: [owner, id, groupId, digest], rows: 'arrays' } };
}

/** Runs one command as the principal, all or nothing, in one round trip. Throws DatabaseFailure. */
export async function runTransaction(pool: ConnectionPool, principal: Principal, command: Command): Promise<Rows> {
  const timeout = principal.role === 'todo_user' ? principal.notes.timeout : undefined;
  const commands = [beginAs(principal), command, commit];
  const [, rows] = await pool.use((connection) => connection.send(commands, timeout));
  if (!rows) throw new Error('A transaction brought no answer.');
  return rows;
}

/** The same for a change by an owner, with the position of the owner's log at which it is complete. Throws OWNER_GONE when the account was deleted. */
export async function change(pool: ConnectionPool, principal: Owner, command: Command): Promise<{ rows: Rows; seq: number }> {
  const commands = [beginAs(principal), setLogContext(principal), command, recordPosition(principal), commit];
  const [, , rows, positions] = await pool.use((connection) => connection.send(commands, principal.notes.timeout));
  const seq = positions?.flat()[0];
  if (!rows || !positions) throw new Error('A change brought no answer.');
  if (seq === undefined) throw new DatabaseFailure('OWNER_GONE', new Error('no owner'));
  return { rows, seq: Number(seq) };
}

/** Deletes an account with all that it owns, in one round trip: its lock is taken before its row, as every change does. Throws DatabaseFailure. */
export async function deleteUser(pool: ConnectionPool, id: string): Promise<void> {
  if (!uuid.test(id)) throw new Error('An account must be named by a UUID.');
  const begin: Command = { text: `${beginAs({ role: 'todo_identity' }).text}${limitTo(LONG_CALL_MAX_MS)}` };
  const lock: Command = { text: `select ${lockOwner}`, prepared: { params: [id], rows: 'arrays' } };
  const remove: Command = { text: 'delete from "user" where id = $1', prepared: { params: [id], rows: 'arrays' } };
  await pool.use((connection) => connection.send([begin, lock, remove, commit], LONG_CALL_MAX_MS));
}

/**
 * Runs several awaited commands as the principal, all or nothing, on a connection that nobody else uses meanwhile.
 * A round trip for each, so it is for sign-in alone. A command sent after the end is refused.
 */
export function runInteractiveTransaction<Result>(
  pool: ConnectionPool,
  principal: Principal,
  work: (send: (command: Command) => Promise<Rows>) => Promise<Result>,
): Promise<Result> {
  return pool.use(async (connection) => {
    let ended = false;
    await connection.send([beginAs(principal)]);
    try {
      const result = await work((command) => {
        if (ended) throw new Error('This transaction has ended.');
        return send(connection, command);
      });
      ended = true;
      const { command } = await send(connection, commit);
      if (command !== 'COMMIT') throw new Error('A failed command was passed over; nothing is stored.');
      return result;
    } catch (error) {
      ended = true;
      await connection.send([{ text: 'rollback' }]).catch((lost: unknown) => connection.end(lost));
      throw error;
    }
  });
}
