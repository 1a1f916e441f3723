import type { z } from 'zod';
import { LONG_CALL_MAX_MS } from './limits.ts';

/** Reads; sent as GET. */
export const query = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out) => ({ kind: 'query' as const, input, output });

/** Changes data; sent as POST. */
export const mutation = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out) => ({ kind: 'mutation' as const, input, output });

/** A change that may take as long as LONG_CALL_MAX_MS. */
export const longMutation = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out) => ({
  ...mutation(input, output),
  timeLimitMs: LONG_CALL_MAX_MS,
});

/** Streams values as server-sent events. */
export const subscription = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out) => ({ kind: 'subscription' as const, input, output });
