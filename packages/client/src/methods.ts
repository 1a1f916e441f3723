import type { Input, Output, Procedure, procedures } from '@todo/contract';

export interface CallOptions {
  /** Aborts the call, which then fails with CALL_ABORTED. */
  signal?: AbortSignal;
}

type Method<Called extends Procedure> =
  undefined extends Input<Called>
    ? (input?: Input<Called>, options?: CallOptions) => Promise<Output<Called>>
    : (input: Input<Called>, options?: CallOptions) => Promise<Output<Called>>;

type Methods<Group extends Record<string, Procedure>> = { [Name in keyof Group]: Method<Group[Name]> };

/** Every call fails with a TodoError. A task of another user fails with TASK_NOT_FOUND, like one that does not exist. */
export interface Tasks extends Methods<(typeof procedures)['tasks']> {}

export interface History extends Methods<(typeof procedures)['history']> {}

export interface SyncMethods extends Omit<Methods<(typeof procedures)['sync']>, 'watch'> {}
