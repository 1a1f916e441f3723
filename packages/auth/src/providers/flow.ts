import { createHmac } from 'node:crypto';
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import type { Checks } from './provider.ts';

/** How long somebody may take at the provider. */
export const FLOW_MAX_SECONDS = 600;

/** A browser that was sent to a provider. */
export interface Flow extends Checks {
  provider: string;
  returnTo: string;
  /** The token of an invitation, for somebody who has no account yet. */
  invitation?: string | undefined;
  /** The session whose user connects the provider; undefined for a sign-in. */
  sessionId?: string | undefined;
}

/**
 * A flow waits in a cookie of its browser, encrypted, so no other browser can end it, and nothing is stored for somebody who may never come back. A browser has
 * one at a time.
 */
export function createFlows(secrets: readonly [string, ...string[]]) {
  // What was encrypted for another purpose is no flow.
  const keyOf = (secret: string) => createHmac('sha256', secret).update('sign-in with a provider').digest('hex');
  return {
    write: (flow: Flow): Promise<string> =>
      symmetricEncrypt({ key: keyOf(secrets[0]), data: JSON.stringify({ flow, until: Date.now() + FLOW_MAX_SECONDS * 1000 }) }),
    read: async (data: string): Promise<Flow | undefined> => {
      for (const secret of secrets) {
        const text = await symmetricDecrypt({ key: keyOf(secret), data }).catch(() => undefined);
        if (text === undefined) continue;
        const { flow, until }: { flow: Flow; until: number } = JSON.parse(text);
        return Date.now() < until ? flow : undefined;
      }
      return undefined;
    },
  };
}
