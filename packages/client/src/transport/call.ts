import { procedures } from '../procedures.ts';
import { misplaced, refusal } from './error.ts';
import { type CallOptions, within } from './limit.ts';
import type { Begun } from './session.ts';

/** Calls procedures as tRPC's httpLink does. */
export interface Caller {
  trpcUrl: string;
  begin(): Begun;
  /** Time limit of a call whose procedure declares none, in ms. */
  timeoutMs: number;
}

/** Calls one procedure, such as tasks.edit. Throws a TodoError. */
export function call({ trpcUrl, begin, timeoutMs: shortMs }: Caller, path: string, input: unknown, { signal, timeoutMs }: CallOptions = {}): Promise<unknown> {
  const [group = '', name = ''] = path.split('.');
  const { kind, timeLimitMs = shortMs } = procedures[group]?.[name] ?? { kind: 'query' };
  const query = kind === 'query' && input !== undefined ? `?input=${encodeURIComponent(JSON.stringify(input))}` : '';
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(input) };
  return within(timeoutMs ?? timeLimitMs, signal, async (limit) => {
    const answer = await begin().send(`${trpcUrl}/${path}${query}`, kind === 'query' ? {} : post, limit);
    if (!answer.ok) throw refusal(answer);
    if (answer.content?.result === undefined) throw misplaced({ status: answer.status });
    return answer.content.result.data;
  });
}
