import { FRESH_SESSION_MINUTES } from '@todo/contract';
import { APIError, type getSessionFromCtx } from 'better-auth/api';
import type { SecondFactor } from './factors/second-factor.ts';
import type { Guard } from './limits/guard.ts';

type Context = Parameters<typeof getSessionFromCtx>[0];

interface Signed {
  user: { id: string };
  session: { createdAt: Date };
}

/**
 * Makes sure that it is the person who asks, and not somebody who has found an open session: by the password, or a sign-in of just now if the account has none, and by a code if
 * there is a second factor. Throws an APIError.
 */
export type ConfirmPerson = (ctx: Context, signed: Signed, given: { password?: string | undefined; code?: string | undefined }) => Promise<void>;

export const createConfirmPerson =
  (guard: Pick<Guard, 'bringCode'>, secondFactor: Pick<SecondFactor, 'require'>): ConfirmPerson =>
  async ({ context }, { user, session }, { password = '', code }) => {
    const accounts = await context.internalAdapter.findAccounts(user.id);
    const hash = accounts.find((account) => account.password)?.password;
    if (hash && !(await context.password.verify({ hash, password })))
      throw new APIError('BAD_REQUEST', { code: 'INVALID_PASSWORD', message: 'Invalid password' });
    if (!hash && Date.now() - session.createdAt.getTime() > FRESH_SESSION_MINUTES * 60_000)
      throw new APIError('FORBIDDEN', { code: 'SESSION_NOT_FRESH', message: 'Sign in again, then repeat this.' });
    guard.bringCode(code);
    await secondFactor.require(user.id);
  };
