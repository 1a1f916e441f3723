import { type Input, type Kind, type Output, type Procedure, procedures } from '@todo/contract';
import { v7 as uuidv7 } from 'uuid';
import { misplaced, refusal } from './transport/error.ts';
import { type CallOptions, type Limit, within } from './transport/limit.ts';
import type { Session } from './transport/session.ts';

type Method<Called extends Procedure> =
  undefined extends Input<Called>
    ? (input?: Input<Called>, options?: CallOptions) => Promise<Output<Called>>
    : (input: Input<Called>, options?: CallOptions) => Promise<Output<Called>>;

type Methods<Group extends Record<string, Procedure>> = { [Name in keyof Group]: Method<Group[Name]> };

/** Every call fails with a TodoError. A task of another user fails with TASK_NOT_FOUND, like one that does not exist. */
export interface Tasks extends Methods<(typeof procedures)['tasks']> {}

/** A list of another user fails with LIST_NOT_FOUND, like one that does not exist. */
export interface Labels extends Methods<(typeof procedures)['labels']> {}
export interface Lists extends Methods<(typeof procedures)['lists']> {}

export interface History extends Methods<(typeof procedures)['history']> {}

export interface SyncMethods extends Omit<Methods<(typeof procedures)['sync']>, 'watch'> {}

/** Calls procedures as tRPC's httpLink does. */
export interface Caller {
  trpcUrl: string;
  begin: Session['begin'];
  /** Time limit of a call whose procedure declares none, in ms. */
  timeoutMs: number;
}

/** A mutation gets an idempotency key, so that retries apply the change only once. A dry run accepts none. */
function withMutationId(input: unknown): unknown {
  const { dryRun, mutationId } = Object(input);
  return dryRun ? input : { ...Object(input), mutationId: mutationId ?? uuidv7() };
}

async function send({ trpcUrl, begin }: Caller, kind: Kind, path: string, input: unknown, limit: Limit): Promise<unknown> {
  const call = begin().send;
  const url = `${trpcUrl}/${path}`;
  const query = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  const post = () => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(withMutationId(input)) });
  const answer = await (kind === 'query' ? call(`${url}${query}`, {}, limit) : call(url, post(), limit));
  if (!answer.ok) throw refusal(answer);
  if (answer.content?.result === undefined) throw misplaced({ status: answer.status });
  return answer.content.result.data;
}

export function createMethods<Name extends keyof typeof procedures>(caller: Caller, name: Name): Methods<(typeof procedures)[Name]>;
export function createMethods(caller: Caller, group: keyof typeof procedures): object {
  const methods = Object.entries<Procedure>(procedures[group]).map(([name, { kind, timeLimitMs = caller.timeoutMs }]) => [
    name,
    (input: unknown, { signal, timeoutMs = timeLimitMs }: CallOptions = {}) =>
      within(timeoutMs, signal, (limit) => send(caller, kind, `${group}.${name}`, input, limit)),
  ]);
  return Object.fromEntries(methods);
}
