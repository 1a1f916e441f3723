import { Server as NetServer } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { type ServerType, serve } from '@hono/node-server';
import { LONG_CALL_MAX_MS } from '@todo/contract';
import { stripBasePath } from './base-path.ts';

export interface ListenOptions {
  host: string;
  /** 0 for any free port. */
  port: number;
  /** Path of the public URL, such as /todo; requests may come with it or without. */
  basePath?: string;
  /** The setting that an error names. */
  setting?: string;
  /** Idle timeout of a connection, in ms, also while a response is due: a client that stops reading is disconnected. */
  stalledAfter?: number;
  /** How long open requests may take when the server stops, in ms. */
  grace?: number;
  /** How long idle connections stay open when the server stops, in ms, for a proxy that may be about to use one. */
  idleMs?: number;
  /** How long the head of a request and all of it may take, in ms. */
  limits?: Partial<typeof connectionLimits>;
}

export interface Listening extends AsyncDisposable {
  port: number;
}

type FetchCallback = Parameters<typeof serve>[0]['fetch'];

/** How long to look for a quiet moment, in ms. */
const QUIET_WITHIN = 500;

/**
 * Resolves in a turn of the event loop in which nothing arrived: no connection waits to be accepted, and no request to be read. The system resets those when they
 * are closed, and a proxy does not send a POST again that was reset.
 */
async function quietMoment(): Promise<void> {
  for (const last = performance.now() + QUIET_WITHIN; performance.now() < last; ) {
    await delay(1);
    for (let turn = 0; turn < 10; turn += 1) {
      const { events } = performance.nodeTiming.uvMetricsInfo;
      await nextTurn();
      if (performance.nodeTiming.uvMetricsInfo.events === events) return;
    }
  }
}

/** Lets requests wait for `release`, so that the event loop has little to do. */
class Gate {
  #closed: PromiseWithResolvers<void> | undefined;

  guard(fetch: FetchCallback): FetchCallback {
    return (request, env) => (this.#closed ? this.#closed.promise.then(() => fetch(request, env)) : fetch(request, env));
  }

  hold(): Disposable {
    const closed = Promise.withResolvers<void>();
    this.#closed = closed;
    const release = () => {
      this.#closed = undefined;
      closed.resolve();
    };
    return { [Symbol.dispose]: release };
  }
}

/** Closes the port first, and idle connections `idleMs` later: a proxy may be about to use one until it learns that the port is closed. */
async function stop(server: ServerType, gate: Gate, grace: number, idleMs: number): Promise<void> {
  const closed = Promise.withResolvers<void>();
  const quietly = async (close: () => unknown) => {
    using _ = gate.hold();
    await quietMoment();
    close();
  };
  await quietly(() => NetServer.prototype.close.call(server, () => closed.resolve()));
  const timers = [
    setTimeout(() => void quietly(() => 'closeIdleConnections' in server && server.closeIdleConnections()), idleMs),
    setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), grace),
  ];
  await closed.promise;
  for (const timer of timers) clearTimeout(timer);
}

/** Limits of one connection, in ms. Proxies keep idle connections for a minute; the server must not close them first. */
const connectionLimits = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 75_000, connectionsCheckingInterval: 2_000 };
const CONNECTIONS_MAX = 10_000;

/** Node's parser also takes requests of HTTP/0.9 and, in the form of HTTP/1, of HTTP/2. What is before the server may take them for something else. */
const onlyHttp1 =
  (fetch: FetchCallback): FetchCallback =>
  (request, env) =>
    env.incoming.httpVersionMajor === 1 ? fetch(request, env) : new Response(null, { status: 505, headers: { connection: 'close' } });

/** Disposing it lets open requests finish. */
export function listen(fetch: FetchCallback, options: ListenOptions): Promise<Listening> {
  const { host, port, basePath = '', setting = 'PORT', stalledAfter = LONG_CALL_MAX_MS + 10_000, grace = 5_000, idleMs = 0, limits } = options;
  return new Promise((resolve, reject) => {
    const gate = new Gate();
    // Node would take the first of several Host headers; joined they are no host, and the request is refused.
    const serverOptions = { ...connectionLimits, ...limits, joinDuplicateHeaders: true };
    const server = serve({ fetch: gate.guard(onlyHttp1(fetch)), hostname: host, port, serverOptions }, (address) =>
      resolve({ port: address.port, [Symbol.asyncDispose]: () => stop(server, gate, grace, idleMs) }),
    );
    if (basePath) server.prependListener('request', stripBasePath(basePath));
    server.setTimeout(stalledAfter);
    if ('maxConnections' in server) server.maxConnections = CONNECTIONS_MAX;
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is in use. Stop the program that uses it, or set ${setting} to another port.`) : error),
    );
  });
}
