import { originRefused, TodoError } from './error.ts';
import { type Limit, within } from './limit.ts';

/** The failure must not wait for a server that never answers. */
const EXPLAIN_MAX_MS = 2_000;

const isPageElsewhere = (url: string): boolean => {
  const page: unknown = Reflect.get(globalThis, 'location');
  return page instanceof Object && 'origin' in page && 'href' in page && new URL(url, String(page.href)).origin !== page.origin;
};

/**
 * Explains a failure without a response. A browser hides whether the connection failed or the server did not accept the origin of the page; in the latter case
 * alone a request whose response nobody reads succeeds.
 */
export async function explain(error: unknown, url: string, signal?: AbortSignal | null): Promise<unknown> {
  if (!(error instanceof TodoError) || error.reason !== 'SERVER_UNREACHABLE' || error.status !== undefined || !isPageElsewhere(url)) return error;
  const ask = (limit: Limit) => fetch(`${url}/livez`, { mode: 'no-cors', credentials: 'omit', cache: 'no-store', signal: limit.signal });
  return within(EXPLAIN_MAX_MS, signal ?? undefined, ask).then(
    () => originRefused({}),
    () => error,
  );
}
