import type { SignInWays, TodoClient } from '@todo/client';
import { useEffect, useState } from 'react';

/** Whether this browser makes passkeys, and reads what a server asks of them. */
export const hasPasskeys = (): boolean => 'PublicKeyCredential' in window && 'parseCreationOptionsFromJSON' in PublicKeyCredential;

const PAUSE_MS = 5_000;

/** What the server offers to people who are not signed in; null until it has said so. */
export function useWays(client: TodoClient): SignInWays | null {
  const [ways, setWays] = useState<SignInWays | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    let timer = 0;
    const ask = () =>
      client.signInWays({ signal: leaving.signal }).then(setWays, () => {
        if (!leaving.signal.aborted) timer = window.setTimeout(ask, PAUSE_MS);
      });
    void ask();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [client]);
  return ways;
}
