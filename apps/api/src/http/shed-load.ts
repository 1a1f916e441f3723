import type { Http2Bindings, HttpBindings } from '@hono/node-server';
import { getPath } from 'hono/utils/url';

/** The request and response of Node's server; absent when the handler is called directly, as in tests. */
export type Bindings = Partial<HttpBindings | Http2Bindings>;
export type Fetch = (request: Request, env?: Bindings) => Promise<Response>;

const healthChecks = ['/livez', '/readyz'];

/**
 * Refuses requests at once while `max` are being handled or the database is overloaded: one that was refused later would have been identified and read
 * first. Health checks always pass.
 */
export function shedLoad<E>(
  fetch: (request: Request, env: E) => Promise<Response>,
  max: number,
  isOverloaded: () => boolean,
  refuse: (request: Request, env: E) => Response,
): typeof fetch {
  let handled = 0;
  return async (request, env) => {
    if ((handled >= max || isOverloaded()) && !healthChecks.includes(getPath(request))) return refuse(request, env);
    handled += 1;
    try {
      return await fetch(request, env);
    } finally {
      handled -= 1;
    }
  };
}
