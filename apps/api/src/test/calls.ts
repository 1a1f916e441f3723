import { randomUUID } from 'node:crypto';
import { encodeCursor } from '../paging.ts';
import type { Person } from '../testing.ts';

export interface Call {
  /** What the two tasks are whose ids it is given; it makes new ones itself. */
  on: 'new' | 'open' | 'completed' | 'removed';
  /** `last` is the number of the owner's last event. */
  input(first: string, second: string, last: number): object | undefined;
  /** Statements that carry it out; they share one round trip. */
  statements: number;
  /** Indexes that it may search, those that its triggers and constraints search included. */
  indexes: readonly string[];
  /** Pages of tables and indexes that it may touch, and rows that it may read. */
  pages: number;
  /** It looks at each task of its owner: it may touch five pages and rows more for each of them. */
  looksAtAll?: true;
  /** By the plan for all owners PostgreSQL may look at far more for one who has many more tasks or events than most: then the pages are not counted. */
  skews?: true;
}

/** How far the way down an index is, and a row at its end. */
const ROW = 5;
const PAGE = 51;
/** A row, six indexes, the counters and the log with its three; a free page may have to be found for each. */
const WRITE = 75;
/** Events of a log that PostgreSQL may rather read whole than by ways down an index. */
const SHORT_LOG = 500;

const counters = 'task_counters_pkey';
const log = ['task_events_pkey', 'task_events_task_idx'];
const logged = [counters, 'task_events_pkey'];
const one = (id: string) => ({ id });
const both = (first: string, second: string) => ({ ids: [first, second] });
const made = (id: string) => ({ id, title: 'Made' });

const reads = { on: 'open', statements: 1 } as const;
const page = { ...reads, pages: 2 * PAGE };
/** A change sends a second statement, which reads the log position or records the mutation id. */
const changes = { ...reads, statements: 2, indexes: ['tasks_pkey', ...logged], pages: WRITE };
const changesTwo = { ...changes, input: both, indexes: [...changes.indexes, 'tasks_title_idx'], pages: 2 * WRITE, skews: true } as const;
const tellsChanges = { ...reads, indexes: [...log, counters], pages: SHORT_LOG, skews: true } as const;
const creates = { on: 'new', statements: 2, indexes: ['tasks_pkey', 'user_pkey', ...logged], pages: WRITE } as const;
/** Any index that begins with the owner serves to read all their tasks. */
const tasksOfOwner = ['tasks_pkey', 'tasks_newest_idx', 'tasks_updated_idx', 'tasks_title_idx'];
const rewinds = { ...reads, statements: 2, indexes: [...tasksOfOwner, ...log, counters], pages: PAGE * ROW, looksAtAll: true } as const;

