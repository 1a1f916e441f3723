import { originRefused, TodoError } from './error.ts';

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
  return fetch(`${url}/livez`, { mode: 'no-cors', credentials: 'omit', cache: 'no-store', signal: signal ?? null }).then(
    () => originRefused({}),
    () => error,
  );
}
