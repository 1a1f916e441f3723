import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** One server of a URL; a name that begins with a slash is the folder of a Unix socket. */
export interface Host {
  name: string;
  port: number;
}

export type TlsMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** Names of files with certificates and a key, as in libpq; the root certificate may be `system`. */
export interface Tls {
  mode: TlsMode;
  rootCert: string | undefined;
  cert: string | undefined;
  key: string | undefined;
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html, SSLRequest */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const ignore = () => {};

/** Resolves with the arguments of the event; rejects when the socket fails or closes first, or on `signal`. */
function waitFor(socket: Socket, event: string, signal: AbortSignal): Promise<unknown[]> {
  const closed = new AbortController();
  socket.once('close', () => closed.abort(new Error('The server closed the connection.')));
  return once(socket, event, { signal: AbortSignal.any([signal, closed.signal]) });
}

/** Whether the server offers TLS. Bytes after its one-byte reply were injected and would count as encrypted (CVE-2021-23222). */
async function offersTls(socket: Socket, signal: AbortSignal): Promise<boolean> {
  socket.write(sslRequest);
  const [answer] = await waitFor(socket, 'data', signal);
  const text = String(answer);
  if (text !== 'S' && text !== 'N') throw new Error('The server sent an invalid reply to SSLRequest.');
  return text === 'S';
}

/** Reads the files for each connection, so that a renewed certificate is used without a restart. */
async function certificates({ mode, rootCert, cert, key }: Tls): Promise<ConnectionOptions> {
  const read = async (name: string, file: string | undefined) => (file === undefined ? {} : { [name]: await readFile(file) });
  return {
    rejectUnauthorized: mode === 'verify-ca' || mode === 'verify-full',
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
    ...(await read('ca', rootCert === 'system' ? undefined : rootCert)),
    ...(await read('cert', cert)),
    ...(await read('key', key)),
  };
}

async function encrypt(socket: Socket, host: string, tls: Tls, signal: AbortSignal): Promise<Socket> {
  const options = await certificates(tls);
  if (!(await offersTls(socket, signal))) {
    if (tls.mode === 'prefer' || tls.mode === 'allow') return socket;
    throw new Error('The server does not offer TLS.');
  }
  const encrypted = connectTls({ socket, host, ...options, ...(isIP(host) === 0 && { servername: host }) });
  encrypted.on('error', ignore);
  try {
    await waitFor(encrypted, 'secureConnect', signal);
    return encrypted;
  } catch (error) {
    encrypted.destroy();
    throw error;
  }
}

/** Connects to a server, with TLS if requested. Rejects on `signal`, and leaves no socket open then. */
export async function openSocket({ name, port }: Host, tls: Tls, signal: AbortSignal): Promise<Socket> {
  const local = name.startsWith('/');
  // The driver writes a transaction in pieces of a kilobyte. With Nagle's algorithm, the last piece would wait for a round trip.
  const socket = local ? connect(`${name}/.s.PGSQL.${port}`) : connect({ port, host: name, noDelay: true });
  socket.on('error', ignore);
  try {
    await waitFor(socket, 'connect', signal);
    return tls.mode !== 'disable' && !local ? await encrypt(socket, name, tls, signal) : socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
