import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ServerType, serve } from '@hono/node-server';
import { LONG_CALL_MAX_MS } from '@todo/contract';
import { stripBasePath } from './base-path.ts';

export interface ListenOptions {
  host: string;
  /** 0 for any free port. */
  port: number;
  /** Path of the public URL, such as /todo; requests may come with it or without. */
  basePath?: string;
  /** Idle timeout of a connection, in ms, also while a response is due: a client that stops reading is disconnected. */
  stalledAfter?: number;
  /** How long open requests may take when the server stops, in ms. */
  grace?: number;
}

export interface Listening extends AsyncDisposable {
  port: number;
}

/** How long to look for a quiet moment, in ms. */
const QUIET_WITHIN = 1_000;

/**
 * Resolves in a turn of the event loop in which nothing arrived: no connection waits to be accepted, and no request to be read. The system resets those when the
 * listener closes, and a proxy does not send a POST again that was reset.
 */
async function quietMoment(): Promise<void> {
  for (const last = performance.now() + QUIET_WITHIN; performance.now() < last; ) {
    const { events } = performance.nodeTiming.uvMetricsInfo;
    await nextTurn();
    if (performance.nodeTiming.uvMetricsInfo.events === events) return;
  }
}

async function stop(server: ServerType, grace: number): Promise<void> {
  await quietMoment();
  await new Promise<void>((closed) => {
    const timer = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(timer);
      closed();
    });
  });
}

/** Limits of one connection and of all, in ms and connections. Proxies keep idle connections for a minute; the server must not close them first. */
const connectionLimits = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 75_000, connectionsCheckingInterval: 2_000 };
const CONNECTIONS_MAX = 10_000;

/** Disposing it lets open requests finish. */
export function listen(fetch: Parameters<typeof serve>[0]['fetch'], options: ListenOptions): Promise<Listening> {
  const { host, port, basePath = '', stalledAfter = LONG_CALL_MAX_MS + 10_000, grace = 5_000 } = options;
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port, serverOptions: connectionLimits }, (address) =>
      resolve({ port: address.port, [Symbol.asyncDispose]: () => stop(server, grace) }),
    );
    if (basePath) server.prependListener('request', stripBasePath(basePath));
    server.setTimeout(stalledAfter);
    if ('maxConnections' in server) server.maxConnections = CONNECTIONS_MAX;
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is in use. Stop the program that uses it, or set PORT to another port.`) : error),
    );
  });
}
