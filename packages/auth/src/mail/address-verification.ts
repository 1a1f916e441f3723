import { emailVerificationRequest, type VerifyEmail } from '@todo/contract';
import { schema } from '@todo/db';
import { APIError } from 'better-auth/api';
import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { RateLimited } from '../limits/rate-limited.ts';
import { userLock } from '../user-lock.ts';
import { hashOfIdentifier, newToken } from './link-tokens.ts';
import type { MailDeps } from './mail-deps.ts';
import { texts } from './texts.ts';

export interface AddressVerificationDeps extends MailDeps {
  /** Whether nobody gets a session before the address is verified. */
  verifyEmail: VerifyEmail;
}

/** What Better Auth offers to a hook: within the transaction of the request, if it has one. */
interface Asked {
  context: {
    internalAdapter: {
      findUserById(id: string): Promise<{ emailVerified: boolean } | null>;
      findVerificationValue(identifier: string): Promise<{ value: string } | null>;
      consumeVerificationValue(identifier: string): Promise<object | null>;
      updateUser(id: string, change: { emailVerified: boolean }): Promise<unknown>;
    };
  };
}

export interface AddressVerification {
  isRequired: boolean;
  /** Answers at once, and looks for the account afterwards. Throws RateLimited, ZodError, DatabaseFailure. */
  request(request: Request, address: string): Promise<Response>;
  /** Sends a mail to somebody who has just created an account. */
  welcome(user: { email: string; emailVerified: boolean }): void;
  /** Tells somebody who has an account that it was tried to create another one. */
  tellOfSignUp(user: { id: string; email: string }): void;
  /** Verifies the address of the user whose session it is. Throws an APIError. */
  verify(userId: string, token: string): Promise<void>;
  /** Before a session begins: the token of a mail that came with the password verifies the address. Throws an APIError if it must be verified and is not. */
  admit(userId: string, token: string | undefined, asked: Asked | null): Promise<void>;
}

const identifierOf = (token: string) => `verify-email:${token}`;

/**
 * A link of a mail verifies an address only together with the password, or with a session, of the account. So who signs up with another person's address cannot have
 * that person verify it, and the owner of the address gets the account by a new password.
 */
export function createAddressVerification(deps: AddressVerificationDeps): AddressVerification {
  const { identity, mail, baseUrl, limits, rates, background } = deps;
  const { user, verification } = schema;
  const isRequired = deps.verifyEmail === 'required';

  const send = async (email: string) => {
    const [found] = await identity.select({ id: user.id, email: user.email, isVerified: user.emailVerified }).from(user).where(eq(user.email, email));
    if (!found || found.isVerified) return;
    const token = newToken();
    const now = sql`now()`;
    const expiresAt = sql`now() + interval '1 hour'`;
    const row = { id: uuidv7(), identifier: hashOfIdentifier(identifierOf(token)), value: found.id, expiresAt, createdAt: now, updatedAt: now };
    await identity.insert(verification).values(row);
    await mail?.add(found.id, texts.verifyEmail(found, `${baseUrl}/#/verify-email?${new URLSearchParams({ token, email: found.email })}`));
  };

  /** Nobody asked for these mails, so too many are left out. */
  const unasked = (email: string, work: () => Promise<unknown>) => {
    if (!mail) return;
    background.run(async () => {
      try {
        await limits.take(rates.ofVerificationMail(email));
      } catch (error) {
        if (error instanceof RateLimited) return;
        throw error;
      }
      await work();
    });
  };

  return {
    isRequired,
    request: async (request, address) => {
      const { email } = emailVerificationRequest.parse(await request.json().catch(() => undefined));
      const wanted = email.toLowerCase();
      await limits.take(rates.ofVerification(address, wanted));
      background.admit(() => send(wanted));
      return Response.json({ status: true });
    },
    welcome: ({ email, emailVerified }) => {
      if (!emailVerified) unasked(email, () => send(email));
    },
    tellOfSignUp: ({ id, email }) => unasked(email, async () => mail?.add(id, texts.accountExists({ email }))),
    verify: async (userId, token) => {
      const verified = await identity.execute(sql`
        with locked as materialized (${userLock(userId)}),
          used as (
            delete from verification where identifier = ${hashOfIdentifier(identifierOf(token))} and value = ${userId} and expires_at > now()
              and exists (select from locked) returning id)
        update "user" set email_verified = true, updated_at = now() where id = ${userId}::uuid and exists (select from used) returning id`);
      if (verified.length === 0) throw new APIError('BAD_REQUEST', { code: 'INVALID_TOKEN', message: 'Invalid token' });
    },
    admit: async (userId, token, asked) => {
      if (!isRequired && token === undefined) return;
      const adapter = asked?.context.internalAdapter;
      const found = await adapter?.findUserById(userId);
      if (found?.emailVerified) return;
      const identifier = token === undefined ? undefined : identifierOf(token);
      const isOwn = identifier !== undefined && (await adapter?.findVerificationValue(identifier))?.value === userId;
      if (isOwn && (await adapter?.consumeVerificationValue(identifier))) await adapter?.updateUser(userId, { emailVerified: true });
      else if (isRequired) throw new APIError('FORBIDDEN', { code: 'EMAIL_NOT_VERIFIED', message: 'Verify the e-mail address first, by the link of the mail' });
    },
  };
}
