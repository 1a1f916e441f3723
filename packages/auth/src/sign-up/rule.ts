import type { SignUpRule } from '@todo/contract';
import { type IdentityDb, schema } from '@todo/db';
import { APIError } from 'better-auth/api';
import { and, eq, gt, inArray, sql } from 'drizzle-orm';
import { hashOfIdentifier } from '../mail/link-tokens.ts';
import type { Transaction } from '../user-lock.ts';
import { invitationIdentifier, invitationValue, invitationWays } from './invitations.ts';

interface Newcomer {
  email: string;
  invitation?: string | undefined;
}

/** A request as Better Auth's hooks get it; null outside of one. */
type Asked = {
  context: { internalAdapter: { consumeVerificationValue(identifier: string): Promise<object | null> } };
} | null;

export interface SignUps {
  /** Throws unless this person may create an account. Asks for no account, so nobody learns here which addresses have one. */
  check(newcomer: Newcomer, countRefusal: () => Promise<void>): Promise<void>;
  /** The same within the transaction that creates the account, whatever the way of signing in. Uses the invitation up, and says whether it has proven the address. */
  admit(
    newcomer: { email: string; emailVerified: boolean },
    invitation: string | undefined,
    asked: Asked,
  ): Promise<{ data: { emailVerified: boolean } } | undefined>;
  /** Lets sign-ups with the same address wait for each other. Otherwise the table would tell the later of two at once that the address is taken, although no answer may tell it. */
  queue(tx: Transaction, email: string): Promise<void>;
  /** Ends what is left of the invitation of somebody who has an account now. */
  end(newcomer: Newcomer): Promise<void>;
}

const refused = (rule: SignUpRule) =>
  new APIError('FORBIDDEN', {
    code: 'SIGN_UP_CLOSED',
    message: rule === 'invitation' ? 'Only people with an invitation can create an account here' : 'Nobody can create an account here',
  });
const invalid = () => new APIError('BAD_REQUEST', { code: 'INVITATION_INVALID', message: 'This invitation was used, is too old, or is for another address' });

export function createSignUps(identity: IdentityDb, rule: SignUpRule): SignUps {
  const { verification } = schema;
  const assertOpen = (invitation: string | undefined) => {
    if (rule === 'closed' || (rule === 'invitation' && invitation === undefined)) throw refused(rule);
  };
  return {
    check: async ({ email, invitation }, countRefusal) => {
      assertOpen(invitation);
      if (invitation === undefined) return;
      const identifiers = invitationWays.map((way) => hashOfIdentifier(invitationIdentifier(way, email.toLowerCase(), invitation)));
      const isLive = and(inArray(verification.identifier, identifiers), gt(verification.expiresAt, sql`now()`));
      const found = await identity.select({ id: verification.id }).from(verification).where(isLive);
      if (found.length > 0) return;
      await countRefusal();
      throw invalid();
    },
    admit: async ({ email, emailVerified }, invitation, asked) => {
      assertOpen(invitation);
      if (!asked || invitation === undefined) return undefined;
      for (const way of invitationWays) {
        const identifier = invitationIdentifier(way, email, invitation);
        if (await asked.context.internalAdapter.consumeVerificationValue(identifier)) return { data: { emailVerified: emailVerified || way === 'mail' } };
      }
      throw invalid();
    },
    queue: async (tx, email) => {
      await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`sign-up ${email}`}, 0))`);
    },
    end: async ({ email }) => {
      await identity.delete(verification).where(eq(verification.value, invitationValue(email)));
    },
  };
}
