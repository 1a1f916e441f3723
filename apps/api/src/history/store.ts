import type { HistoryEvent, Output, Parsed, procedures, RemovedTask } from '@todo/contract';
import { type Builder, fieldNames, fromExcluded, newTasks, type OwnerDb, owner, pickFields, prepare, schema } from '@todo/db';
import { aliasedTable, and, desc, eq, isNotNull, lt, lte, notExists, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { ApiError } from '../errors.ts';
import { decodeCursor, encodeCursor } from '../paging.ts';
import { areFields } from '../tasks/event.ts';
import { taskColumns } from '../tasks/store.ts';

const { taskCounters, taskEvents } = schema;
const { placeholder } = sql;

type Procedures = typeof procedures;
type Content = Record<string, string | null>;

const earlier = aliasedTable(taskEvents, 'earlier');
const later = aliasedTable(taskEvents, 'later');

/** Events, newest first, each beside what its task was before it. */
const listEvents = (rule: ReturnType<typeof and>) =>
  prepare((db) => {
    const before = db
      .select(pickFields(earlier))
      .from(earlier)
      .where(and(eq(earlier.userId, owner), eq(earlier.taskId, taskEvents.taskId), lt(earlier.seq, taskEvents.seq)))
      .orderBy(desc(earlier.seq))
      .limit(1)
      .as('before');
    const { seq, taskId, action, at, mutationId } = taskEvents;
    return db
      .select({ event: { seq, taskId, action, at, mutationId }, after: pickFields(taskEvents), before: before._.selectedFields })
      .from(taskEvents)
      .leftJoinLateral(before, sql`true`)
      .where(and(eq(taskEvents.userId, owner), lt(taskEvents.seq, placeholder('end')), rule))
      .orderBy(desc(taskEvents.seq))
      .limit(placeholder('rows'));
  });

const ofAll = listEvents(undefined);
const ofTask = listEvents(eq(taskEvents.taskId, placeholder('taskId')));
/**
 * The last that is told of a task is its removal, and how it was before that is told too: a trim may have dropped it.
 * `removed` stands in the text: a plan for all values finds the partial index by nothing else.
 */
const isGone = and(
  sql`${taskEvents.action} = 'removed'`,
  notExists(
    sql`(select from ${taskEvents} ${later} where ${later.userId} = ${owner} and ${later.taskId} = ${taskEvents.taskId} and ${later.seq} > ${taskEvents.seq})`,
  ),
  sql`before.title is not null`,
);
const ofRemovals = listEvents(isGone);

const number = z.string().regex(/^[1-9]\d{0,14}$/);
const endOf = (order: string, cursor: string | undefined) =>
  cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(decodeCursor(cursor, order, number).value);

function page<Row extends { event: { seq: number; taskId: string } }, Item>(order: string, rows: Row[], limit: number, toItem: (row: Row) => Item | Item[]) {
  const last = rows.length > limit ? rows[limit - 1]?.event : undefined;
  return { items: rows.slice(0, limit).flatMap(toItem), nextCursor: last ? encodeCursor(order, { value: String(last.seq), id: last.taskId }) : null };
}

function changes(before: Content | null, after: Content): HistoryEvent['changes'] {
  const changed = fieldNames.filter((name) => (before?.[name] ?? null) !== after[name]);
  return Object.fromEntries(changed.map((name) => [name, { from: before?.[name] ?? null, to: after[name] ?? null }]));
}

function toItem({ event: { seq, taskId: id, action, at, mutationId }, before, after }: Awaited<ReturnType<typeof ofAll.execute>>[number]): HistoryEvent {
  return { seq, entity: 'task', id, action, at, mutationId, changes: changes(before, after) };
}

/** What happened to all tasks or to one, newest first, field by field. Throws INVALID_CURSOR. */
export async function listHistory(db: OwnerDb, { id, limit, cursor }: Parsed<Procedures['history']['list']>): Promise<Output<Procedures['history']['list']>> {
  const values = { end: endOf('history', cursor), rows: limit + 1 };
  const rows = id === undefined ? await db.run(ofAll, values) : await db.run(ofTask, { ...values, taskId: id });
  return page('history', rows, limit, toItem);
}

/** The same, from below a number on. */
export const listHistoryBefore = async (db: OwnerDb, end: number, rows: number) => (await db.run(ofAll, { end, rows })).map(toItem);

/** The query finds removals alone that have something before them. */
function toRemoved({ event, before }: Awaited<ReturnType<typeof ofAll.execute>>[number]): RemovedTask | [] {
  return before && areFields(before) ? { id: event.taskId, ...before, removedAt: event.at } : [];
}

type Removed = (typeof procedures.tasks)['removed'];

/** Tasks that could be brought back, as they last were, the latest removed first. Throws INVALID_CURSOR. */
export async function listRemoved(db: OwnerDb, { limit, cursor }: Parsed<Removed>): Promise<Output<Removed>> {
  const rows = await db.run(ofRemovals, { end: endOf('removed', cursor), rows: limit + 1 });
  return page('removed', rows, limit, toRemoved);
}

/** How far a question goes back, and whether the log tells all from there on: it does to its beginning, or to where it was trimmed. */
export const findReach = (db: Builder, upto: SQL) =>
  db.$with('reach', { isTold: sql<boolean>`is_told`.as('is_told') }).as(
    sql`select upto, upto >= coalesce((select ${taskCounters.droppedSeq} from ${taskCounters} where ${taskCounters.userId} = ${owner}), 0) as is_told
      from (select ${upto} as upto) given`,
  );

/** Throws INVALID_INPUT for the field that asked for what the log no longer tells. */
export function assertTold(field: string, [row]: { isTold: boolean }[]): void {
  if (!row?.isTold) throw new ApiError('INVALID_INPUT', { fields: { [field]: ['is further back than the log tells, which was trimmed'] } });
}

const at = sql`${placeholder('seq')}::bigint`;

const selectReach = prepare((db) => {
  const reach = findReach(db, at);
  return db.with(reach).select({ isTold: reach.isTold }).from(reach);
});

/** Throws INVALID_INPUT when the log no longer tells how a task was at `seq`. */
export async function assertToldAt(db: OwnerDb, seq: number): Promise<void> {
  assertTold('seq', await db.run(selectReach, { seq }));
}

/** A task that is there already takes over all that is given of it. */
export const asGiven = {
  target: [newTasks.userId, newTasks.id],
  set: fromExcluded,
};

/** Brings the task back as the log has it, or sets the living task to that: what the insert meets is locked and compared with nothing. */
const restore = (rule: ReturnType<typeof and>, upto: SQL) =>
  prepare((db) => {
    const reach = findReach(db, upto);
    const found = db.$with('found').as(
      db
        .select({ userId: taskEvents.userId, id: taskEvents.taskId, ...pickFields(taskEvents), version: taskEvents.version })
        .from(taskEvents)
        .where(and(eq(taskEvents.userId, owner), eq(taskEvents.taskId, placeholder('id')), rule))
        .orderBy(desc(taskEvents.seq))
        .limit(1),
    );
    const then = db
      .select({ userId: found.userId, id: found.id, ...pickFields(found) })
      .from(found)
      .where(and(isNotNull(found.version), sql`(select is_told from reach)`));
    const back = db.$with('back').as(db.insert(newTasks).select(then).onConflictDoUpdate(asGiven).returning(taskColumns));
    return db.with(reach, found, back).select({ isTold: reach.isTold, task: back._.selectedFields }).from(reach).leftJoin(back, sql`true`);
  });

const restoreLatest = restore(isNotNull(taskEvents.version), sql`${Number.MAX_SAFE_INTEGER}::bigint`);
const restoreAt = restore(lte(taskEvents.seq, placeholder('seq')), at);

type Restore = (typeof procedures.tasks)['restore'];

/**
 * Brings back a removed task as it last was, or sets a task to how it was at `seq`. Throws TASK_NOT_FOUND when it was not there then, and INVALID_INPUT
 * when a trimmed log no longer tells.
 */
export async function restoreTask(db: OwnerDb, { id, seq: at }: Parsed<Restore>): Promise<Output<Restore>> {
  const restoring = db.noting({ action: 'restored' });
  const { rows, seq } = at === undefined ? await restoring.change(restoreLatest, { id }) : await restoring.change(restoreAt, { id, seq: at });
  assertTold('seq', rows);
  const [row] = rows;
  if (!row?.task) throw new ApiError('TASK_NOT_FOUND');
  return { ...row.task, seq };
}
