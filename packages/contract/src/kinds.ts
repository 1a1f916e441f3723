import type { z } from 'zod';

/** Reads; sent as GET. */
export const query = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out) => ({ kind: 'query' as const, input, output });

/** Changes data; sent as POST. */
export const mutation = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out) => ({ kind: 'mutation' as const, input, output });

/** Streams values as server-sent events. */
export const subscription = <In extends z.ZodType, Out extends z.ZodType>(input: In, output: Out) => ({ kind: 'subscription' as const, input, output });
