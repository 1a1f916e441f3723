import type { Input, Procedure, procedures } from '@todo/contract';
import type { Draft } from './draft.ts';
import { changedLabels } from './labels.ts';
import { listPosition, placeOf, subtasksOf, type Target, taskPosition } from './places.ts';
import { edited, newRow } from './rows.ts';

type Declared = typeof procedures;

/** Shows what a call will have done, as far as it can be told. A method, so that a table of effects can be read by a path. */
interface Effect<Given> {
  show(draft: Draft, input: Given, at: string): void;
}

type Show<Given> = Effect<Given>['show'];
type ShowOf<Called> = Called extends Procedure ? Show<Input<Called>> : never;
type Effects = { [Group in 'tasks' | 'lists']: { [Name in keyof Declared[Group]]?: ShowOf<Declared[Group][Name]> } };

const createTask: Show<Input<Declared['tasks']['createMany']>['tasks'][number]> = (draft, input, at) => {
  const row = newRow('task', input, at);
  const placed = { ...row, ...placeOf(draft, row, { listId: row.listId, parentId: row.parentId }) };
  draft.tasks.put({ ...placed, position: taskPosition(draft, placed) });
};

const editTask = (draft: Draft, id: string, input: object, at: string) => {
  const task = draft.tasks.get(id);
  if (task) draft.tasks.put(edited('task', task, { ...input, ...changedLabels(task.labels, input) }, at));
};

/** A recurring task shows its next date when the server has said it. */
const completeTask = (draft: Draft, id: string, at: string, withSubtasks = false) => {
  const task = draft.tasks.get(id);
  if (!task || (task.completedAt === null && task.recurrence !== null)) return;
  for (const each of [task, ...(withSubtasks ? subtasksOf(draft, id) : [])])
    if (each.completedAt === null) draft.tasks.put({ ...each, completedAt: at, updatedAt: at });
};

const moveTask = (draft: Draft, id: string, target: Target, at: string, input: object) => {
  const task = draft.tasks.get(id);
  if (!task) return;
  const place = placeOf(draft, task, target);
  draft.tasks.put({ ...task, ...place, position: taskPosition(draft, place, target, id, input), updatedAt: at });
  if (place.listId !== task.listId) for (const below of subtasksOf(draft, id)) draft.tasks.put({ ...below, listId: place.listId, updatedAt: at });
};

const removeTask = (draft: Draft, id: string) => {
  for (const below of subtasksOf(draft, id)) draft.tasks.delete(below.id);
  draft.tasks.delete(id);
};

const setArchived = (draft: Draft, id: string, archivedAt: string | null, at: string) => {
  const list = draft.lists.get(id);
  if (list) draft.lists.put({ ...list, archivedAt, updatedAt: at });
};

/** By procedure. What has none shows when the server has made it. */
const effects: Effects = {
  tasks: {
    create: createTask,
    createMany: (draft, { tasks }, at) => tasks.forEach((task) => void createTask(draft, task, at)),
    edit: (draft, { id, ...input }, at) => editTask(draft, id, input, at),
    editMany: (draft, { ids, ...input }, at) => ids.forEach((id) => void editTask(draft, id, input, at)),
    complete: (draft, { id, subtasks }, at) => completeTask(draft, id, at, subtasks),
    completeMany: (draft, { ids }, at) => ids.forEach((id) => void completeTask(draft, id, at)),
    reopen: (draft, { id }, at) => {
      const task = draft.tasks.get(id);
      if (task) draft.tasks.put({ ...task, completedAt: null, updatedAt: at });
    },
    move: (draft, input, at) => moveTask(draft, input.id, input, at, input),
    moveMany: (draft, input, at) => {
      const [first = '', ...rest] = input.ids;
      moveTask(draft, first, input, at, input);
      rest.forEach((id, i) => void moveTask(draft, id, { after: input.ids[i] }, at, input));
    },
    remove: (draft, { id }) => removeTask(draft, id),
    removeMany: (draft, { ids }) => ids.forEach((id) => void removeTask(draft, id)),
  },
  lists: {
    create: (draft, input, at) => draft.lists.put({ ...newRow('list', input, at), position: listPosition(draft) }),
    edit: (draft, { id, ...input }, at) => {
      const list = draft.lists.get(id);
      if (list) draft.lists.put(edited('list', list, input, at));
    },
    archive: (draft, { id }, at) => setArchived(draft, id, draft.lists.get(id)?.archivedAt ?? at, at),
    unarchive: (draft, { id }, at) => setArchived(draft, id, null, at),
    move: (draft, { id, ...neighbors }, at) => {
      const list = draft.lists.get(id);
      if (list) draft.lists.put({ ...list, position: listPosition(draft, neighbors), updatedAt: at });
    },
    remove: (draft, { id, tasks }, at) => {
      draft.lists.delete(id);
      for (const task of [...draft.tasks.values()].filter(({ listId }) => listId === id)) {
        if (tasks === 'remove') draft.tasks.delete(task.id);
        else draft.tasks.put({ ...task, listId: null, updatedAt: at });
      }
    },
  },
};

/** The effect of a procedure by its path. */
export function effectOf(path: string): Show<unknown> | undefined {
  const [group = '', name = ''] = path.split('.');
  const all: Record<string, Record<string, Show<unknown> | undefined>> = effects;
  return all[group]?.[name];
}
