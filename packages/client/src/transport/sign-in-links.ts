import { misplaced } from './error.ts';
import type { CallOptions } from './limit.ts';
import type { AskEndpoint } from './sessions.ts';

/** Signing in to an account by the link of a mail, where `signInWays` offers it. */
export interface SignInLinks {
  /**
   * Sends a mail with a link, if there is an account with this e-mail address; the answer does not tell. The link works once, for a quarter of an hour, and only for this
   * client: with `session: 'cookie'` in this browser; otherwise `secret` has to come with its token. Fails with LINKS_OFF.
   */
  request(input: { email: string }, options?: CallOptions): Promise<{ secret: string | null }>;
}

/** `binding` is what makes a link work for this client alone. */
export const createSignInLinks = (ask: AskEndpoint, binding: 'cookie' | 'answer'): SignInLinks => ({
  request: async ({ email }, options) => {
    const { content, status } = await ask('request-sign-in-link', { email, binding }, options);
    const { secret = null } = content ?? {};
    if (binding === 'answer' && secret === null) throw misplaced({ status });
    return { secret };
  },
});
