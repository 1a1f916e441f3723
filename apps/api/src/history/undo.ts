import { columnOf, entities, type Output, type Parsed, type procedures } from '@todo/contract';
import { callEvents, eachEntity, type Kept, type OwnerDb, prepare, rewind as rewindLog, undo as undoCalls } from '@todo/db';
import { sql } from 'drizzle-orm';
import { ApiError, trimmedError } from '../errors.ts';
import { alreadyApplied, type Done } from '../idempotency.ts';

type Rewind = (typeof procedures.history)['rewind'];
type Undo = (typeof procedures.history)['undo'];

export async function rewind(db: OwnerDb, { to, dryRun }: Parsed<Rewind>): Promise<Output<Rewind>> {
  const rewound = await rewindLog(db, typeof to === 'number' ? { seq: to, time: null } : { seq: null, time: to }, dryRun);
  if (!rewound) throw trimmedError('to');
  return rewound;
}

const fieldNames = eachEntity((name) => new Map(Object.keys(entities[name].fields).map((field) => [columnOf(field), field])));

const toKept = ({ entity, id, columns }: Kept) => ({
  entity,
  id,
  fields: columns.map((column) => fieldNames[entity].get(column) ?? column),
});

function assertUndone({ isFound, isKnown }: { isFound: boolean; isKnown: boolean }): void {
  if (!isFound) throw new ApiError('CALL_NOT_FOUND');
  if (!isKnown) throw trimmedError('of');
}

export async function undo(db: OwnerDb, { of, dryRun }: Parsed<Undo>): Promise<Output<Undo>> {
  const target = 'mutationId' in of ? { mutationId: of.mutationId, groupId: null } : { mutationId: null, groupId: of.groupId };
  const undone = await undoCalls(db, target, dryRun);
  if (!undone) throw new ApiError('CALL_NOT_FOUND');
  const { isFound, isKnown, seq, ...answer } = undone;
  assertUndone({ isFound, isKnown });
  return { ...answer, kept: answer.kept.map(toKept), seq };
}

const count = (rule: string) => sql`count(*) filter (where ${sql.raw(rule)})`.mapWith(Number);

const selectCounts = prepare((db) =>
  db
    .select({
      isKnown: sql<boolean>`bool_and(is_known)`,
      restored: count(`kind = 'insert'`),
      edited: count(`kind = 'update'`),
      removed: count(`kind = 'delete'`),
    })
    .from(callEvents),
);

/** How many entities the events of a call concern, by what it did to them. */
export async function countDone(db: OwnerDb, done: Done): Promise<{ restored: number; edited: number; removed: number }> {
  const [row] = await db.run(selectCounts, { mutationId: done.mutationId, seq: done.seq });
  if (!row?.isKnown) throw alreadyApplied(done);
  const { isKnown: _, ...counts } = row;
  return counts;
}

export async function replayRewind(db: OwnerDb, _: Parsed<Rewind>, done: Done): Promise<Omit<Output<Rewind>, 'seq'>> {
  if (!done.isKnown) throw trimmedError('to');
  return countDone(db, done);
}

export async function replayUndo(db: OwnerDb, _: Parsed<Undo>, done: Done): Promise<Omit<Output<Undo>, 'seq'>> {
  assertUndone(done);
  if (!done.kept) throw alreadyApplied(done);
  return { ...(await countDone(db, done)), kept: done.kept.map(toKept), keptCount: done.keptCount };
}
