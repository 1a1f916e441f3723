import { type Database, findFailure } from '@todo/db';
import type { Context } from 'hono';
import { RESOURCE_POLICY } from './security-headers.ts';

const isReachable = (database: Database): Promise<boolean> =>
  database.ping().then(
    () => true,
    (error: unknown) => {
      if (findFailure(error)) return false;
      throw error;
    },
  );

/** `/livez` says whether the process serves, `/readyz` whether it should get requests. Anybody may ask, so the answers say no cause. */
export const isLive = (c: Context) => {
  // A page that the server does not trust may learn that it is there, so that it can say why its calls fail.
  c.header(RESOURCE_POLICY, 'cross-origin');
  return c.json({ status: 'live' });
};
export const isNotReady = (c: Context) => c.json({ status: 'not ready' }, 503);

export const readiness = (database: Database, stopping?: AbortSignal) => async (c: Context) =>
  !stopping?.aborted && (await isReachable(database)) ? c.json({ status: 'ready' }) : isNotReady(c);
