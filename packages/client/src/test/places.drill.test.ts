import { randomUUID } from 'node:crypto';
import { startTestApi } from '@todo/api/testing';
import { importTask, TASK_MAX_LEVELS, type Task } from '@todo/contract';
import { expect, inject, it } from 'vitest';
import { type TodoClient, TodoError } from '../index.ts';
import { everyList, everything, replicaOf, startScene, untilEqual, untilState, watching } from '../testing/replica.ts';

/** Changes of tasks and lists, as the log counts them. */
const [CHANGES, TIME_LIMIT_MS] = inject('drills') === 'long' ? [100_000, 7_200_000] : [3_000, 240_000];
const WRITERS = 8;
const TASKS = 250;

const api = await startTestApi({ watching, acquireTimeout: 60_000 });
const { twoClients } = await startScene(api);
const below = (end: number) => Math.floor(Math.random() * end);
const one = <Item>(items: readonly Item[]): Item | undefined => items[below(items.length)];

/** Why a call may fail: others have changed what it names, or the machine is busy. */
const expected =
  /^(TASK|LIST|PARENT|NEIGHBOR|CALL)_NOT_FOUND$|^PARENT_IN_OTHER_LIST$|^PARENT_IS_SUBTASK$|^LEVELS_EXCEEDED$|^DEADLINE_EXCEEDED$|^CALL_TIMED_OUT$/;

/** What all writers know: also of tasks, lists and calls that are gone. */
interface Board {
  ids: string[];
  listIds: string[];
  calls: string[];
  seq: number;
  refused: Map<string, number>;
}

const some = (ids: string[], most: number) => [...new Set(Array.from({ length: 1 + below(most) }, () => one(ids) ?? randomUUID()))];

/** A random place; others may have moved or removed what it names. */
function place({ ids, listIds }: Board, moving: string[] = []) {
  const [listId, parentId, neighbor] = [one([null, ...listIds]) ?? null, one(ids) ?? null, one(ids.filter((id) => !moving.includes(id)))];
  return (
    one([
      {},
      { listId },
      { parentId },
      { parentId: null },
      { listId, parentId: null },
      { before: neighbor },
      { after: neighbor },
      { listId, before: neighbor },
    ]) ?? {}
  );
}

/** Makes a random change and returns the log position after it. */
async function change(todo: TodoClient, board: Board): Promise<number> {
  const { tasks, lists, history } = todo;
  const [id, mutationId, of] = [one(board.ids) ?? randomUUID(), randomUUID(), one(board.calls.slice(-200)) ?? randomUUID()];
  const create = async () => {
    const { listId = null, parentId = null } = place(board);
    const recurs = below(3) === 0 ? { dueDate: '2026-01-31', recurrence: 'FREQ=DAILY' } : {};
    const fresh = Array.from({ length: 1 + below(8) }, (_, i) => ({ title: `Task ${i}`, listId, parentId, ...recurs }));
    const made = await tasks.createMany({ tasks: fresh, mutationId });
    board.ids.push(...made.tasks.map((task) => task.id));
    return made;
  };
  const open = async () => {
    const made = await lists.create({ name: 'List', mutationId });
    board.listIds.push(made.id);
    return made;
  };
  const moving = some(board.ids, 8);
  const isFull = board.ids.length > TASKS;
  if (isFull) board.ids.splice(0, below(20));
  const changes = [
    create,
    ...(isFull ? [() => tasks.removeMany({ ids: some(board.ids, 20), mutationId })] : [create, create]),
    ...(board.listIds.length < 5 ? [open] : []),
    ...Array.from({ length: 5 }, () => () => tasks.move({ id, ...place(board, [id]), mutationId })),
    () => tasks.moveMany({ ids: moving, ...place(board, moving), mutationId }),
    () => tasks.complete({ id, subtasks: below(2) > 0, mutationId }),
    () => tasks.completeMany({ ids: moving, mutationId }),
    () => tasks.reopen({ id, mutationId }),
    () => tasks.remove({ id, mutationId }),
    () => tasks.restore({ id, mutationId }),
    () => tasks.restore({ id, seq: 1 + below(board.seq), mutationId }),
    () => history.undo({ of: { mutationId: of }, mutationId }),
    () => history.undo({ of: { mutationId: of }, mutationId }),
    ...(below(4) === 0 ? [() => history.rewind({ to: Math.max(0, board.seq - below(100)), mutationId })] : []),
  ];
  const { seq } = await (one(changes) ?? create)();
  board.calls.push(mutationId);
  return seq;
}

async function write(todo: TodoClient, board: Board): Promise<void> {
  while (board.seq < CHANGES) {
    try {
      board.seq = Math.max(board.seq, await change(todo, board));
    } catch (error) {
      if (!(error instanceof TodoError) || !expected.test(error.reason)) throw error;
      board.refused.set(error.reason, (board.refused.get(error.reason) ?? 0) + 1);
    }
  }
}

/** A task and those above it, from the top. */
function pathOf(task: Task, all: Map<string, Task>): Task[] {
  const path = [task];
  for (let above = all.get(task.parentId ?? ''); above && path.length <= all.size; above = all.get(above.parentId ?? '')) path.unshift(above);
  return path;
}

it(
  `${CHANGES} random creations, moves, completions, removals, undos and rewinds by ${WRITERS} writers leave every task in its place`,
  async () => {
    const { here, there, userId } = await twoClients();
    const { replica } = replicaOf(here);
    const board: Board = { ids: [], listIds: [], calls: [], seq: 0, refused: new Map() };
    await Promise.all(Array.from({ length: WRITERS }, (_, i) => write(i % 2 ? here : there, board)));

    const lists = new Set((await everyList(here)).map(({ id }) => id));
    const all = new Map((await everything(here)).map((task) => [task.id, task]));
    for (const task of all.values()) {
      const path = pathOf(task, all);
      expect(path.length).toBeLessThanOrEqual(TASK_MAX_LEVELS);
      expect(path[0]?.parentId).toBe(null);
      expect(new Set(path.map(({ listId }) => listId)).size).toBe(1);
      expect(task.listId === null || lists.has(task.listId)).toBe(true);
      const { createdAt: _, updatedAt: __, version: ___, ...given } = task;
      expect(importTask.safeParse(given).success).toBe(true);
    }
    expect(all.size).toBeGreaterThan(0);
    expect(board.refused.size).toBeGreaterThan(2);
    await untilState(replica, 'live');
    await untilEqual(replica, here);
    expect(await api.database.verifyLog(userId)).not.toHaveProperty('fault');

    // Then each move to the end gives the task the greatest position of its list and parent.
    for (const { id } of [...all.values()].slice(0, 20)) {
      const moved = await here.tasks.move({ id });
      const siblings = (await everything(here)).filter((task) => task.listId === moved.listId && task.parentId === moved.parentId && task.id !== id);
      expect(siblings.filter(({ position }) => position >= moved.position)).toEqual([]);
    }
  },
  TIME_LIMIT_MS,
);
