import { TASK_MAX_LEVELS } from '@todo/contract';
import type { Draft, LineMessage } from './draft.ts';

export interface Node<Task> {
  draft: Draft;
  task: Task;
  parent?: Node<Task> | undefined;
  /** The key of the list that it is in, which is that of its parent. */
  list?: string | undefined;
  level: number;
}

type Order = Draft['order'];

/** Tasks without an order follow those that have one, as they stand in the file. */
function compareOrders(a: Order, b: Order): number {
  if (a === undefined || b === undefined || typeof a !== typeof b) return Number(a === undefined) - Number(b === undefined);
  return a < b ? -1 : Number(a > b);
}

/** Finds the parent of each task. A parent that is not there, and one of several with the same key, is noted. */
function connect<Task>(nodes: Node<Task>[], notes: LineMessage[]): void {
  const byKey = new Map<string, Node<Task>>();
  const doubled = new Set<string>();
  for (const node of nodes) {
    const { key } = node.draft;
    if (key === undefined) continue;
    if (byKey.has(key)) doubled.add(key);
    else byKey.set(key, node);
  }
  for (const node of nodes) {
    const { parent: key, line } = node.draft;
    if (key === undefined) continue;
    node.parent = byKey.get(key);
    if (!node.parent) notes.push({ line, message: 'Its parent task is not in the file or cannot be imported, so it is at the top level.' });
    else if (doubled.has(key)) notes.push({ line, message: 'Several tasks have the id of its parent; it is below the first.' });
  }
}

/** Ends circles of parents, each at the task by which it is reached first. */
function endCircles<Task>(nodes: Node<Task>[], notes: LineMessage[]): void {
  const known = new Set<Node<Task>>();
  for (const node of nodes) {
    const path = new Set<Node<Task>>();
    for (let at: Node<Task> | undefined = node; at && !known.has(at); at = at.parent) {
      path.add(at);
      if (!at.parent || !path.has(at.parent)) continue;
      notes.push({ line: at.parent.draft.line, message: 'Its parents form a circle, so it is at the top level.' });
      at.parent.parent = undefined;
    }
    for (const at of path) known.add(at);
  }
}

/** Gives a task that is too deep the lowest ancestor that may have subtasks, and each task the list of its parent. */
function place<Task>(node: Node<Task>, notes: LineMessage[]): void {
  const { line, list } = node.draft;
  if (node.parent?.level === TASK_MAX_LEVELS) {
    node.parent = node.parent.parent;
    notes.push({ line, message: `It is deeper than ${TASK_MAX_LEVELS} levels, so it is on level ${TASK_MAX_LEVELS}.` });
  }
  node.level = (node.parent?.level ?? 0) + 1;
  node.list = node.parent ? node.parent.list : list;
  if (node.parent && list !== undefined && list !== node.list) notes.push({ line, message: 'Its parent task is in another list, so it is there too.' });
}

/** The tasks list by list, in their order, each followed by its subtasks. */
export function arrange<Task>(all: { draft: Draft; task: Task }[], listKeys: string[], notes: LineMessage[]): Node<Task>[] {
  const nodes = all.map(({ draft, task }): Node<Task> => ({ draft, task, level: 0 }));
  connect(nodes, notes);
  endCircles(nodes, notes);
  const children = new Map<Node<Task> | undefined, Node<Task>[]>();
  for (const node of nodes) {
    const siblings = children.get(node.parent);
    if (siblings) siblings.push(node);
    else children.set(node.parent, [node]);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => compareOrders(a.draft.order, b.draft.order));
  const places = new Map(listKeys.map((key, i) => [key, i]));
  const placeOf = ({ draft: { list } }: Node<Task>) => (list === undefined ? -1 : (places.get(list) ?? -1));
  // From the last to the first, as the next one is taken from the end.
  const waiting = (children.get(undefined) ?? []).sort((a, b) => placeOf(a) - placeOf(b)).reverse();
  const arranged: Node<Task>[] = [];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    const below = children.get(node) ?? [];
    place(node, notes);
    arranged.push(node);
    for (const each of below.reverse()) waiting.push(each);
  }
  return arranged;
}
