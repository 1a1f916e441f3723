import type { EntityName, Input, Output, Procedure, procedures } from '@todo/contract';
import type { TodoError } from '../transport/error.ts';

type Declared = typeof procedures;

/** A change that waits for the server's answer. */
export interface Pending {
  /** The idempotency key of the call. An edit that somebody else's change has overtaken is repeated with another one. */
  mutationId: string;
  /** The procedure, such as tasks.edit. */
  path: string;
  input: object;
  /** When it was made, in ISO-8601. */
  at: string;
}

/** A change in the outbox, until the stream has passed it. */
export interface Change extends Pending {
  /** Its place in the order of changes. */
  key: string;
  userId: string;
  /** Of an edit: the values that its fields had before, as they showed. */
  was?: Record<string, unknown>;
  /** The call, once that may have been sent: a retry is the same call. */
  sent?: { mutationId: string; input: object };
  /** Once the server has answered: the log position at which it is complete. */
  answer?: { seq: number; output: unknown };
}

/** The input of a change. It is no dry run. */
type ChangeInput<Called extends Procedure> = Omit<Input<Called>, 'dryRun'>;

export interface QueuedChange<Result = unknown> {
  mutationId: string;
  /** The id of what it creates or changes, where that is one task or list. */
  id?: string;
  /** Resolves when it is stored, and will survive a restart. Rejects with STORE_FAILED. */
  queued: Promise<void>;
  /**
   * Resolves with the answer. Rejects with the TodoError for which the server refused the change; with ALREADY_APPLIED if it was applied, but its answer is no longer known;
   * with CALL_ABORTED if the replica was closed or shows another user before there is an answer: then the change is still sent later. Nobody has to handle it.
   */
  done: Promise<Result>;
}

/** What changes one task or list has its id at once. */
type Queued<Result> = QueuedChange<Result> & (Result extends { id: string } ? { id: string } : unknown);

type Make<Called> = Called extends Procedure<'mutation'> ? (input: ChangeInput<Called>) => Queued<Output<Called>> : never;
type MutationNames<Group> = { [Name in keyof Group]: Group[Name] extends Procedure<'mutation'> ? Name : never }[keyof Group];

/** All mutations of the contract by their names. Each shows at once and waits in the outbox. Throws UNAUTHENTICATED if nobody is signed in, and OUTBOX_FULL. */
export type Mutations = {
  [Group in 'tasks' | 'labels' | 'lists' | 'history']: { [Name in MutationNames<Declared[Group]>]: Make<Declared[Group][Name]> };
};

/** The server has refused a change. What it showed is taken back. */
export interface RefusedChange extends Omit<Pending, 'at'> {
  kind: 'refused';
  error: TodoError;
}

/** Somebody else has changed a field meanwhile. It keeps that value; what was edited here is not applied. */
export interface LostField {
  kind: 'lost';
  entity: EntityName;
  id: string;
  field: string;
  mine: unknown;
  theirs: unknown;
}

export type Notice = RefusedChange | LostField;

export const toPending = ({ mutationId, path, input, at }: Change): Pending => ({ mutationId, path, input, at });
