import { isEmailTaken, schema } from '@todo/db';
import { APIError } from 'better-auth/api';
import { and, eq, like, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Place } from '../security-events/place.ts';
import { withUserLock } from '../user-lock.ts';
import { hashOfIdentifier, newToken } from './link-tokens.ts';
import type { MailDeps } from './mail-deps.ts';
import { texts } from './texts.ts';

/** Addresses are in lower case. Its methods throw an APIError for what they refuse, RateLimited and DatabaseFailure. */
export interface AddressChange {
  assertOffered(): void;
  /** Sends a mail with a link to this address after the response, which is the same if somebody has it. The user's former request ends. */
  request(user: { id: string; email: string }, email: string): Promise<void>;
  /** Gives the user the address, which counts as verified. Other sessions end, and whatever was sent to the former address, which is told. */
  confirm(by: { userId: string; sessionId: string }, proof: { email: string; token: string }, place: Place): Promise<void>;
}

const PURPOSE = 'change-email:';

/** The address is part of what is hashed, so it is not stored, and the token is of no use for another one. The purpose in front finds the request of a user. */
const identifierOf = (email: string, token: string) => `${PURPOSE}${hashOfIdentifier(`${PURPOSE}${email}:${token}`)}`;

const refuse = (status: 'BAD_REQUEST' | 'CONFLICT', code: string, message: string) => new APIError(status, { code, message });
const invalid = () => refuse('BAD_REQUEST', 'INVALID_TOKEN', 'Invalid token');

export function createAddressChange({ identity, mail, baseUrl, limits, rates, background }: MailDeps): AddressChange {
  const { user, verification } = schema;

  const send = async (userId: string, email: string) => {
    const token = newToken();
    const now = sql`now()`;
    const expiresAt = sql`now() + interval '1 hour'`;
    // Also for an address that somebody has: otherwise an earlier link would go on working, and so tell.
    await withUserLock(identity, { userId }, async (tx) => {
      await tx.delete(verification).where(and(eq(verification.value, userId), like(verification.identifier, `${PURPOSE}%`)));
      await tx.insert(verification).values({ id: uuidv7(), identifier: identifierOf(email, token), value: userId, expiresAt, createdAt: now, updatedAt: now });
    });
    const [owner] = await identity.select({ id: user.id }).from(user).where(eq(user.email, email));
    if (owner) await mail?.add(owner.id, texts.addressTaken({ email }));
    else await mail?.add(userId, texts.changeAddress({ email }, `${baseUrl}/#/change-email?${new URLSearchParams({ token, email })}`));
  };

  return {
    assertOffered: () => {
      if (!mail) throw refuse('BAD_REQUEST', 'EMAIL_CHANGE_NOT_ENABLED', 'This server sends no mail');
    },
    request: async ({ id, email: current }, email) => {
      if (email === current) throw refuse('BAD_REQUEST', 'EMAIL_SAME', 'The account has this address already');
      await limits.take(rates.ofAddressChange(id, email));
      background.admit(() => send(id, email));
    },
    confirm: async ({ userId, sessionId }, { email, token }, { ipAddress }) => {
      // Whoever stores or mails a token for the former address waits for the lock, or comes before the deletion of all tokens.
      const former = await withUserLock(identity, { userId, sessionId }, async (tx, locked) => {
        const used = await tx.execute(sql`
            delete from verification where identifier = ${identifierOf(email, token)} and value = ${userId} and expires_at > now() returning id`);
        if (used.length === 0) throw invalid();
        await tx.execute(sql`update "user" set email = ${email}, email_verified = true, updated_at = now() where id = ${userId}::uuid`);
        await tx.execute(sql`delete from verification where value = ${userId}`);
        await tx.execute(sql`delete from session where user_id = ${userId}::uuid and id <> ${sessionId}::uuid`);
        return locked.email;
      }).catch((error: unknown) => {
        throw isEmailTaken(error) ? refuse('CONFLICT', 'EMAIL_TAKEN', 'Another account has this address') : error;
      });
      if (former === undefined) throw invalid();
      const occasion = { at: new Date(), address: ipAddress ?? '' };
      background.run(async () => mail?.add(userId, texts.addressChanged({ email: former }, occasion)));
    },
  };
}
