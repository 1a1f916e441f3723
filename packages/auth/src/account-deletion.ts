import { proof } from '@todo/contract';
import type { IdentityDb } from '@todo/db';
import { createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api';
import { deleteSessionCookie } from 'better-auth/cookies';
import type { ConfirmPerson } from './confirmation.ts';
import type { Guard } from './limits/guard.ts';

interface AccountDeletionDeps {
  identity: Pick<IdentityDb, 'deleteUser'>;
  confirmPerson: ConfirmPerson;
  guard: Pick<Guard, 'leaveQueue' | 'note'>;
}

/** Better Auth's endpoint at the same address asks for no code, and without a password takes any session of the last day. */
export const accountDeletionEndpoint = ({ identity, confirmPerson, guard }: AccountDeletionDeps) =>
  ({
    id: 'account-deletion',
    endpoints: {
      deleteUser: createAuthEndpoint('/delete-user', { method: 'POST', use: [sensitiveSessionMiddleware], requireHeaders: true, body: proof }, async (ctx) => {
        const { user } = ctx.context.session;
        await confirmPerson(ctx, ctx.context.session, ctx.body);
        guard.leaveQueue();
        guard.note(user.id);
        await identity.deleteUser(user.id);
        deleteSessionCookie(ctx);
        return ctx.json({ status: true });
      }),
    },
  }) as const;
