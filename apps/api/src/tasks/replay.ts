import type { Parsed, procedures, Task } from '@todo/contract';
import { type OwnerDb, replayState } from '@todo/db';
import { ApiError } from '../errors.ts';
import { alreadyApplied, type Done } from '../idempotency.ts';
import { isSameContent } from './store.ts';

type Procedures = typeof procedures.tasks;

/** A task when the call was complete (the call held its owner's lock until then), and whether the call itself brought it into that state. */
interface State {
  task: Task | null;
  isOwn: boolean;
}

const nothing: State = { task: null, isOwn: false };

/** Returns a function that gives the state of each of these ids. Throws ALREADY_APPLIED if the events of the call were trimmed. */
export async function statesAfter(db: OwnerDb, ids: string[], done: Done): Promise<(id: string) => State> {
  const rows = await replayState(db, ids, { mutationId: done.mutationId, seq: done.seq });
  if (!rows) throw alreadyApplied(done);
  const states = new Map(rows.map(({ id, isOwn, task }) => [id, { task, isOwn }]));
  return (id) => states.get(id) ?? nothing;
}

const stateAfter = async (db: OwnerDb, id: string, done: Done): Promise<State> => (await statesAfter(db, [id], done))(id);

export async function replayCreate(db: OwnerDb, input: Parsed<Procedures['create']>, done: Done): Promise<Task> {
  const { task, isOwn } = await stateAfter(db, input.id ?? done.mutationId, done);
  if (!task || !(isOwn || isSameContent(task, input))) throw new ApiError('ID_TAKEN');
  return task;
}

/** For editing, completing and reopening a task. */
export async function replayChange(db: OwnerDb, input: { id: string; expectedVersion?: number | undefined }, done: Done): Promise<Task> {
  const { task, isOwn } = await stateAfter(db, input.id, done);
  if (!task) throw new ApiError('TASK_NOT_FOUND');
  if (!isOwn && task.version !== (input.expectedVersion ?? task.version)) throw new ApiError('VERSION_CONFLICT');
  return task;
}

export async function replayRemove(db: OwnerDb, { id }: Parsed<Procedures['remove']>, done: Done): Promise<{ id: string }> {
  const { task, isOwn } = await stateAfter(db, id, done);
  if (task) throw new ApiError('VERSION_CONFLICT');
  if (!isOwn) throw new ApiError('TASK_NOT_FOUND');
  return { id };
}
