import type { Http2Bindings, HttpBindings } from '@hono/node-server';

/** The request and response of Node's server; absent when the handler is called directly, as in tests. */
export type Bindings = Partial<HttpBindings | Http2Bindings>;
export type Fetch = (request: Request, env?: Bindings) => Promise<Response>;

const isHealthCheck = (url: string) => url.includes('/health/');

/** Refuses requests at once while `max` are being handled, before anything is spent on them. Health checks always pass. */
export function shedLoad(fetch: Fetch, max: number, refuse: (request: Request) => Response): Fetch {
  let handled = 0;
  return async (request, env) => {
    if (handled >= max && !isHealthCheck(request.url)) return refuse(request);
    handled += 1;
    try {
      return await fetch(request, env);
    } finally {
      handled -= 1;
    }
  };
}
