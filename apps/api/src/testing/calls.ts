import { randomUUID } from 'node:crypto';
import { type Call, type Given, made, named } from './given.ts';
import { listCalls } from './list-calls.ts';
import { byLabel, PAGE, page, ROW, reads, tasksOfOwner } from './work.ts';

/** A row and its indexes, the owner's row, the log and its three indexes. Each may need to find a free page. */
const WRITE = 100;

const owners = 'owners_pkey';
const keys = 'idempotency_keys_pkey';
const log = ['events_pkey', 'events_entity_idx'];
const logged = [owners, 'events_pkey'];
/** A new task continues the version of a removed task with the same id. */
const pastOf = ['events_entity_idx', 'events_removed_idx'];
const one = ({ first }: Given) => ({ id: first });
const both = ({ first, second }: Given) => ({ ids: [first, second] });

/** A change also reads the log position or stores the idempotency key. */
const changes = { ...reads, statements: 3, indexes: ['tasks_pkey', ...logged], pages: 60 };
const changesList = { ...changes, indexes: ['lists_pkey', ...logged] };
const removesList = { ...changesList, indexes: [...changesList.indexes, 'user_pkey', 'tasks_list_idx'] };
const creates = { on: 'new', statements: 3, indexes: ['tasks_pkey', 'tasks_place_idx', 'user_pkey', ...log, ...pastOf, owners], pages: WRITE } as const;
/** An owner has few lists, so PostgreSQL may read them all; the table of this test fits on two pages. */
const allLists = ['lists', 'lists_pkey'];
const createsList = {
  ...creates,
  indexes: [...allLists, 'user_pkey', ...log, ...pastOf, 'events_list_idx', owners],
  pages: WRITE + PAGE,
  perList: 3,
  skews: true,
} as const;
const changesTwo = { ...changes, input: both, indexes: [...tasksOfOwner, ...logged], pages: 2 * changes.pages, skews: true } as const;
/** The first attempt finds that the tasks recur and changes nothing. */
const moves = { ...changes, on: 'recurring', statements: 6, roundTrips: 2, indexes: [...changes.indexes, 'tasks_parent_idx'], pages: 2 * WRITE } as const;
const places = ['tasks_place_idx', 'tasks_parent_idx'];
const moved = { ...changes, indexes: ['tasks_pkey', ...logged, ...places], pages: WRITE };
const everything = [...tasksOfOwner, ...places, ...allLists, 'tasks_list_idx', ...log, owners];
const rewinds = { ...reads, statements: 4, indexes: everything, pages: 2 * PAGE * ROW, perTask: 4, perList: 4, skews: true } as const;
const undoes = { ...rewinds, indexes: [...rewinds.indexes, ...pastOf, 'user_pkey', keys, 'idempotency_keys_group_idx'], perTask: 5 } as const;
const readsChanges = { ...reads, indexes: [...log, owners, 'lists_pkey', 'tasks_pkey'], perList: 2, skews: true } as const;
const changesLabel = { ...changes, on: 'labelled', indexes: [...byLabel, ...tasksOfOwner, ...logged], pages: 3 * changes.pages, skews: true } as const;

