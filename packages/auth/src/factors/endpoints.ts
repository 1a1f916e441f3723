import { confirmedSecondFactor, passwordAndCode, passwordOnly } from '@todo/contract';
import { createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api';
import type { Guard } from '../limits/guard.ts';
import type { SecondFactor } from './second-factor.ts';

const use = [sensitiveSessionMiddleware];
const post = { method: 'POST', use, requireHeaders: true } as const;

/** What users do about their own second factor. Sign-in asks for its code in a hook of every new session. */
export function secondFactorEndpoints(secondFactor: SecondFactor, guard: Pick<Guard, 'note'>) {
  return {
    id: 'second-factor',
    endpoints: {
      secondFactorStatus: createAuthEndpoint('/second-factor', { method: 'GET', use, requireHeaders: true }, async (ctx) =>
        ctx.json(await secondFactor.status(ctx.context.session.user.id)),
      ),
      setUpSecondFactor: createAuthEndpoint('/second-factor/set-up', { ...post, body: passwordOnly }, async (ctx) => {
        const { user } = ctx.context.session;
        await ctx.context.password.checkPassword(user.id, ctx);
        return ctx.json(await secondFactor.setUp(user));
      }),
      turnOnSecondFactor: createAuthEndpoint('/second-factor/turn-on', { ...post, body: confirmedSecondFactor }, async (ctx) => {
        const { user } = ctx.context.session;
        const recoveryCodes = await secondFactor.turnOn(user, ctx.body.code);
        guard.note(user.id);
        return ctx.json({ recoveryCodes });
      }),
      renewRecoveryCodes: createAuthEndpoint('/second-factor/recovery-codes', { ...post, body: passwordAndCode }, async (ctx) => {
        const { user } = ctx.context.session;
        await ctx.context.password.checkPassword(user.id, ctx);
        const recoveryCodes = await secondFactor.renewRecoveryCodes(user, ctx.body.code);
        guard.note(user.id);
        return ctx.json({ recoveryCodes });
      }),
      turnOffSecondFactor: createAuthEndpoint('/second-factor/turn-off', { ...post, body: passwordAndCode }, async (ctx) => {
        const { user } = ctx.context.session;
        await ctx.context.password.checkPassword(user.id, ctx);
        await secondFactor.turnOff(user, ctx.body.code);
        guard.note(user.id);
        return ctx.json({ status: true });
      }),
    },
  } as const;
}
