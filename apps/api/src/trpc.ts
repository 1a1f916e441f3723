import { CHANGED_MAX_BYTES, PAGE_MAX_BYTES, type Procedure, STREAM_PING_INTERVAL_MS, STREAM_SILENCE_MAX_MS } from '@todo/contract';
import type { OwnerDb, UserId } from '@todo/db';
import { initTRPC, type TRPCMutationProcedure, type TRPCQueryProcedure, type TRPCSubscriptionProcedure, type TrackedEnvelope } from '@trpc/server';
import type { z } from 'zod';
import { errorShape } from './errors.ts';
import { type Context, requireUser } from './http/context.ts';
import { type Act, applyOnce, type Repeatable, type Replay } from './idempotency.ts';
import { answerBytesIn } from './paging.ts';
import type { Watcher } from './sync/watch.ts';

const t = initTRPC.context<{ request: Context }>().create({
  isDev: false,
  errorFormatter: ({ error, path }) => errorShape(error, path),
  // Proxies close a connection that is silent for a minute. A client reconnects after one missing ping, and when the maximum duration is over.
  sse: {
    ping: { enabled: true, intervalMs: STREAM_PING_INTERVAL_MS },
    client: { reconnectAfterInactivityMs: STREAM_SILENCE_MAX_MS },
    maxDurationMs: 900_000,
  },
});

export const { router } = t;

/** The time of a call begins when its request arrives; a subscription has none. Events get the request id. */
const notesOf = {
  query: ({ startedAt: since }: Context) => ({ since }),
  mutation: ({ startedAt: since, requestId }: Context) => ({ since, requestId }),
  subscription: () => ({}),
};

/** tRPC copies the context key by key for every middleware, so everything about the request is under one key. */
const userProcedure = t.procedure.use(({ ctx: { request }, type, path, getRawInput, next }) =>
  request.telemetry.call({ procedure: path, type, requestId: request.requestId }, async () =>
    next({ ctx: { ...(await requireUser(request, notesOf[type](request))), getRawInput } }),
  ),
);

/** Counts a call as what it costs; one call was counted before its input was read. */
async function charge({ rateLimit }: Context, userId: UserId, cost: number): Promise<void> {
  if (cost > 1) await rateLimit(userId, cost - 1);
}

type Built<In extends z.ZodType, Answer> = { input: z.input<In>; output: Answer; meta: object; errorShape: unknown };

export function query<In extends z.ZodType, Out extends z.ZodType>(
  procedure: Procedure<'query', In, Out>,
  read: (db: OwnerDb, input: z.output<In>, maxBytes: number) => Promise<z.output<Out>>,
): TRPCQueryProcedure<Built<In, z.output<Out>>>;
export function query({ input, cost }: Procedure<'query'>, read: (db: OwnerDb, input: unknown, maxBytes: number) => Promise<unknown>) {
  return userProcedure.input(input).query(async ({ ctx, input }) => {
    await charge(ctx.request, ctx.userId, cost?.(input) ?? 1);
    return read(ctx.tasks, input, answerBytesIn(ctx.request.calls, PAGE_MAX_BYTES));
  });
}

/** With a mutation id a call is applied once, and `replay` answers each retry. */
export function mutation<In extends z.ZodType<Repeatable>, Out extends z.ZodType<{ seq: number }>>(
  procedure: Procedure<'mutation', In, Out>,
  act: Act<z.output<In>, z.output<Out>>,
  replay: Replay<z.output<In>, z.output<Out>>,
): TRPCMutationProcedure<Built<In, z.output<Out>>>;
export function mutation(
  { input, timeLimitMs, cost }: Procedure<'mutation', z.ZodType<Repeatable>>,
  act: Act<Repeatable, unknown>,
  replay: Replay<Repeatable, unknown>,
) {
  return userProcedure.input(input).mutation(async ({ ctx, input, path }) => {
    await charge(ctx.request, ctx.userId, cost?.(input) ?? 1);
    const db = timeLimitMs === undefined ? ctx.tasks : ctx.tasks.withNotes({ timeout: timeLimitMs });
    return applyOnce(db, { path, rawInput: await ctx.getRawInput(), maxBytes: answerBytesIn(ctx.request.calls, CHANGED_MAX_BYTES) }, input, act, replay);
  });
}

export function subscription<In extends z.ZodType, Out extends z.ZodType>(
  procedure: Procedure<'subscription', In, Out>,
  watch: (watcher: Watcher, input: z.output<In>, signal?: AbortSignal) => AsyncIterable<TrackedEnvelope<z.output<Out>>, void>,
): TRPCSubscriptionProcedure<Built<In, AsyncIterable<{ id: string; data: z.output<Out> }, void>>>;
export function subscription(
  { input }: Procedure<'subscription'>,
  watch: (watcher: Watcher, input: unknown, signal?: AbortSignal) => AsyncIterable<TrackedEnvelope<unknown>, void>,
) {
  return userProcedure.input(input).subscription(({ ctx, input, signal }) => watch({ ...ctx.request, ...ctx }, input, signal));
}
