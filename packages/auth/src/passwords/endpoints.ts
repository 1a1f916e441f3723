import { PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS, passwordChange, passwordReset } from '@todo/contract';
import { type IdentityDb, schema } from '@todo/db';
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api';
import { and, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { ConfirmPerson } from '../confirmation.ts';
import { proveAddress } from '../first-proof.ts';
import { PASSWORD } from '../last-way.ts';
import type { Guard } from '../limits/guard.ts';
import { hashOfIdentifier } from '../mail/link-tokens.ts';
import { type Transaction, withUserLock } from '../user-lock.ts';

interface PasswordEndpointDeps {
  identity: IdentityDb;
  confirmPerson: ConfirmPerson;
  guard: Pick<Guard, 'note' | 'noteEvent' | 'place'>;
}

const refuse = (code: string, message: string) => new APIError('BAD_REQUEST', { code, message });
const invalid = () => refuse('INVALID_TOKEN', 'Invalid token');

function assertLength(password: string): void {
  if (password.length < PASSWORD_MIN_CHARACTERS) throw refuse('PASSWORD_TOO_SHORT', 'Password too short');
  if (password.length > PASSWORD_MAX_CHARACTERS) throw refuse('PASSWORD_TOO_LONG', 'Password too long');
}

/**
 * New passwords. Better Auth's endpoints at the same addresses ask for no code, lock in another order than other changes of an account, so that two at a time can fail, and let a sign-in
 * with the former password that is under way have its session.
 */
export function passwordEndpoints({ identity, confirmPerson, guard }: PasswordEndpointDeps) {
  const { account } = schema;

  /** Returns false if the user has no password. The database ends what was sent before. */
  const replace = async (tx: Transaction, userId: string, hash: string): Promise<boolean> => {
    const isIt = and(eq(account.userId, userId), eq(account.providerId, PASSWORD));
    const changed = await tx.update(account).set({ password: hash, updatedAt: sql`now()` }).where(isIt).returning({ id: account.id });
    return changed.length > 0;
  };

  return {
    id: 'passwords',
    endpoints: {
      changePassword: createAuthEndpoint(
        '/change-password',
        { method: 'POST', use: [sensitiveSessionMiddleware], requireHeaders: true, body: passwordChange },
        async (ctx) => {
          const { user, session } = ctx.context.session;
          const { currentPassword, newPassword, code } = ctx.body;
          assertLength(newPassword);
          const accounts = await ctx.context.internalAdapter.findAccounts(user.id);
          if (!accounts.some(({ password }) => password)) throw refuse('CREDENTIAL_ACCOUNT_NOT_FOUND', 'Credential account not found');
          await confirmPerson(ctx, ctx.context.session, { password: currentPassword, code });
          const hash = await ctx.context.password.hash(newPassword);
          await withUserLock(identity, { userId: user.id, sessionId: session.id }, async (tx) => {
            await replace(tx, user.id, hash);
            await tx.execute(sql`delete from session where user_id = ${user.id}::uuid and id <> ${session.id}::uuid`);
          });
          guard.note(user.id);
          return ctx.json({ status: true });
        },
      ),
      resetPassword: createAuthEndpoint('/reset-password', { method: 'POST', body: passwordReset }, async (ctx) => {
        const { token, newPassword } = ctx.body;
        assertLength(newPassword);
        const identifier = hashOfIdentifier(`reset-password:${token}`);
        const isLive = sql`identifier = ${identifier} and expires_at > now()`;
        const [found] = await identity.execute<{ value: string }>(sql`select value from verification where ${isLive}`);
        if (!found) throw invalid();
        const userId = found.value;
        const hash = await ctx.context.password.hash(newPassword);
        const events = await withUserLock(identity, { userId }, async (tx) => {
          const used = await tx.execute(sql`delete from verification where ${isLive} returning id`);
          if (used.length === 0) throw invalid();
          const now = sql`now()`;
          const first = { id: uuidv7(), userId, providerId: PASSWORD, accountId: userId, password: hash, createdAt: now, updatedAt: now };
          if (!(await replace(tx, userId, hash))) await tx.insert(account).values(first);
          // A first password is not a change by which the database ends what was sent before.
          await tx.execute(sql`delete from verification where value = ${userId}`);
          await tx.execute(sql`delete from session where user_id = ${userId}::uuid`);
          return proveAddress(tx, userId, guard.place(), 'second factor');
        });
        if (!events) throw invalid();
        guard.note(userId);
        for (const event of events) guard.noteEvent(event);
        return ctx.json({ status: true });
      }),
    },
  } as const;
}
