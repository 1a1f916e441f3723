import type { procedures as declared, Input, Output, Procedure } from '@todo/contract';
import { procedures } from './procedures.ts';
import { type Caller, call } from './transport/call.ts';
import type { CallOptions } from './transport/limit.ts';

type Declared = typeof declared;

type Method<Called extends Procedure> =
  undefined extends Input<Called>
    ? (input?: Input<Called>, options?: CallOptions) => Promise<Output<Called>>
    : (input: Input<Called>, options?: CallOptions) => Promise<Output<Called>>;

type Methods<Group extends Record<string, Procedure>> = { [Name in keyof Group]: Method<Group[Name]> };

/** Every call fails with a TodoError. A task of another user fails with TASK_NOT_FOUND, like one that does not exist. */
export interface Tasks extends Methods<Declared['tasks']> {}

/** A list of another user fails with LIST_NOT_FOUND, like one that does not exist. */
export interface Labels extends Methods<Declared['labels']> {}
export interface Lists extends Methods<Declared['lists']> {}

export interface History extends Methods<Declared['history']> {}

export interface SyncMethods extends Omit<Methods<Declared['sync']>, 'watch'> {}

/** A mutation gets an idempotency key, so that retries apply the change only once. A dry run accepts none. */
function withMutationId(input: unknown, randomUUID: () => string): unknown {
  const { dryRun, mutationId } = Object(input);
  return dryRun ? input : { ...Object(input), mutationId: mutationId ?? randomUUID() };
}

interface Calling extends Caller {
  randomUUID(): string;
}

export function createMethods<Name extends keyof Declared>(caller: Calling, name: Name): Methods<Declared[Name]>;
export function createMethods(caller: Calling, group: keyof Declared): object {
  const methods = Object.entries(procedures[group] ?? {}).map(([name, { kind }]) => [
    name,
    async (input: unknown, options?: CallOptions) =>
      call(caller, `${group}.${name}`, kind === 'query' ? input : withMutationId(input, caller.randomUUID), options),
  ]);
  return Object.fromEntries(methods);
}
