import type { Task } from '@todo/contract';
import { positionBetween } from '../position.ts';
import type { Draft } from './draft.ts';

interface Placed {
  id: string;
  position: string;
}

interface Neighbors {
  before?: string | undefined;
  after?: string | undefined;
}

const isBefore = (a: Placed, b: Placed) => (a.position === b.position ? a.id < b.id : a.position < b.position);

/** The last of these rows in their order that `counts`, or with `isFirst` the first one. */
function outermost(rows: Iterable<Placed>, counts: (row: Placed) => boolean, isFirst = false): string | null {
  let found: Placed | undefined;
  for (const row of rows) if (counts(row) && (!found || isBefore(row, found) === isFirst)) found = row;
  return found?.position ?? null;
}

/** The position before or after a neighbour; undefined if that is not there. */
function positionBeside(siblings: readonly Placed[], { before, after }: Neighbors): string | undefined {
  const neighbor = siblings.find(({ id }) => id === (before ?? after));
  if (!neighbor) return undefined;
  if (before === undefined)
    return positionBetween(
      neighbor.position,
      outermost(siblings, (row) => isBefore(neighbor, row), true),
    );
  return positionBetween(
    outermost(siblings, (row) => isBefore(row, neighbor)),
    neighbor.position,
  );
}

/** The position after all others of a place, which are looked at once for each draft. */
function positionAtEnd({ ends }: Draft, place: string, siblings: () => Iterable<Placed>): string {
  const last = ends.get(place) ?? outermost(siblings(), () => true);
  const next = positionBetween(last, null);
  ends.set(place, next);
  return next;
}

type Place = Pick<Task, 'listId' | 'parentId'>;

export const siblingsOf = ({ tasks }: Draft, { listId, parentId }: Place): Task[] =>
  [...tasks.values()].filter((task) => task.parentId === parentId && task.listId === listId);

/** Where tasks were placed beside others, by the input of the change, and its tasks: the same again costs nothing while the neighbour is where it was. */
const placed = new WeakMap<object, Map<string, { place: string; beside: string; position: string }>>();

/** The position of a task in a list and under a parent: beside a neighbour, or at the end. */
export function taskPosition(draft: Draft, at: Place, { before, after }: Neighbors = {}, id = '', input: object = {}): string {
  const place = `${at.listId}/${at.parentId}`;
  const neighbor = draft.tasks.get(before ?? after ?? '');
  const known = placed.get(input)?.get(id);
  if (neighbor && known?.place === place && known.beside === neighbor.position) return known.position;
  const beside = neighbor ? positionBeside(siblingsOf(draft, at), { before, after }) : undefined;
  if (!neighbor || beside === undefined) return positionAtEnd(draft, place, () => siblingsOf(draft, at));
  placed.set(input, (placed.get(input) ?? new Map()).set(id, { place, beside: neighbor.position, position: beside }));
  return beside;
}

/** The position of a list: beside a neighbour, or at the end. */
export const listPosition = (draft: Draft, neighbors: Neighbors = {}): string =>
  positionBeside([...draft.lists.values()], neighbors) ?? positionAtEnd(draft, 'lists', () => draft.lists.values());

/** The subtasks of a task, their subtasks, and so on. */
export function subtasksOf({ tasks }: Draft, id: string): Task[] {
  if (!tasks.mayBeParent(id)) return [];
  const found = new Set([id]);
  const below: Task[] = [];
  let before = 0;
  while (before < found.size) {
    before = found.size;
    for (const task of tasks.values())
      if (task.parentId !== null && found.has(task.parentId) && !found.has(task.id)) {
        found.add(task.id);
        below.push(task);
      }
  }
  return below;
}

export interface Target extends Neighbors {
  listId?: string | null | undefined;
  parentId?: string | null | undefined;
}

/** The list and parent that a move names: a neighbour says both, and a parent says the list. */
export function placeOf({ tasks }: Draft, task: Place, target: Target): Place {
  const neighbor = tasks.get(target.before ?? target.after ?? '');
  if (neighbor) return { listId: neighbor.listId, parentId: neighbor.parentId };
  const parent = tasks.get(target.parentId ?? '');
  if (parent) return { listId: parent.listId, parentId: parent.id };
  const listId = target.listId === undefined ? task.listId : target.listId;
  const stays = target.parentId === undefined && listId === task.listId;
  return { listId, parentId: stays ? task.parentId : null };
}
