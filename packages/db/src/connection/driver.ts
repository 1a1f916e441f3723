import type { Socket } from 'node:net';
import postgres from 'postgres';
import type { Host } from './socket.ts';
import { times } from './timestamps.ts';
import type { ConnectionUrl } from './url.ts';

export type Parameters = postgres.ParameterOrJSON<never>[];

/** The driver on this socket. It gets no second one, because it would send the rest of a lost transaction there. It notes in `login` when that is accepted. */
export function openDriver({ user, password, database, applicationName }: ConnectionUrl, { name, port }: Host, socket: Socket, login: { isAccepted: boolean }) {
  let isUsed = false;
  const options = {
    host: name,
    port,
    user,
    password,
    database,
    socket: () => {
      if (isUsed || socket.destroyed) throw Object.assign(new Error('The connection is closed.'), { code: 'CONNECTION_CLOSED' });
      isUsed = true;
      return socket;
    },
    // `openSocket` handles TLS, and its caller the connect timeout.
    ssl: false,
    connect_timeout: 0,
    max: 1,
    backoff: false,
    max_lifetime: null,
    fetch_types: false,
    types: times,
    onnotice: () => {},
    // The server sends its parameters once it has accepted the login.
    onparameter: () => {
      login.isAccepted = true;
    },
    connection: { application_name: applicationName, TimeZone: 'UTC' },
  };
  return postgres(options);
}
