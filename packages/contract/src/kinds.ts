import type { z } from 'zod';
import { LONG_CALL_MAX_MS } from './limits.ts';

/** How many calls a call counts as, in the limit of calls per minute. */
type Cost<In extends z.ZodType> = (input: z.output<In>) => number;

const one = () => 1;

/** Reads; sent as GET. */
export const query = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out, cost: Cost<In> = one) => ({
  kind: 'query' as const,
  input,
  output,
  cost,
});

/** Changes data; sent as POST. */
export const mutation = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out, cost: Cost<In> = one) => ({
  kind: 'mutation' as const,
  input,
  output,
  cost,
});

/** A change that may take as long as LONG_CALL_MAX_MS. */
export const longMutation = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out, cost: Cost<In>) => ({
  ...mutation(input, output, cost),
  timeLimitMs: LONG_CALL_MAX_MS,
});

/** Streams values as server-sent events. */
export const subscription = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out) => ({ kind: 'subscription' as const, input, output });
