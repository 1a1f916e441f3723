import type { z } from 'zod';
import { history } from './procedures/history.ts';
import { sync } from './procedures/sync.ts';
import { tasks } from './procedures/tasks.ts';

/** Every procedure of the API, by its router and name. */
export const procedures = { tasks, history, sync };

export type Kind = 'query' | 'mutation' | 'subscription';

/** What a procedure takes and answers. A subscription answers again and again. */
export interface Procedure<Is extends Kind = Kind, In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  kind: Is;
  input: In;
  output: Out;
}

/** What a caller gives. */
export type Input<Called extends Procedure> = z.input<Called['input']>;
/** What an implementation gets: the input with defaults filled in, in one form. */
export type Parsed<Called extends Procedure> = z.output<Called['input']>;
export type Output<Called extends Procedure> = z.output<Called['output']>;
