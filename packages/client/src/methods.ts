import { type Input, type Kind, type Output, type Procedure, procedures } from '@todo/contract';
import type { TRPCUntypedClient } from '@trpc/client';
import { v7 as uuidv7 } from 'uuid';
import type { AppRouter } from './router.ts';
import { toTodoError } from './transport/error.ts';

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

type Client = TRPCUntypedClient<AppRouter>;

/** A mutation gets an idempotency key, so that retries apply the change only once. A dry run accepts none. */
async function call(client: Client, kind: Kind, path: string, input: unknown, options: CallOptions = {}): Promise<unknown> {
  try {
    if (kind === 'query') return await client.query(path, input, options);
    const { dryRun, mutationId } = Object(input);
    return await client.mutation(path, dryRun ? input : { ...Object(input), mutationId: mutationId ?? uuidv7() }, options);
  } catch (error) {
    throw toTodoError(error, options.signal);
  }
}

export function createMethods<Name extends keyof typeof procedures>(client: Client, name: Name): Methods<(typeof procedures)[Name]>;
export function createMethods(client: Client, group: keyof typeof procedures): object {
  const methods = Object.entries<Procedure>(procedures[group]).map(([name, { kind }]) => [
    name,
    (input: unknown, options?: CallOptions) => call(client, kind, `${group}.${name}`, input, options),
  ]);
  return Object.fromEntries(methods);
}
