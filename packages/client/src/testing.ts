import { serve } from '@hono/node-server';

export interface Loopback extends AsyncDisposable {
  url: string;
  /** Every request that came, as its path. */
  asked: string[];
}

/** Puts a function from Request to Response behind a real port of this machine. */
export function listen(answer: (request: Request) => Promise<Response>): Promise<Loopback> {
  const asked: string[] = [];
  const fetch = (request: Request) => {
    asked.push(new URL(request.url).pathname);
    return answer(request);
  };
  return new Promise((resolve) => {
    const server = serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => closed());
          if ('closeAllConnections' in server) server.closeAllConnections();
        });
      resolve({ url: `http://127.0.0.1:${port}`, asked, [Symbol.asyncDispose]: close });
    });
  });
}
