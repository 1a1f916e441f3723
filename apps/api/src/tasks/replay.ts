import type { Parsed, procedures, Task } from '@todo/contract';
import { type OwnerDb, owner, prepare, schema } from '@todo/db';
import { and, desc, eq, lte, sql } from 'drizzle-orm';
import { ApiError } from '../errors.ts';
import { assertToldAt } from '../history/store.ts';
import type { Done } from '../idempotent.ts';
import { stateColumns, taskOf } from './event.ts';
import { isSameContent } from './store.ts';

const { taskEvents } = schema;
const { taskId, mutationId } = taskEvents;

const selectStates = prepare((db) =>
  db
    .selectDistinctOn([taskId], { ...stateColumns, mutationId })
    .from(taskEvents)
    .where(and(eq(taskEvents.userId, owner), sql`${taskId} = any(${sql.placeholder('ids')}::text::uuid[])`, lte(taskEvents.seq, sql.placeholder('seq'))))
    .orderBy(taskId, desc(taskEvents.seq)),
);

type Procedures = typeof procedures.tasks;

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

export async function replayCreate(db: OwnerDb, input: Parsed<Procedures['create']>, done: Done): Promise<Task> {
  const { task, isOwn } = await stateAfter(db, input.id ?? done.mutationId, done);
  if (!task || !(isOwn || isSameContent(task, input))) throw new ApiError('ID_TAKEN');
  return task;
}

/** What editing, completing and reopening a task answered. */
export async function replayChange(db: OwnerDb, input: { id: string; expectedVersion?: number | undefined }, done: Done): Promise<Task> {
  const { task, isOwn } = await stateAfter(db, input.id, done);
  if (!task) throw new ApiError('TASK_NOT_FOUND');
  if (!isOwn && task.version !== (input.expectedVersion ?? task.version)) throw new ApiError('VERSION_CONFLICT');
  return task;
}

export async function replayRestore(db: OwnerDb, { id, seq }: Parsed<Procedures['restore']>, done: Done): Promise<Task> {
  const { task, isOwn } = await stateAfter(db, id, done);
  if (!isOwn && seq !== undefined) {
    await assertToldAt(db, seq);
    const then = await stateAfter(db, id, { ...done, seq: Math.min(seq, done.seq) });
    if (!then.task) throw new ApiError('TASK_NOT_FOUND');
  }
  if (!task) throw new ApiError('TASK_NOT_FOUND');
  return task;
}

export async function replayRemove(db: OwnerDb, { id }: Parsed<Procedures['remove']>, done: Done): Promise<{ id: string }> {
  const { task, isOwn } = await stateAfter(db, id, done);
  if (task) throw new ApiError('VERSION_CONFLICT');
  if (!isOwn) throw new ApiError('TASK_NOT_FOUND');
  return { id };
}
