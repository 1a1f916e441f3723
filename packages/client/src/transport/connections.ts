import { misplaced } from './error.ts';
import type { CallOptions } from './limit.ts';
import type { AskEndpoint, Proof } from './sessions.ts';

/** An account at a provider with which the user signs in. */
export interface ConnectedAccount {
  id: string;
  /** Of the provider. */
  name: string;
  /** ISO-8601. */
  connectedAt: string;
}

/** Where a browser comes back to from a provider: a page of the server's origin or of a trusted one. An error is in its query, as `error=REASON`. */
interface Return {
  returnTo?: string | undefined;
}

/**
 * Signing in with accounts at other providers, which `signInWays` names, on pages with `session: 'cookie'`. A page asks for an address, and goes there with
 * `location.assign`. The browser then leaves the page, and comes back to `returnTo`.
 */
export interface Connections {
  /**
   * Where somebody signs in; `invitation` is the token that a new account may need. Fails with PROVIDER_FAILED. The page comes back with EMAIL_TAKEN, for example, if
   * the address belongs to an account already, and with INVITATION_INVALID if the provider gives another address than the one that was invited.
   */
  signInAddress(input: { provider: string; invitation?: string | undefined } & Return, options?: CallOptions): Promise<string>;
  /** Where the user connects an account. Fails with PROVIDER_FAILED, and as `Proof` says. */
  connectAddress(input: { provider: string } & Proof & Return, options?: CallOptions): Promise<string>;
  list(options?: CallOptions): Promise<{ connections: ConnectedAccount[]; hasPassword: boolean }>;
  /** Does nothing if there is no such account. Fails with LAST_SIGN_IN_WAY. */
  disconnect(id: string, options?: CallOptions): Promise<void>;
}

export function createConnections(askOwn: AskEndpoint, ask: AskEndpoint): Connections {
  const addressBy = async (send: AskEndpoint, path: string, body: object, options: CallOptions | undefined) => {
    const { content, status } = await send(path, body, options);
    if (content?.url === undefined) throw misplaced({ status });
    return content.url;
  };
  return {
    signInAddress: (input, options) => addressBy(ask, 'sign-in/provider', input, options),
    connectAddress: (input, options) => addressBy(askOwn, 'connect-provider', input, options),
    list: async (options) => {
      const { content, status } = await askOwn('list-connections', undefined, options);
      if (!content?.connections) throw misplaced({ status });
      return { connections: content.connections, hasPassword: content.hasPassword ?? false };
    },
    disconnect: async (id, options) => {
      await askOwn('disconnect-provider', { id }, options);
    },
  };
}
