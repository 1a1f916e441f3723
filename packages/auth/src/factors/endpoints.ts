import { firstCode, proof } from '@todo/contract';
import { createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api';
import type { ConfirmPerson } from '../confirmation.ts';
import type { Guard } from '../limits/guard.ts';
import type { SecondFactor } from './second-factor.ts';

const use = [sensitiveSessionMiddleware];
const post = { method: 'POST', use, requireHeaders: true } as const;

interface SecondFactorEndpointDeps {
  secondFactor: SecondFactor;
  confirmPerson: ConfirmPerson;
  guard: Pick<Guard, 'note'>;
}

/** What users do about their own second factor. Sign-in asks for its code in a hook of every new session. */
export const secondFactorEndpoints = ({ secondFactor, confirmPerson, guard }: SecondFactorEndpointDeps) =>
  ({
    id: 'second-factor',
    endpoints: {
      secondFactorStatus: createAuthEndpoint('/second-factor', { method: 'GET', use, requireHeaders: true }, async (ctx) =>
        ctx.json(await secondFactor.status(ctx.context.session.user.id)),
      ),
      setUpSecondFactor: createAuthEndpoint('/second-factor/set-up', { ...post, body: proof }, async (ctx) => {
        await confirmPerson(ctx, ctx.context.session, ctx.body);
        return ctx.json(await secondFactor.setUp(ctx.context.session.user));
      }),
      turnOnSecondFactor: createAuthEndpoint('/second-factor/turn-on', { ...post, body: firstCode }, async (ctx) => {
        const { user } = ctx.context.session;
        const recoveryCodes = await secondFactor.turnOn(user, ctx.body.code);
        guard.note(user.id);
        return ctx.json({ recoveryCodes });
      }),
      renewRecoveryCodes: createAuthEndpoint('/second-factor/recovery-codes', { ...post, body: proof }, async (ctx) => {
        const { user } = ctx.context.session;
        await confirmPerson(ctx, ctx.context.session, ctx.body);
        const recoveryCodes = await secondFactor.renewRecoveryCodes(user.id);
        guard.note(user.id);
        return ctx.json({ recoveryCodes });
      }),
      turnOffSecondFactor: createAuthEndpoint('/second-factor/turn-off', { ...post, body: proof }, async (ctx) => {
        const { user } = ctx.context.session;
        await confirmPerson(ctx, ctx.context.session, ctx.body);
        await secondFactor.turnOff(user.id);
        guard.note(user.id);
        return ctx.json({ status: true });
      }),
    },
  }) as const;
