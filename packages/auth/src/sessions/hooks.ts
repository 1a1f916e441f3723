import type { BetterAuthOptions } from 'better-auth';
import type { SecondFactor } from '../factors/second-factor.ts';
import type { Guard } from '../limits/guard.ts';
import type { AddressVerification } from '../mail/address-verification.ts';
import type { SignUps } from '../sign-up/rule.ts';
import type { TokenTranslation } from './tokens.ts';

interface HooksDeps {
  guard: Guard;
  secondFactor: Pick<SecondFactor, 'require'>;
  issued: TokenTranslation['issued'];
  signUps: SignUps;
  verification: Pick<AddressVerification, 'admit' | 'welcome'>;
}

/** What Better Auth does beside the changes that it makes to accounts and sessions. */
export const createHooks = ({ guard, secondFactor, issued, signUps, verification }: HooksDeps): BetterAuthOptions['databaseHooks'] => ({
  user: {
    create: {
      before: (user, context) => signUps.admit(user, guard.invitation(), context),
      after: async (user) => {
        guard.note(user.id);
        verification.welcome(user);
        if (guard.invitation() !== undefined) await signUps.end(user);
      },
    },
  },
  session: {
    create: {
      // The only place where the second factor is asked for, whatever the way of signing in.
      before: async ({ userId, token }, context) => {
        if (!guard.isExemptFromCode()) await secondFactor.require(userId);
        await guard.useProof();
        await verification.admit(userId, guard.verification(), context);
        issued(token);
      },
      after: async (session) => guard.noteSession(session),
    },
    delete: { after: async ({ userId }) => guard.note(userId) },
  },
});
