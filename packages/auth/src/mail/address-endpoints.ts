import { emailChange, emailChangeRequest, emailVerification } from '@todo/contract';
import { createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api';
import type { ConfirmPerson } from '../confirmation.ts';
import type { Guard } from '../limits/guard.ts';
import type { AddressChange } from './address-change.ts';
import type { AddressVerification } from './address-verification.ts';

const use = [sensitiveSessionMiddleware];
const post = { method: 'POST', use, requireHeaders: true } as const;

interface AddressEndpointDeps {
  verification: Pick<AddressVerification, 'verify'>;
  change: AddressChange;
  confirmPerson: ConfirmPerson;
  guard: Pick<Guard, 'note' | 'place'>;
}

/**
 * What users do about their own e-mail address. Better Auth's endpoint to verify one takes a token that works more than once, and verifies without a session; its change
 * of address keeps other sessions and what was sent to the former address, and tells by its work whether somebody has the new one.
 */
export const addressEndpoints = ({ verification, change, confirmPerson, guard }: AddressEndpointDeps) =>
  ({
    id: 'addresses',
    endpoints: {
      verifyEmail: createAuthEndpoint('/verify-email', { ...post, body: emailVerification }, async (ctx) => {
        const { user } = ctx.context.session;
        await verification.verify(user.id, ctx.body.token);
        guard.note(user.id);
        return ctx.json({ status: true });
      }),
      requestEmailChange: createAuthEndpoint('/request-email-change', { ...post, body: emailChangeRequest }, async (ctx) => {
        const { user } = ctx.context.session;
        change.assertOffered();
        await confirmPerson(ctx, ctx.context.session, ctx.body);
        await change.request(user, ctx.body.email.toLowerCase());
        guard.note(user.id);
        return ctx.json({ status: true });
      }),
      confirmEmailChange: createAuthEndpoint('/confirm-email-change', { ...post, body: emailChange }, async (ctx) => {
        const { user, session } = ctx.context.session;
        const email = ctx.body.email.toLowerCase();
        await change.confirm({ userId: user.id, sessionId: session.id }, { email, token: ctx.body.token }, guard.place());
        guard.note(user.id, { email });
        return ctx.json({ status: true });
      }),
    },
  }) as const;
