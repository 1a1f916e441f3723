import type { Invariant } from '../invariants/answers.ts';
import type { Edit } from './copy.ts';

/** A layer or rule that is broken on purpose. */
export interface Mutant {
  layer: string;
  /** What is broken. */
  what: string;
  edits?: Edit[];
  /** Statements of the superuser while the server runs. */
  sql?: string[];
  /** Which surfaces to attack. */
  at: RegExp;
  /** What must be found; empty if another layer holds. */
  found: Invariant[];
}
