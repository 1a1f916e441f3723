import { randomUUID } from 'node:crypto';
import type { TodoClient } from '../index.ts';

type Act = (todo: TodoClient, id: string) => Promise<unknown>;
const archivedAt = '2026-01-31T09:30:00Z';
const list: Act = ({ lists }, id) => lists.create({ id, name: 'Groceries' });
const labelled: Act = ({ tasks }, id) => tasks.edit({ id, labels: ['Work'] });
/** A call of every mutation, and what it needs before. There is a task with the id, and a call with the same mutation id. */
export const mutations: [path: string, call: Act, prepare?: Act][] = [
  ['tasks.create', ({ tasks }) => tasks.create({ title: 'Buy bread' })],
  ['tasks.createMany', ({ tasks }) => tasks.createMany({ tasks: [{ title: 'Buy bread' }, { title: 'Buy salt' }] })],
  ['tasks.import', ({ tasks }) => tasks.import({ tasks: [{ id: randomUUID(), title: 'Buy bread' }] })],
  ['tasks.edit', ({ tasks }, id) => tasks.edit({ id, title: 'Buy oat milk', expectedVersion: 1 })],
  ['tasks.complete', ({ tasks }, id) => tasks.complete({ id, expectedVersion: 1 })],
  [
    'tasks.skip',
    ({ tasks }, id) => tasks.skip({ id, on: '2026-02-01' }),
    ({ tasks }, id) => tasks.edit({ id, dueDate: '2026-01-31', recurrence: 'FREQ=DAILY' }),
  ],
  ['tasks.reopen', ({ tasks }, id) => tasks.reopen({ id, expectedVersion: 2 }), ({ tasks }, id) => tasks.complete({ id })],
  ['tasks.editMany', ({ tasks }, id) => tasks.editMany({ ids: [id], priority: 'high' })],
  ['tasks.completeMany', ({ tasks }, id) => tasks.completeMany({ ids: [id] })],
  ['tasks.move', ({ tasks }, id) => tasks.move({ id, expectedVersion: 1 }), ({ tasks }) => tasks.create({ title: 'Buy salt' })],
  ['tasks.moveMany', ({ tasks }, id) => tasks.moveMany({ ids: [id] }), ({ tasks }) => tasks.create({ title: 'Buy salt' })],
  ['tasks.remove', ({ tasks }, id) => tasks.remove({ id })],
  ['tasks.removeMany', ({ tasks }, id) => tasks.removeMany({ ids: [id] })],
  ['tasks.restore', ({ tasks }, id) => tasks.restore({ id }), ({ tasks }, id) => tasks.remove({ id })],
  ['labels.rename', ({ labels }) => labels.rename({ from: 'Work', to: 'Home' }), labelled],
  ['labels.remove', ({ labels }) => labels.remove({ name: 'Work' }), labelled],
  ['history.rewind', ({ history }) => history.rewind({ to: 0 })],
  ['history.undo', ({ history }, id) => history.undo({ of: { mutationId: id } })],
  ['lists.create', ({ lists }) => lists.create({ name: 'Groceries' })],
  ['lists.import', ({ lists }) => lists.import({ lists: [{ id: randomUUID(), name: 'Groceries' }] })],
  ['lists.edit', ({ lists }, id) => lists.edit({ id, name: 'Work', expectedVersion: 1 }), list],
  ['lists.archive', ({ lists }, id) => lists.archive({ id }), list],
  ['lists.move', ({ lists }, id) => lists.move({ id }), (todo, id) => list(todo, id).then(() => todo.lists.create({ name: 'Work' }))],
  ['lists.unarchive', ({ lists }, id) => lists.unarchive({ id }), ({ lists }, id) => lists.import({ lists: [{ id, name: 'Groceries', archivedAt }] })],
  ['lists.remove', ({ lists }, id) => lists.remove({ id, tasks: 'inbox' }), list],
  ['lists.restore', ({ lists }, id) => lists.restore({ id }), (todo, id) => list(todo, id).then(() => todo.lists.remove({ id, tasks: 'inbox' }))],
];
