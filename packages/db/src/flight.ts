import type { Command, Connection, Rows } from './connection.ts';
import type { ConnectionPool } from './pool.ts';
import type { UserId } from './user-id.ts';

/** What the owner's log notes beside a change. */
export interface Notes {
  /** The call that makes the change: its id, as the client chose it, and a digest of what it asks for. */
  mutation?: { id: string; call: Uint8Array } | undefined;
  /** The HTTP request that brings it. */
  requestId?: string | undefined;
  /** What the change is called, where the tasks before and after do not tell. */
  action?: 'restored' | undefined;
}

interface Owner {
  role: 'todo_user';
  owner: UserId;
  notes: Notes;
}

/** Whom a flight acts for: the owner of tasks, the sign-in system, or whoever waits for changes. */
export type Passenger = Owner | { role: 'todo_identity' } | { role: 'todo_watcher' };

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `set local` takes no parameters, so a value is checked to be nothing but a UUID before it is quoted. */
function setUuid(name: string, value: string): string {
  if (!uuid.test(value)) throw new Error(`${name} must be a UUID.`);
  return `; set local app.${name} = '${value}'`;
}

function takeOff(passenger: Passenger): Command {
  if (passenger.role !== 'todo_user') return { text: `begin; set local role ${passenger.role}` };
  const { mutation, requestId, action } = passenger.notes;
  const notes = [
    mutation && setUuid('mutation_id', mutation.id),
    requestId && setUuid('request_id', requestId),
    action && `; set local app.action = '${action}'`,
  ];
  return { text: `begin; set local role todo_user${setUuid('user_id', passenger.owner)}${notes.filter(Boolean).join('')}` };
}

const land: Command = { text: 'commit' };

async function send(connection: Connection, command: Command): Promise<Rows> {
  const [rows] = await connection.send([command]);
  if (!rows) throw new Error('A command brought no answer.');
  return rows;
}

const LAST_SEQ = 'coalesce((select last_seq from task_counters where user_id = $1), 0)';

/** Reads the log position at which the change before it is complete, and records the call by its mutation id. A call that was recorded before fails. */
function complete({ owner, notes }: Owner): Command {
  if (!notes.mutation) return { text: `select ${LAST_SEQ}`, prepared: { params: [owner], rows: 'arrays' } };
  const { id, call } = notes.mutation;
  const text = `insert into mutations (user_id, id, call, seq, at) select $1, $2, $3, ${LAST_SEQ}, now() returning seq`;
  return { text, prepared: { params: [owner, id, call], rows: 'arrays' } };
}

/** Runs one command as the passenger, all or nothing, in one round trip. Throws DatabaseFailure. */
export async function fly(pool: ConnectionPool, passenger: Passenger, command: Command): Promise<Rows> {
  const [, rows] = await pool.use((connection) => connection.send([takeOff(passenger), command, land]));
  if (!rows) throw new Error('A flight brought no answer.');
  return rows;
}

/** The same for a change by an owner, with the position of the owner's log at which it is complete. */
export async function change(pool: ConnectionPool, passenger: Owner, command: Command): Promise<{ rows: Rows; seq: number }> {
  const commands = [takeOff(passenger), command, complete(passenger), land];
  const [, rows, positions] = await pool.use((connection) => connection.send(commands));
  if (!rows || !positions) throw new Error('A change brought no answer.');
  return { rows, seq: Number(positions.flat()[0]) };
}

/**
 * Runs several awaited commands as the passenger, all or nothing, on a connection that nobody else uses meanwhile.
 * A round trip for each, so it is for sign-in alone. A command sent after the end is refused.
 */
export function flyLong<Result>(
  pool: ConnectionPool,
  passenger: Passenger,
  work: (send: (command: Command) => Promise<Rows>) => Promise<Result>,
): Promise<Result> {
  return pool.use(async (connection) => {
    let landed = false;
    await connection.send([takeOff(passenger)]);
    try {
      const result = await work((command) => {
        if (landed) throw new Error('This transaction has ended.');
        return send(connection, command);
      });
      landed = true;
      const { command } = await send(connection, land);
      if (command !== 'COMMIT') throw new Error('A failed command was passed over; nothing is stored.');
      return result;
    } catch (error) {
      landed = true;
      await connection.send([{ text: 'rollback' }]).catch((lost: unknown) => connection.end(lost));
      throw error;
    }
  });
}
