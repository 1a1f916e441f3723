import { encodeCursor } from '../paging.ts';
import type { Call } from './given.ts';
import { byLabel, page, ROW, tasksOfOwner } from './work.ts';

const day = '2026-03-01';

/** Calls of tasks.list: each way to read. */
export const listCalls: Record<string, Call> = {
  'newest first': { ...page, input: () => undefined, indexes: ['tasks_newest_idx'] },
  'from a cursor': {
    ...page,
    input: ({ first }) => ({ cursor: encodeCursor('created-desc', { value: '2999-01-01T00:00:00.000000Z', id: first }) }),
    indexes: ['tasks_newest_idx'],
  },
  'oldest first': { ...page, input: () => ({ order: 'asc' }), indexes: ['tasks_newest_idx'] },
  'open tasks': { ...page, input: () => ({ completed: false }), indexes: ['tasks_open_newest_idx'] },
  'completed tasks': { ...page, input: () => ({ completed: true, limit: 5 }), indexes: ['tasks_completed_newest_idx'], pages: 2 * ROW + 6 },
  'by last change': { ...page, input: () => ({ sort: 'updated' }), indexes: ['tasks_updated_idx'] },
  'by title': { ...page, input: () => ({ sort: 'title' }), indexes: ['tasks_title_idx'] },
  'due on a day': { ...page, input: () => ({ due: { from: day, to: day }, completed: false, sort: 'due' }), indexes: ['tasks_due_idx'] },
  'due in a week': {
    ...page,
    input: () => ({ due: { from: day, to: '2026-03-07' }, completed: false, sort: 'due', order: 'asc' }),
    indexes: ['tasks_due_idx'],
  },
  'overdue from a cursor': {
    ...page,
    input: ({ first }) => ({ overdueOn: day, sort: 'due', cursor: encodeCursor('due-desc', { value: '2026-02-02', id: first }) }),
    indexes: ['tasks_due_idx'],
  },
  'due on a day, by priority': { ...page, input: () => ({ due: { from: day, to: day }, completed: false, sort: 'priority' }), indexes: ['tasks_due_idx'] },
  'by time of completion': { ...page, input: () => ({ completed: true, sort: 'completed' }), indexes: ['tasks_completed_at_idx'] },
  'completed in a time': {
    ...page,
    input: ({ first }) => ({
      completedIn: { from: '2020-01-01T00:00:00Z' },
      sort: 'completed',
      order: 'asc',
      cursor: encodeCursor('completed-asc', { value: '2020-01-01T00:00:00.000000Z', id: first }),
    }),
    indexes: ['tasks_completed_at_idx'],
  },
  'of a list in its order': {
    ...page,
    input: ({ first }) => ({ listId: first, parentId: null, sort: 'position', order: 'asc' }),
    indexes: ['tasks_place_idx'],
  },
  'the inbox in its order, from a cursor': {
    ...page,
    input: ({ first }) => ({ listId: null, parentId: null, sort: 'position', order: 'asc', cursor: encodeCursor('position-asc', { value: 'a0', id: first }) }),
    indexes: ['tasks_place_idx'],
  },
  'subtasks in their order': { ...page, input: ({ first }) => ({ parentId: first, sort: 'position', order: 'asc' }), indexes: ['tasks_place_idx'] },
  'of a list': { ...page, input: ({ first }) => ({ listId: first }), indexes: ['tasks_list_idx'] },
  'with a label': { ...page, on: 'labelled', input: ({ groupId }) => ({ labels: { all: [groupId] } }), indexes: byLabel, pages: 5 * ROW },
  'with one of two labels': { ...page, input: () => ({ labels: { any: ['rare', 'none'] }, sort: 'due' }), indexes: byLabel, pages: 40 * ROW },
  'of a priority, by due date': { ...page, input: () => ({ priority: ['high'], sort: 'due' }), indexes: tasksOfOwner, perTask: 5 },
  'a search that finds nothing': { ...page, input: () => ({ search: 'Nowhere' }), indexes: tasksOfOwner, perTask: 5 },
};
