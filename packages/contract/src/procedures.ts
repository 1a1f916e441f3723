import type { z } from 'zod';
import { history } from './procedures/history.ts';
import { labels } from './procedures/labels.ts';
import { type List, lists } from './procedures/lists.ts';
import { sync } from './procedures/sync.ts';
import { type Task, tasks } from './procedures/tasks.ts';

export const procedures = { tasks, labels, lists, history, sync };

export type Kind = 'query' | 'mutation' | 'subscription';

/** Kind, input and output of a procedure, and its time limit if that is longer than CALL_MAX_MS. A subscription returns many outputs. */
export interface Procedure<Is extends Kind = Kind, In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  kind: Is;
  input: In;
  output: Out;
  timeLimitMs?: number;
  /** How many calls a call of a query or mutation counts as, in the limit of calls per minute. */
  cost?(input: z.output<In>): number;
}

/** The input as a client sends it. */
export type Input<Called extends Procedure> = z.input<Called['input']>;
/** The input as an implementation receives it: normalized, with defaults. */
export type Parsed<Called extends Procedure> = z.output<Called['input']>;
export type Output<Called extends Procedure> = z.output<Called['output']>;

/** An entity in output, by its name. */
export interface Stored {
  list: List;
  task: Task;
}
