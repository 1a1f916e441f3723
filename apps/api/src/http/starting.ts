import { Hono } from 'hono';
import { ApiError, errorShape, RETRY_SECONDS } from '../errors.ts';
import { isLive, isNotReady } from './health.ts';

/** Answers until the database can be used for the first time: the process is live, and serves nothing else. */
export function createStartingApp(): Hono {
  const app = new Hono();
  app.get('/livez', isLive);
  app.get('/readyz', isNotReady);
  app.all('*', (c) => {
    c.header('retry-after', String(RETRY_SECONDS));
    return c.json({ error: errorShape(new ApiError('DATABASE_UNAVAILABLE', { retryAfterSeconds: RETRY_SECONDS })) }, 503);
  });
  return app;
}
