import { type ServerType, serve } from '@hono/node-server';
import { LONG_CALL_MAX_MS } from '@todo/contract';

export interface ListenOptions {
  host: string;
  /** 0 for any free port. */
  port: number;
  /** Idle timeout of a connection, in ms, also while a response is due: a client that stops reading is disconnected. */
  stalledAfter?: number;
  /** How long open requests may take when the server stops, in ms. */
  grace?: number;
}

export interface Listening extends AsyncDisposable {
  port: number;
}

const stop = (server: ServerType, grace: number) =>
  new Promise<void>((closed) => {
    const timer = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(timer);
      closed();
    });
  });

/** Limits of one connection and of all, in ms and connections. Proxies keep idle connections for a minute; the server must not close them first. */
const connectionLimits = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 75_000, connectionsCheckingInterval: 2_000 };
const CONNECTIONS_MAX = 10_000;

export function listen(fetch: Parameters<typeof serve>[0]['fetch'], options: ListenOptions): Promise<Listening> {
  const { host, port, stalledAfter = LONG_CALL_MAX_MS + 10_000, grace = 5_000 } = options;
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port, serverOptions: connectionLimits }, (address) =>
      resolve({ port: address.port, [Symbol.asyncDispose]: () => stop(server, grace) }),
    );
    server.setTimeout(stalledAfter);
    if ('maxConnections' in server) server.maxConnections = CONNECTIONS_MAX;
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is in use. Stop the program that uses it, or set PORT to another port.`) : error),
    );
  });
}
