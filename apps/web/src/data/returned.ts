import { texts } from '../texts.ts';

/** Why a sign-in with a provider failed, from which the browser has just come back; it leaves the address. Null otherwise. */
export function takeFailure(): string | null {
  const url = new URL(location.href);
  const reason = url.searchParams.get('error');
  if (reason === null) return null;
  url.searchParams.delete('error');
  history.replaceState(null, '', url);
  return Object.entries(texts.reasons).find(([name]) => name === reason)?.[1] ?? texts.connections.failed;
}

/** This view, to come back to, unless its address is long. */
export const returnAddress = (hash = location.hash): string => `${location.origin}${location.pathname}${hash.length < 200 ? hash : ''}`;
