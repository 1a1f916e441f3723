import type { Parsed, procedures, Task } from '@todo/contract';
import { type OwnerDb, replayState } from '@todo/db';
import { z } from 'zod';
import { ApiError, trimmedError } from '../errors.ts';
import type { Done } from '../idempotency.ts';
import { isSameContent } from './store.ts';

type Procedures = typeof procedures.tasks;

/** A task when the call was complete (the call held its owner's lock until then), and whether the call itself brought it into that state. */
interface State {
  task: Task | null;
  isOwn: boolean;
}

/** The state of each id; undefined if the events were trimmed. */
export async function statesAfter(db: OwnerDb, ids: string[], done: Done): Promise<Map<string, State> | undefined> {
  const rows = await replayState(db, ids, { mutationId: done.mutationId, seq: done.seq });
  return rows && new Map(rows.map(({ id, isOwn, task }) => [id, { task, isOwn }]));
}

async function stateAfter(db: OwnerDb, id: string, done: Done): Promise<State | undefined> {
  return (await statesAfter(db, [id], done))?.get(id);
}

export async function replayCreate(db: OwnerDb, input: Parsed<Procedures['create']>, done: Done): Promise<Task | undefined> {
  const state = await stateAfter(db, input.id ?? done.mutationId, done);
  if (!state) return undefined;
  if (!state.task || !(state.isOwn || isSameContent(state.task, input))) throw new ApiError('ID_TAKEN');
  return state.task;
}

/** For editing, completing and reopening a task. */
export async function replayChange(db: OwnerDb, input: { id: string; expectedVersion?: number | undefined }, done: Done): Promise<Task | undefined> {
  const state = await stateAfter(db, input.id, done);
  if (!state) return undefined;
  if (!state.task) throw new ApiError('TASK_NOT_FOUND');
  if (!state.isOwn && state.task.version !== (input.expectedVersion ?? state.task.version)) throw new ApiError('VERSION_CONFLICT');
  return state.task;
}

const refusal = z.union([z.object({ isKnown: z.literal(false) }), z.object({ isThere: z.literal(false) })]);

export async function replayRestore(db: OwnerDb, { id }: Parsed<Procedures['restore']>, done: Done): Promise<Task | undefined> {
  const refused = refusal.safeParse(done.answer).data;
  if (refused) throw 'isKnown' in refused ? trimmedError('seq') : new ApiError('TASK_NOT_FOUND');
  const state = await stateAfter(db, id, done);
  if (!state) return undefined;
  if (!state.task) throw new ApiError('TASK_NOT_FOUND');
  return state.task;
}

export async function replayRemove(db: OwnerDb, { id }: Parsed<Procedures['remove']>, done: Done): Promise<{ id: string } | undefined> {
  const state = await stateAfter(db, id, done);
  if (!state) return undefined;
  if (state.task) throw new ApiError('VERSION_CONFLICT');
  if (!state.isOwn) throw new ApiError('TASK_NOT_FOUND');
  return { id };
}