/** Calls of every procedure, with the allowed work of PostgreSQL. */
export const calls: Record<string, Record<string, Call>> = {
  'history.list': {
    'all changes': { ...page, input: () => ({}), indexes: ['events_pkey', owners], pages: PAGE + 3 * ROW },
    'one entity': { ...reads, input: one, indexes: ['events_entity_idx', owners], pages: 3 * ROW },
    'all tasks': { ...page, input: () => ({ entity: 'task' }), indexes: ['events_pkey', owners], pages: PAGE + 3 * ROW },
    'all lists': { ...page, input: () => ({ entity: 'list' }), indexes: ['events_list_idx', owners], pages: PAGE + 3 * ROW },
  },
  'history.rewind': {
    'dry run': { ...rewinds, statements: 1, on: 'completed', input: ({ last }) => ({ to: last - 2, dryRun: true }) },
    applied: { ...rewinds, on: 'completed', input: ({ last }) => ({ to: last - 2 }) },
    'to the present': { ...rewinds, input: ({ last }) => ({ to: last }) },
  },
  'history.undo': {
    'dry run': { ...undoes, statements: 1, input: ({ mutationId }) => ({ of: { mutationId }, dryRun: true }) },
    'of a creation': { ...undoes, input: ({ mutationId }) => ({ of: { mutationId } }) },
    'of a completion': { ...undoes, on: 'completed', input: ({ mutationId }) => ({ of: { mutationId } }) },
    'of a removal': { ...undoes, pages: 2 * PAGE * ROW, on: 'removed', input: ({ mutationId }) => ({ of: { mutationId } }) },
    'of a group of calls': { ...undoes, pages: 3 * PAGE * ROW, perTask: 6, on: 'completed', input: ({ groupId }) => ({ of: { groupId } }) },
  },
  'labels.list': { 'all labels': { ...page, input: () => ({}), indexes: [...byLabel, ...tasksOfOwner], pages: 20 * ROW, perTask: 5 } },
  'labels.rename': { 'a label': { ...changesLabel, input: ({ groupId, second }) => ({ from: groupId, to: second }) } },
  'labels.remove': { 'a label': { ...changesLabel, input: ({ groupId }) => ({ name: groupId }) } },
  'sync.changes': {
    'a first page': { ...page, pages: 3 * PAGE, input: () => ({ limit: 50 }), indexes: ['lists_pkey', 'tasks_pkey', owners] },
    'a later page of a first read': {
      ...page,
      pages: 3 * PAGE,
      input: ({ further }) => ({ cursor: further, limit: 50 }),
      indexes: ['lists_pkey', 'tasks_pkey', owners, 'events_pkey'],
    },
    'what is new': { ...readsChanges, on: 'completed', input: ({ since }) => ({ cursor: since }), pages: 20 * ROW },
  },
  'sync.watch': { 'its first page': { ...readsChanges, on: 'completed', input: ({ since }) => ({ cursor: since }), pages: 20 * ROW } },
  'lists.create': {
    'a new list': { ...createsList, input: ({ first }) => named(first) },
    'a list that is there': {
      ...changesList,
      input: ({ first }) => named(first),
      indexes: [...allLists, ...pastOf, 'events_list_idx', owners],
      pages: WRITE + PAGE,
      perList: 3,
      skews: true,
    },
  },
  'lists.get': { 'a list': { ...reads, input: one, indexes: ['lists_pkey'], pages: 2 * ROW } },
  'lists.list': { 'all lists': { ...page, input: () => undefined, indexes: allLists, perList: 3, skews: true } },
  'lists.edit': { 'a list': { ...changesList, input: ({ first }) => ({ id: first, name: 'Changed', expectedVersion: 1 }) } },
  'lists.archive': { 'a list': { ...changesList, input: one } },
  'lists.move': { 'a list': { ...changesList, indexes: [...changesList.indexes, ...allLists], input: one, pages: 3 * PAGE, perList: 3, skews: true } },
  'lists.unarchive': { 'a list': { ...changesList, input: one } },
  'lists.remove': {
    'a list, whose tasks go to the inbox': { ...removesList, input: ({ first }) => ({ id: first, tasks: 'inbox' }) },
    'a list and its tasks': { ...removesList, input: ({ first }) => ({ id: first, tasks: 'remove' }) },
  },
  'lists.import': {
    'a new list': { ...createsList, input: ({ first }) => ({ lists: [named(first)] }) },
    'dry run': { ...changesList, on: 'new', input: ({ first }) => ({ lists: [named(first)], dryRun: true }), indexes: ['lists_pkey', owners], pages: 5 * ROW },
  },
  'lists.restore': {
    'a removed list': { ...createsList, statements: 4, on: 'removed', input: one, pages: 2 * WRITE },
    'a list as it was': { ...changesList, statements: 4, input: ({ first, last }) => ({ id: first, seq: last }), indexes: createsList.indexes },
  },
  'tasks.create': {
    'a new task': { ...creates, input: ({ first }) => made(first) },
    'a task that is there': { ...changes, input: ({ first }) => made(first), indexes: ['tasks_pkey', 'tasks_place_idx', ...pastOf, owners], pages: WRITE },
    'a new task, once': {
      ...creates,
      input: ({ first, second }) => ({ ...made(first), mutationId: second }),
      indexes: [...creates.indexes, keys],
      pages: WRITE + 4 * ROW,
    },
  },
  'tasks.createMany': { 'two tasks': { ...creates, input: ({ first, second }) => ({ tasks: [made(first), made(second)] }), pages: 2 * WRITE } },
  'tasks.import': {
    'a new task': { ...creates, input: ({ first }) => ({ tasks: [made(first)] }) },
    'a task that is there': {
      ...changes,
      input: ({ first }) => ({ tasks: [made(first)] }),
      indexes: ['tasks_pkey', 'tasks_place_idx', 'user_pkey', ...pastOf, owners],
      pages: WRITE,
    },
    'dry run': { ...changes, on: 'new', input: ({ first }) => ({ tasks: [made(first)], dryRun: true }), indexes: ['tasks_pkey', owners], pages: 5 * ROW },
  },
  'tasks.get': { 'a task': { ...reads, input: one, indexes: ['tasks_pkey'], pages: 2 * ROW } },
  'tasks.counts': {
    'all tasks': { ...reads, input: () => undefined, indexes: [owners], pages: 2 * ROW },
    'on a day': {
      ...reads,
      input: () => ({ today: '2026-03-01' }),
      indexes: [owners, 'tasks_due_idx', 'tasks_open_newest_idx', 'tasks_list_idx', ...tasksOfOwner],
      pages: 20 * ROW,
      perTask: 7,
    },
  },
  'tasks.edit': {
    'a task': { ...changes, input: ({ first }) => ({ id: first, title: 'Changed' }) },
    'a task of a version': { ...changes, input: ({ first }) => ({ id: first, description: 'Changed', expectedVersion: 1 }) },
    'the labels of a task': {
      ...changes,
      pages: WRITE,
      on: 'labelled',
      input: ({ first, groupId }) => ({ id: first, addLabels: ['Added'], removeLabels: [groupId] }),
      indexes: [...changes.indexes, 'task_labels_pkey'],
    },
  },
  'tasks.complete': {
    'a task': { ...changes, input: one },
    'a task of a version': { ...changes, input: ({ first }) => ({ id: first, expectedVersion: 1 }) },
    'a task and its subtasks': { ...changesTwo, indexes: [...moves.indexes, ...tasksOfOwner], input: ({ first }) => ({ id: first, subtasks: true }) },
    'a recurring task': { ...moves, input: ({ first }) => ({ id: first, on: '2026-02-01' }) },
    'a recurring task and its subtasks': {
      ...moves,
      ...{ indexes: [...moves.indexes, ...tasksOfOwner], skews: true },
      input: ({ first }) => ({ id: first, on: '2026-02-01', subtasks: true }),
    },
  },
  'tasks.skip': { 'a recurring task': { ...moves, input: ({ first }) => ({ id: first, on: '2026-02-01' }) } },
  'tasks.editMany': { 'two tasks': { ...changesTwo, input: (given) => ({ ...both(given), title: `Edited ${randomUUID()}` }) } },
  'tasks.completeMany': {
    'two tasks': changesTwo,
    'two recurring tasks': {
      ...moves,
      ...{ indexes: [...moves.indexes, ...tasksOfOwner], skews: true },
      pages: 2 * moves.pages,
      input: (given) => ({ ...both(given), on: '2026-02-01' }),
    },
  },
  'tasks.reopen': { 'a task': { ...changes, on: 'completed', input: one } },
  'tasks.move': {
    'a task to the end': { ...moved, input: one },
    'a task of a version beside another one': { ...moved, input: ({ first, second }) => ({ id: first, after: second, expectedVersion: 1 }) },
    'a task into another one': { ...moved, input: ({ first, second }) => ({ id: first, parentId: second }) },
  },
  'tasks.moveMany': { 'two tasks': { ...changesTwo, indexes: [...changesTwo.indexes, ...places], pages: 2 * WRITE } },
  'tasks.remove': { 'a task': { ...changes, input: one, indexes: [...changes.indexes, ...places, 'user_pkey'], pages: WRITE, perTask: 2 } },
  'tasks.removeMany': { 'two tasks': { ...changesTwo, indexes: [...changesTwo.indexes, 'tasks_parent_idx', 'user_pkey'] } },
  'tasks.removed': {
    'all tasks': {
      ...page,
      on: 'removed',
      input: () => ({}),
      indexes: ['events_removed_idx', 'events_entity_idx'],
      pages: 4 * PAGE,
      skews: true,
    },
  },
  'tasks.restore': {
    'a removed task': { ...creates, indexes: [...creates.indexes, ...places], statements: 4, on: 'removed', input: one, pages: 2 * WRITE },
    'a task as it was': { ...changes, statements: 4, input: ({ first, last }) => ({ id: first, seq: last }), indexes: [...creates.indexes, ...places] },
  },
  'tasks.list': listCalls,
};
