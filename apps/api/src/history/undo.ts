import { columnOf, entities, type Output, type Parsed, type procedures } from '@todo/contract';
import { type Kept, type OwnerDb, undo as undoCalls } from '@todo/db';
import { z } from 'zod';
import { ApiError, trimmedError } from '../errors.ts';
import type { Done } from '../idempotency.ts';
import { countDone } from './count-done.ts';

type Undo = (typeof procedures.history)['undo'];

const fieldNames = new Map(Object.keys(entities.task.fields).map((name) => [columnOf(name), name]));

const toKept = ({ id, columns }: Kept) => ({ entity: 'task' as const, id, fields: columns.map((column) => fieldNames.get(column) ?? column) });

/** Throws CALL_NOT_FOUND if no such call is stored, INVALID_INPUT if its events were trimmed. */
export async function undo(db: OwnerDb, { of, dryRun }: Parsed<Undo>): Promise<Output<Undo>> {
  const target = 'mutationId' in of ? { mutationId: of.mutationId, groupId: null } : { mutationId: null, groupId: of.groupId };
  const undone = await undoCalls(db, target, dryRun);
  if (!undone?.isFound) throw new ApiError('CALL_NOT_FOUND');
  if (!undone.isKnown) throw trimmedError('of');
  const { restored, edited, removed, kept, keptCount, seq } = undone;
  return { restored, edited, removed, kept: kept.map(toKept), keptCount, seq };
}

const refusal = z.union([z.object({ isFound: z.literal(false) }), z.object({ isKnown: z.literal(false) })]);
const recorded = z.object({ kept: z.array(z.object({ entity: z.string(), id: z.string(), columns: z.array(z.string()) })), keptCount: z.number() });

export async function replayUndo(db: OwnerDb, _: Parsed<Undo>, done: Done): Promise<Omit<Output<Undo>, 'seq'> | undefined> {
  const refused = refusal.safeParse(done.answer).data;
  if (refused) throw 'isFound' in refused ? new ApiError('CALL_NOT_FOUND') : trimmedError('of');
  const counts = await countDone(db, done);
  const answer = recorded.safeParse(done.answer).data;
  if (!counts || !answer) return undefined;
  return { ...counts, kept: answer.kept.map(toKept), keptCount: answer.keptCount };
}
