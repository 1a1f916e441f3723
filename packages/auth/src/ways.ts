import type { SignInWays } from '@todo/contract';
import { createAuthEndpoint } from 'better-auth/api';

/** Says what a person without a session can do here, so that a page shows nothing else. */
export const waysEndpoint = (ways: SignInWays) =>
  ({
    id: 'ways',
    endpoints: { signInWays: createAuthEndpoint('/ways', { method: 'GET' }, async (ctx) => ctx.json({ ways })) },
  }) as const;
