import type { Task } from '@todo/contract';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Change } from './change.ts';
import { createLocal, type Step } from './local.ts';
import { newRow } from './rows.ts';

const AT = '2026-01-31T00:00:00.000Z';
const COUNT = 12;
const ids = Array.from({ length: COUNT }, (_, i) => `task-${String(i).padStart(2, '0')}`);

const taskOf = (id: string, i: number): Task => ({
  ...newRow('task', { id, title: id }, AT),
  position: `a${String.fromCharCode('A'.charCodeAt(0) + i)}`,
  version: 1,
});
const rowsStep = (tasks: Task[], isWhole: boolean): Step => ({
  kind: 'rows',
  after: undefined,
  isWhole,
  changes: tasks.map((value) => ({ seq: 1, entity: 'task', id: value.id, value })),
  position: { cursor: 'cursor', seq: COUNT },
});

const id = fc.constantFrom(...ids);
const place = fc.oneof(fc.record({ before: id }), fc.record({ after: id }), fc.record({ parentId: fc.option(id) }), fc.constant({}));
const call = fc.oneof(
  fc.tuple(
    fc.constant('tasks.move'),
    fc.tuple(id, place).map(([moved, at]) => ({ id: moved, ...at })),
  ),
  fc.tuple(
    fc.constant('tasks.moveMany'),
    fc.tuple(fc.uniqueArray(id, { minLength: 1, maxLength: 4 }), place).map(([many, at]) => ({ ids: many, ...at })),
  ),
  fc.tuple(fc.constant('tasks.remove'), fc.record({ id })),
  fc.tuple(fc.constant('tasks.complete'), fc.record({ id, subtasks: fc.boolean() })),
  fc.tuple(
    fc.constant('tasks.create'),
    fc.tuple(fc.uuid(), fc.option(id)).map(([made, parentId]) => ({ id: made, title: 'Made', parentId })),
  ),
);
const changeOf = ([path, input]: [string, object], i: number): Change => ({
  key: String(i).padStart(4, '0'),
  userId: 'ada',
  mutationId: `${i}`,
  path,
  input,
  at: AT,
});

it('changes show the same, whether they came one by one or were loaded together', () => {
  fc.assert(
    fc.property(fc.array(call, { maxLength: 20 }), (calls) => {
      const changes = calls.map(changeOf);
      const [followed, loaded] = [createLocal(), createLocal()];
      const tasks = ids.map(taskOf);
      for (const local of [followed, loaded]) local.apply(rowsStep(tasks, true));
      for (const change of changes) {
        // What comes from the server shows below the changes.
        followed.apply(rowsStep(tasks.slice(0, 1), false));
        followed.shown();
        followed.apply({ kind: 'change', change });
        followed.shown();
        followed.apply({ kind: 'change', change: { ...change, sent: { mutationId: change.mutationId, input: { ...change.input, expectedVersion: 1 } } } });
      }
      for (const change of changes) loaded.apply({ kind: 'change', change: structuredClone(change) });
      const rows = (local: typeof loaded) => [...local.shown().tasks.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
      expect(rows(followed)).toEqual(rows(loaded));
    }),
  );
});

/** Ids in the order of the top level. */
const order = (local: ReturnType<typeof createLocal>) => {
  const top = [...local.shown().tasks.values()].filter(({ parentId }) => parentId === null);
  return top.sort((a, b) => (a.position < b.position ? -1 : 1)).map((task) => task.id);
};

it('a task that was moved beside another stays beside it when the server moves that', () => {
  const local = createLocal();
  const [first = '', second = '', third = ''] = ids;
  const [one, two, three] = [taskOf(first, 0), taskOf(second, 1), taskOf(third, 2)];
  local.apply(rowsStep([one, two, three], true));
  local.apply({ kind: 'change', change: changeOf(['tasks.move', { id: third, after: first }], 0) });
  expect(order(local)).toEqual([first, third, second]);
  local.apply(rowsStep([{ ...one, position: 'aZ' }], false));
  expect(order(local)).toEqual([second, first, third]);
});

it('a task that has just got its first subtask takes that with it', () => {
  const local = createLocal();
  const [first = '', second = '', third = ''] = ids;
  local.apply(rowsStep([taskOf(first, 0), taskOf(second, 1), taskOf(third, 2)], true));
  for (const [i, call] of [
    ['tasks.remove', { id: third }],
    ['tasks.move', { id: second, parentId: first }],
    ['tasks.remove', { id: first }],
  ].entries())
    local.apply({ kind: 'change', change: changeOf([String(call[0]), Object(call[1])], i) });
  expect(order(local)).toEqual([]);
  expect(local.shown().tasks.size).toBe(0);
});
