import type { Socket } from 'node:net';
import { type Http2Bindings, type HttpBindings, serve } from '@hono/node-server';
import { vi } from 'vitest';

export interface Loopback extends AsyncDisposable {
  url: string;
  /** The paths of all requests. */
  asked: string[];
  /** Delays requests to a path. */
  hold(path: string): { open(): void; fail(): void };
  /** Processes the next requests to a path, but closes the connection instead of responding. */
  lose(path: string, times: number): void;
  /** The responses that were not sent. */
  lost: unknown[];
  /** Closes all connections, and new ones until `mend` is called. */
  cut(): void;
  mend(): void;
}

/** The output of a change without `seq`, to compare with a read. */
export const plain = <Changed extends { seq: number }>({ seq: _, ...answer }: Changed): Omit<Changed, 'seq'> => answer;

/** Serves a fetch handler on a local port. */
export function listen(answer: (request: Request) => Promise<Response>): Promise<Loopback> {
  const asked: string[] = [];
  const gates = new Map<string, Promise<void>>();
  const losses = new Map<string, number>();
  const lost: unknown[] = [];
  const sockets = new Set<Socket>();
  let isCut = false;
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  const cut = () => {
    isCut = true;
    drop();
  };
  const mend = () => {
    isCut = false;
  };
  const fetch = async (request: Request, { incoming }: HttpBindings | Http2Bindings) => {
    const path = new URL(request.url).pathname;
    asked.push(path);
    await gates.get(path);
    const response = await answer(request);
    const left = losses.get(path) ?? 0;
    if (left === 0) return response;
    losses.set(path, left - 1);
    lost.push(await response.json());
    incoming.socket.destroy();
    return new Response();
  };
  const lose = (path: string, times: number) => {
    losses.set(path, times);
  };
  const hold = (path: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    gates.set(
      path,
      promise.finally(() => gates.delete(path)),
    );
    return { open: resolve, fail: () => reject(new Error('Held back, then dropped.')) };
  };
  return new Promise((resolve) => {
    const server = serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => closed());
          drop();
        });
      resolve({ url: `http://127.0.0.1:${port}`, asked, hold, lose, lost, cut, mend, [Symbol.asyncDispose]: close });
    });
    server.on('connection', (socket: Socket) => {
      if (isCut) socket.destroy();
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
  });
}

/** fetch as in a page of `origin`: it sends Origin, and stores and sends cookies with `credentials: 'include'`. */
export function fetchOfPage(origin: string, sent: Headers[] = []): typeof fetch {
  const jar = new Map<string, string>();
  const { fetch } = globalThis;
  return async (address, init) => {
    const headers = new Headers(init?.headers);
    headers.set('origin', origin);
    headers.set('sec-fetch-site', 'same-origin');
    if (init?.credentials === 'include' && jar.size > 0) headers.set('cookie', [...jar].map((pair) => pair.join('=')).join('; '));
    sent.push(headers);
    const answer = await fetch(address, { ...init, headers });
    for (const line of init?.credentials === 'include' ? answer.headers.getSetCookie() : []) {
      const [name = '', value = ''] = line.split(';', 1)[0]?.split('=') ?? [];
      if (/max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  };
}

/** Replaces the clock of `performance.now()`, which would start again at 0, by one that is `ms` ahead. */
export function fakeClock(ms: number): void {
  const now = performance.now();
  vi.useFakeTimers({ toFake: ['performance'] });
  vi.advanceTimersByTime(now - performance.now() + ms);
}
