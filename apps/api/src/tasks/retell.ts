import { type OwnerDb, owner, prepare, schema } from '@todo/db';
import { and, desc, eq, lte, sql } from 'drizzle-orm';
import { ApiError } from '../errors.ts';
import type { RestoreTaskInput } from '../history/input.ts';
import { demandToldAt } from '../history/store.ts';
import type { Done } from '../once.ts';
import type { ChangeTaskInput, CreateTaskInput } from './input.ts';
import { isSameContent, type Task } from './store.ts';

const { taskEvents } = schema;
const { taskId, title, description, completedAt, createdAt, updatedAt, version, mutationId } = taskEvents;

const selectStates = prepare((db) =>
  db
    .selectDistinctOn([taskId], { taskId, title, description, completedAt, createdAt, updatedAt, version, mutationId })
    .from(taskEvents)
    .where(and(eq(taskEvents.userId, owner), sql`${taskId} = any(${sql.placeholder('ids')}::text::uuid[])`, lte(taskEvents.seq, sql.placeholder('seq'))))
    .orderBy(taskId, desc(taskEvents.seq)),
);

/** The task that an event holds; null when it was removed. */
function taskOf(state: Awaited<ReturnType<typeof selectStates.execute>>[number]): Task | null {
  const { taskId: id, title, description, completedAt, createdAt, updatedAt, version } = state;
  if (title === null || description === null || createdAt === null || updatedAt === null || version === null) return null;
  return { id, title, description, completedAt, createdAt, updatedAt, version };
}

/** How tasks stood when the call was done, which held them until then; `own` are those that the call itself left so. */
export async function statesAfter(db: OwnerDb, ids: string[], done: Done): Promise<{ tasks: Map<string, Task | null>; own: Set<string> }> {
  const states = await db.run(selectStates, { ids: `{${ids.join()}}`, seq: done.seq });
  return {
    tasks: new Map(states.map((state) => [state.taskId, taskOf(state)])),
    own: new Set(states.filter((state) => state.mutationId === done.mutationId).map((state) => state.taskId)),
  };
}

async function stateAfter(db: OwnerDb, id: string, done: Done): Promise<{ task: Task | null; isOwn: boolean }> {
  const { tasks, own } = await statesAfter(db, [id], done);
  return { task: tasks.get(id) ?? null, isOwn: own.has(id) };
}

export async function retellCreate(db: OwnerDb, input: CreateTaskInput, done: Done): Promise<Task> {
  const { task, isOwn } = await stateAfter(db, input.id ?? done.mutationId, done);
  if (!task || !(isOwn || isSameContent(task, input))) throw new ApiError('ID_TAKEN');
  return task;
}

/** What editing, completing and reopening a task answered. */
export async function retellChange(db: OwnerDb, input: { id: string; expectedVersion?: number | undefined }, done: Done): Promise<Task> {
  const { task, isOwn } = await stateAfter(db, input.id, done);
  if (!task) throw new ApiError('TASK_NOT_FOUND');
  if (!isOwn && task.version !== (input.expectedVersion ?? task.version)) throw new ApiError('VERSION_CONFLICT');
  return task;
}

export async function retellRestore(db: OwnerDb, { id, seq }: RestoreTaskInput, done: Done): Promise<Task> {
  const { task, isOwn } = await stateAfter(db, id, done);
  if (!isOwn && seq !== undefined) {
    await demandToldAt(db, seq);
    const then = await stateAfter(db, id, { ...done, seq: Math.min(seq, done.seq) });
    if (!then.task) throw new ApiError('TASK_NOT_FOUND');
  }
  if (!task) throw new ApiError('TASK_NOT_FOUND');
  return task;
}

export async function retellRemove(db: OwnerDb, { id }: ChangeTaskInput, done: Done): Promise<{ id: string }> {
  const { task, isOwn } = await stateAfter(db, id, done);
  if (task) throw new ApiError('VERSION_CONFLICT');
  if (!isOwn) throw new ApiError('TASK_NOT_FOUND');
  return { id };
}
