import { randomUUID } from 'node:crypto';
import type { Person } from './api.ts';

/** What the input of a call can refer to. */
export interface Given {
  /** Ids of two tasks of this person; the first is also that of a list, which is never completed. */
  first: string;
  second: string;
  /** The position of the owner's last event. */
  last: number;
  /** A cursor of sync.changes before the two tasks, and one within a first read. */
  since: string;
  further: string;
  /** Idempotency key of the last call that changed the two tasks, and the group of all those calls. */
  mutationId: string;
  groupId: string;
}

export interface Call {
  /** State of the two tasks; with 'new' the call creates them, 'labelled' ones have the label `groupId`. */
  on: 'new' | 'open' | 'labelled' | 'recurring' | 'completed' | 'removed';
  input(given: Given): object | undefined;
  /** Number of statements, which share one round trip. */
  statements: number;
  /** If they take more: a recurring task is read before it is moved. */
  roundTrips?: number;
  /** Indexes that it may search, including those used by triggers and constraints. */
  indexes: readonly string[];
  /** Maximum number of table and index pages, and of rows read. */
  pages: number;
  /** Additional pages and rows for each task, where it may read all tasks or the whole log of the owner. */
  perTask?: number;
  /** The same for each list. */
  perList?: number;
  /** With a generic plan, pages are not counted for an owner who has far more tasks or events than most. */
  skews?: true;
}

export const made = (id: string) => ({ id, title: 'Made' });
export const named = (id: string) => ({ id, name: 'Made' });

/** Creates the two tasks and everything else that an input can refer to. */
export async function prepareInput({ client }: Person, on: 'new' | 'open' | 'labelled' | 'recurring' | 'completed' | 'removed'): Promise<Given> {
  const { lists, tasks, history, sync } = client.jwt;
  const [first, second, groupId] = [randomUUID(), randomUUID(), randomUUID()];
  const page = await sync.changes.query({ limit: 1 });
  const recurs = on === 'recurring' ? { dueDate: '2026-01-31', recurrence: 'FREQ=DAILY' } : {};
  const labels = on === 'labelled' ? [groupId] : [];
  const calls = on === 'new' ? [] : on === 'open' || on === 'labelled' || on === 'recurring' ? ['create' as const] : ['create' as const, on];
  let mutationId = randomUUID();
  for (const call of calls) {
    mutationId = randomUUID();
    const once = { mutationId, groupId };
    if (call === 'removed') await lists.remove.mutate({ id: first, tasks: 'inbox' });
    if (call === 'create') await lists.create.mutate(named(first));
    if (call === 'create') await tasks.createMany.mutate({ tasks: [first, second].map((id) => ({ ...made(id), labels, ...recurs })), ...once });
    if (call === 'completed') await tasks.completeMany.mutate({ ids: [first, second], ...once });
    if (call === 'removed') await tasks.removeMany.mutate({ ids: [first, second], ...once });
  }
  const { items } = await history.list.query({ limit: 1 });
  const since = page.cursor.split('.').slice(0, 2).join('.');
  return { first, second, last: items[0]?.seq ?? 0, since, further: page.cursor, mutationId, groupId };
}
