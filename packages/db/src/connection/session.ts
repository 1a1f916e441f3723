import type { Command, Connection } from './connection.ts';

/** Settings of a session, or with `local` of a transaction. They are not sent with the startup packet, because PgBouncer refuses it then. */
const settings = (ms: number, local = '') =>
  ['search_path = public, pg_temp', `statement_timeout = ${ms}`, `idle_in_transaction_session_timeout = ${2 * ms}`]
    .map((text) => `set ${local}${text}`)
    .join('; ');

/** For a transaction whose session a pooler may share with others. A statement may take `ms`. */
export const localSettings = (ms: number): string => settings(Math.ceil(ms), 'local ');

/**
 * Begins a transaction of a role that is not bound to an owner. On a distributed database `set local` would travel to the workers, where functions that
 * belong to other roles cannot set this one; set_config does not travel.
 */
export const beginAsRole = (role: string, mode = ''): string => `begin${mode}; select set_config('role', '${role}', true)`;

export const sessionSettings = (ms: number): Command => ({ text: settings(ms) });

const state: Command = {
  text: `select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as read_only, pg_backend_pid() as backend`,
};

/** Under which name the backend knows this very statement. The driver names only statements with parameters. */
const ownName: Command = {
  text: `select name from pg_prepared_statements where statement like 'select name from pg_prepared_statements%' order by prepare_time desc limit $1`,
  prepared: { params: [1], rows: 'arrays' },
};

export interface Session {
  standby: boolean;
  readOnly: boolean;
  /** Process id of the PostgreSQL backend; undefined behind a pooler. */
  backend: number | undefined;
}

export async function readSession(connection: Connection): Promise<Session> {
  const [rows] = await connection.send([state]);
  const { standby, read_only: readOnly, backend } = Object(rows[0]);
  // A pooler names a backend of its own invention, and the real one changes with each transaction.
  return { standby, readOnly, backend: rows.state.pid === backend ? backend : undefined };
}

/**
 * Whether a pooler keeps the prepared statements of its clients apart: then it gives each a name of its own. Otherwise it would run one on a backend that does
 * not have it.
 */
export async function keepsStatements(connection: Connection): Promise<boolean> {
  const [rows] = await connection.send([ownName]);
  return rows.length === 1 && rows.flat()[0] !== rows.statement.name;
}
