import { serve } from '@hono/node-server';

export interface Loopback extends AsyncDisposable {
  url: string;
  /** Every request that came, as its path. */
  asked: string[];
  /** Lets requests to a path wait. */
  hold(path: string): { open(): void; fail(): void };
}

/** Puts a function from Request to Response behind a real port of this machine. */
export function listen(answer: (request: Request) => Promise<Response>): Promise<Loopback> {
  const asked: string[] = [];
  const gates = new Map<string, Promise<void>>();
  const fetch = async (request: Request) => {
    const path = new URL(request.url).pathname;
    asked.push(path);
    await gates.get(path);
    return answer(request);
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
          if ('closeAllConnections' in server) server.closeAllConnections();
        });
      resolve({ url: `http://127.0.0.1:${port}`, asked, hold, [Symbol.asyncDispose]: close });
    });
  });
}
