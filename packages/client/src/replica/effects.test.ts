import { startTestApi } from '@todo/api/testing';
import { expect, it } from 'vitest';
import type { Mutations, Replica } from '../replica.ts';
import { replicaOf, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';

const { twoClients } = await startScene(await startTestApi({ watching }));

/** Ids of what there is before the change: two lists, tasks in the order a, b, c in the inbox, and a task with two levels of subtasks in the first list. */
async function start() {
  const { here } = await twoClients();
  const [groceries, work] = [await here.lists.create({ name: 'Groceries' }), await here.lists.create({ name: 'Work' })];
  const { tasks } = await here.tasks.createMany({ tasks: ['a', 'b', 'c'].map((title) => ({ title, labels: ['Home', 'x'] })) });
  const [a = '', b = '', c = ''] = tasks.map(({ id }) => id);
  const { id: top } = await here.tasks.create({ title: 'top', listId: groceries.id });
  const { id: sub } = await here.tasks.create({ title: 'sub', listId: groceries.id, parentId: top });
  const { id: subsub } = await here.tasks.create({ title: 'subsub', listId: groceries.id, parentId: sub });
  const dated = await here.tasks.create({ title: 'dated', dueDate: '2026-01-31', dueTime: '09:30', timeZone: 'UTC', reminders: [10] });
  const { replica } = replicaOf(here);
  await untilState(replica, 'live');
  return { here, replica, ids: { groceries: groceries.id, work: work.id, a, b, c, top, sub, subsub, dated: dated.id } };
}

type Ids = Awaited<ReturnType<typeof start>>['ids'];

/** Everything that shows, without what only the server knows: times and versions. */
const content = (replica: Replica) =>
  [...replica.lists().values(), ...replica.tasks().values()]
    .map(({ createdAt: _, updatedAt: __, version: ___, ...row }) => ({ ...row, ...('completedAt' in row ? { completedAt: row.completedAt !== null } : {}) }))
    .map((row) => ('archivedAt' in row ? { ...row, archivedAt: row.archivedAt !== null } : row))
    .sort((x, y) => (x.id < y.id ? -1 : 1));

const changes: [what: string, change: (mutate: Mutations, ids: Ids) => { done: Promise<unknown> }][] = [
  ['tasks.create', ({ tasks }) => tasks.create({ title: 'd', priority: 'high', labels: ['Home'] })],
  ['tasks.create in a list', ({ tasks }, { groceries }) => tasks.create({ title: 'd', listId: groceries })],
  ['tasks.create below a task', ({ tasks }, { groceries, top }) => tasks.create({ title: 'd', listId: groceries, parentId: top })],
  [
    'tasks.createMany',
    ({ tasks }, { work }) => tasks.createMany({ tasks: [{ title: 'd' }, { title: 'e', listId: work }, { title: 'f', dueDate: '2026-01-31' }] }),
  ],
  ['tasks.edit', ({ tasks }, { a }) => tasks.edit({ id: a, title: 'A', description: 'Text', startDate: '2026-01-01' })],
  ['tasks.edit of labels', ({ tasks }, { a }) => tasks.edit({ id: a, addLabels: ['HOME', 'y'], removeLabels: ['X'] })],
  ['tasks.edit that clears what others require', ({ tasks }, { dated }) => tasks.edit({ id: dated, dueDate: null })],
  ['tasks.edit that clears one that requires', ({ tasks }, { dated }) => tasks.edit({ id: dated, dueTime: null, labels: null })],
  ['tasks.editMany', ({ tasks }, { a, b }) => tasks.editMany({ ids: [a, b], priority: 'low', removeLabels: ['home'] })],
  ['tasks.complete', ({ tasks }, { a }) => tasks.complete({ id: a })],
  ['tasks.complete with subtasks', ({ tasks }, { top }) => tasks.complete({ id: top })],
  ['tasks.completeMany', ({ tasks }, { a, c }) => tasks.completeMany({ ids: [a, c] })],
  ['tasks.reopen', ({ tasks }, { a }) => tasks.reopen({ id: a })],
  ['tasks.move to the end', ({ tasks }, { a }) => tasks.move({ id: a })],
  ['tasks.move before another', ({ tasks }, { a, c }) => tasks.move({ id: c, before: a })],
  ['tasks.move after another', ({ tasks }, { a, b }) => tasks.move({ id: a, after: b })],
  ['tasks.move to a list', ({ tasks }, { top, work }) => tasks.move({ id: top, listId: work })],
  ['tasks.move of a subtask to the top level', ({ tasks }, { sub }) => tasks.move({ id: sub, parentId: null })],
  ['tasks.move below another', ({ tasks }, { b, sub }) => tasks.move({ id: b, parentId: sub })],
  ['tasks.move of a subtask to the inbox', ({ tasks }, { sub, b }) => tasks.move({ id: sub, before: b })],
  ['tasks.moveMany', ({ tasks }, { a, c, top }) => tasks.moveMany({ ids: [c, a], parentId: top })],
  ['tasks.remove with subtasks', ({ tasks }, { top }) => tasks.remove({ id: top })],
  ['tasks.removeMany', ({ tasks }, { a, sub }) => tasks.removeMany({ ids: [a, sub] })],
  ['lists.create', ({ lists }) => lists.create({ name: 'Home', color: '#1e90ff' })],
  ['lists.edit', ({ lists }, { work }) => lists.edit({ id: work, name: 'Office', color: '#000000' })],
  ['lists.archive', ({ lists }, { work }) => lists.archive({ id: work })],
  ['lists.unarchive', ({ lists }, { work }) => lists.unarchive({ id: work })],
  ['lists.move', ({ lists }, { work, groceries }) => lists.move({ id: work, before: groceries })],
  ['lists.remove, tasks to the inbox', ({ lists }, { groceries }) => lists.remove({ id: groceries, tasks: 'inbox' })],
  ['lists.remove with tasks', ({ lists }, { groceries }) => lists.remove({ id: groceries, tasks: 'remove' })],
];

it.each(changes)('%s shows at once what the server then says', async (_, change) => {
  const { here, replica, ids } = await start();
  const { done } = change(replica.mutate, ids);
  const shown = content(replica);
  await done;
  expect(content(replica)).toEqual(shown);
  await untilEqual(replica, here);
  expect(content(replica)).toEqual(shown);
});