/** What every procedure may be asked, and what PostgreSQL may do for it. */
export const calls: Record<string, Record<string, Call>> = {
  'history.list': {
    'all tasks': { ...page, input: () => ({}), indexes: log, pages: 2 * PAGE * ROW },
    'one task': { ...reads, input: (id) => ({ id }), indexes: ['task_events_task_idx'], pages: 2 * ROW + 2 },
  },
  'history.rewind': {
    'as a trial': { ...rewinds, input: (_, __, last) => ({ to: last, dryRun: true }) },
    'in earnest': { ...rewinds, input: (_, __, last) => ({ to: last }) },
  },
  'sync.changes': {
    'a first page': { ...tellsChanges, input: () => ({ limit: 50 }), pages: 5 * PAGE * ROW },
    'the last ten': { ...tellsChanges, input: (_, __, last) => ({ cursor: String(last - 10) }) },
  },
  'sync.watch': { 'its first page': { ...tellsChanges, input: (_, __, last) => ({ cursor: String(last - 10) }) } },
  'tasks.create': {
    'a new task': { ...creates, input: made },
    'a task that is there': { ...changes, input: made, indexes: ['tasks_pkey', counters], pages: 4 * ROW },
    'a new task, once': {
      ...creates,
      input: (id, mutationId) => ({ ...made(id), mutationId }),
      indexes: [...creates.indexes, 'mutations_pkey'],
      pages: WRITE + 4 * ROW,
    },
  },
  'tasks.createMany': { 'two tasks': { ...creates, input: (first, second) => ({ tasks: [made(first), made(second)] }), pages: 2 * WRITE } },
  'tasks.import': {
    'a new task': { ...creates, input: (id) => ({ tasks: [made(id)] }) },
    'a task that is there': { ...changes, input: (id) => ({ tasks: [made(id)] }), indexes: ['tasks_pkey', 'user_pkey', counters] },
    'as a trial': { ...changes, on: 'new', input: (id) => ({ tasks: [made(id)], dryRun: true }), indexes: ['tasks_pkey', counters], pages: 4 * ROW },
  },
  'tasks.get': { 'a task': { ...reads, input: one, indexes: ['tasks_pkey'], pages: 2 * ROW } },
  'tasks.counts': { 'all tasks': { ...reads, input: () => undefined, indexes: [counters], pages: 2 * ROW } },
  'tasks.edit': {
    'a task': { ...changes, input: (id) => ({ id, title: 'Changed' }) },
    'a task of a version': { ...changes, input: (id) => ({ id, description: 'Changed', expectedVersion: 1 }) },
  },
  'tasks.complete': { 'a task': { ...changes, input: one } },
  'tasks.completeMany': { 'two tasks': changesTwo },
  'tasks.reopen': { 'a task': { ...changes, on: 'completed', input: one } },
  'tasks.remove': { 'a task': { ...changes, input: one, indexes: [...changes.indexes, 'user_pkey'] } },
  'tasks.removeMany': { 'two tasks': { ...changesTwo, indexes: [...changesTwo.indexes, 'user_pkey'] } },
  'tasks.removed': {
    'all tasks': {
      ...page,
      on: 'removed',
      input: () => ({}),
      indexes: ['task_events_removed_idx', 'task_events_task_idx'],
      pages: 3 * PAGE * ROW,
      skews: true,
    },
  },
  'tasks.restore': {
    'a removed task': { ...creates, on: 'removed', input: one, indexes: [...creates.indexes, 'task_events_task_idx'] },
    'a task as it was': { ...changes, input: (id, _, last) => ({ id, seq: last }), indexes: [...changes.indexes, 'task_events_task_idx'] },
  },
  'tasks.list': {
    'newest first': { ...page, input: () => undefined, indexes: ['tasks_newest_idx'] },
    'from a cursor': {
      ...page,
      input: (id) => ({ cursor: encodeCursor('created-desc', { value: '2999-01-01T00:00:00.000Z', id }) }),
      indexes: ['tasks_newest_idx'],
    },
    'oldest first': { ...page, input: () => ({ order: 'asc' }), indexes: ['tasks_newest_idx'] },
    'open tasks': { ...page, input: () => ({ completed: false }), indexes: ['tasks_open_newest_idx'] },
    'completed tasks': { ...page, input: () => ({ completed: true, limit: 5 }), indexes: ['tasks_completed_newest_idx'], pages: 2 * ROW + 6 },
    'by last change': { ...page, input: () => ({ sort: 'updated' }), indexes: ['tasks_updated_idx'] },
    'by title': { ...page, input: () => ({ sort: 'title' }), indexes: ['tasks_title_idx'] },
    'a search that finds nothing': { ...page, input: () => ({ search: 'Nowhere' }), indexes: ['tasks_pkey', 'tasks_newest_idx'], looksAtAll: true },
  },
};

/** What a call is given: the ids of two tasks of this person that it can be about, and the last number of the log. */
export async function prepareInput({ client }: Person, on: Call['on']): Promise<[first: string, second: string, last: number]> {
  const { tasks, history } = client.jwt;
  const ids: [string, string] = [randomUUID(), randomUUID()];
  if (on !== 'new') await tasks.createMany.mutate({ tasks: ids.map(made) });
  if (on === 'completed') await tasks.completeMany.mutate({ ids });
  if (on === 'removed') await tasks.removeMany.mutate({ ids });
  const { items } = await history.list.query({ limit: 1 });
  return [...ids, items[0]?.seq ?? 0];
}
