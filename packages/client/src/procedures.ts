import { procedures as declared, type Kind, type Procedure } from '@todo/contract';

/** What a client needs to know of a procedure at run time. */
export interface ProcedureTraits {
  kind: Kind;
  /** Time limit in ms, if that is longer than CALL_MAX_MS. */
  timeLimitMs?: number | undefined;
}

const traitsOf = ({ kind, timeLimitMs }: Procedure): ProcedureTraits => ({ kind, ...(timeLimitMs !== undefined && { timeLimitMs }) });

/** All procedures by group and name. The build evaluates this module, so that a bundle does not contain the schemas of the contract. */
export const procedures: Record<string, Record<string, ProcedureTraits>> = Object.fromEntries(
  Object.entries(declared).map(([group, all]) => [group, Object.fromEntries(Object.entries<Procedure>(all).map(([name, one]) => [name, traitsOf(one)]))]),
);
