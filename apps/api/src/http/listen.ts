import { type ServerType, serve } from '@hono/node-server';
import { LONG_CALL_MAX_MS } from '@todo/contract';

export interface ListenOptions {
  host: string;
  /** 0 for any that is free. */
  port: number;
  /** How long a connection may carry nothing while it waits for its client or for an answer, in ms: a client that reads no more is dropped. */
  stalledAfter?: number;
  /** How long requests under way get when the server stops, in ms. */
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

/** Serves until it is disposed of. */
export function listen(fetch: Parameters<typeof serve>[0]['fetch'], options: ListenOptions): Promise<Listening> {
  const { host, port, stalledAfter = LONG_CALL_MAX_MS + 10_000, grace = 5_000 } = options;
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port }, (address) => resolve({ port: address.port, [Symbol.asyncDispose]: () => stop(server, grace) }));
    server.setTimeout(stalledAfter);
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is taken. Stop what listens there, or set PORT to another.`) : error),
    );
  });
}
