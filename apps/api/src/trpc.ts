import { initTRPC } from '@trpc/server';
import { admitUser, type Context } from './context.ts';
import { errorShape } from './errors.ts';

const t = initTRPC.context<{ request: Context }>().create({
  isDev: false,
  errorFormatter: ({ error, path }) => errorShape(error, path),
  // Proxies close what is silent for a minute; a client that hears nothing for longer connects again, and so it does when its time is up.
  sse: { ping: { enabled: true, intervalMs: 20_000 }, client: { reconnectAfterInactivityMs: 60_000 }, maxDurationMs: 900_000 },
});

export const { router } = t;

/**
 * A procedure of a proven user: its context is bound to that user's rows and knows no other owner. What it changes is logged with its request.
 * tRPC copies a context key by key for every step, so what a request brings is one of them.
 */
export const userProcedure = t.procedure.use(async ({ ctx, type, next }) => next({ ctx: await admitUser(ctx.request, type === 'mutation') }));
