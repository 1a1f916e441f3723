import type { Command, Connection, ConnectionPool, Rows } from './connection.ts';
import type { UserId } from './user-id.ts';

/** Whom a flight acts for: the owner of tasks, or the sign-in system. */
export type Passenger = { role: 'todo_user'; owner: UserId } | { role: 'todo_identity' };

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `set local` takes no parameters, so the owner is checked to be nothing but a UUID before it is quoted. */
function takeOff(passenger: Passenger): Command {
  if (passenger.role === 'todo_identity') return { text: 'begin; set local role todo_identity' };
  if (!uuid.test(passenger.owner)) throw new Error('An owner must be a UUID.');
  return { text: `begin; set local role todo_user; set local app.user_id = '${passenger.owner}'` };
}

const land: Command = { text: 'commit' };

async function send(connection: Connection, command: Command): Promise<Rows> {
  const [rows] = await connection.send([command]);
  if (!rows) throw new Error('A command brought no answer.');
  return rows;
}

/** Runs one command as the passenger, all or nothing, in one round trip. Throws DatabaseFailure. */
export async function fly(pool: ConnectionPool, passenger: Passenger, command: Command): Promise<Rows> {
  const start = takeOff(passenger);
  const answers = await pool.use((connection) => connection.send([start, command, land]));
  const [, rows] = answers;
  if (!rows) throw new Error('A flight brought no answer.');
  return rows;
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
