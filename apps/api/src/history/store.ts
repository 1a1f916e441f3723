import { type Builder, newTasks, type OwnerDb, owner, prepare, schema } from '@todo/db';
import { aliasedTable, and, desc, eq, isNotNull, lt, lte, notExists, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { ApiError } from '../errors.ts';
import { decodeCursor, encodeCursor } from '../paging.ts';
import { type Task, taskColumns } from '../tasks/store.ts';
import type { ListHistoryInput, ListRemovedInput, RestoreTaskInput } from './input.ts';

const { taskCounters, taskEvents } = schema;
const { placeholder } = sql;

const content = ['title', 'description', 'completedAt'] as const;
type Field = (typeof content)[number];
type Content = Record<Field, string | null>;

const earlier = aliasedTable(taskEvents, 'earlier');
const later = aliasedTable(taskEvents, 'later');
const fieldsOf = (event: typeof taskEvents) => ({ title: event.title, description: event.description, completedAt: event.completedAt });

/** Events, newest first, each beside what its task was before it. */
const listEvents = (rule: ReturnType<typeof and>) =>
  prepare((db) => {
    const before = db
      .select(fieldsOf(earlier))
      .from(earlier)
      .where(and(eq(earlier.userId, owner), eq(earlier.taskId, taskEvents.taskId), lt(earlier.seq, taskEvents.seq)))
      .orderBy(desc(earlier.seq))
      .limit(1)
      .as('before');
    const { seq, taskId, action, at, mutationId } = taskEvents;
    return db
      .select({ event: { seq, taskId, action, at, mutationId }, after: fieldsOf(taskEvents), before: before._.selectedFields })
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

function page<Row extends { event: { seq: number; taskId: string } }, Item>(order: string, rows: Row[], limit: number, toItem: (row: Row) => Item) {
  const last = rows.length > limit ? rows[limit - 1]?.event : undefined;
  return { items: rows.slice(0, limit).map(toItem), nextCursor: last ? encodeCursor(order, { value: String(last.seq), id: last.taskId }) : null };
}

function changes(before: Content | null, after: Content): Partial<Record<Field, { from: string | null; to: string | null }>> {
  const changed = content.filter((field) => (before?.[field] ?? null) !== after[field]);
  return Object.fromEntries(changed.map((field) => [field, { from: before?.[field] ?? null, to: after[field] }]));
}

const toItem = ({ event, before, after }: Awaited<ReturnType<typeof ofAll.execute>>[number]) => ({ ...event, changes: changes(before, after) });

/** What happened to all tasks or to one, newest first, field by field. Throws INVALID_CURSOR. */
export async function listHistory(db: OwnerDb, { taskId, limit, cursor }: ListHistoryInput) {
  const values = { end: endOf('history', cursor), rows: limit + 1 };
  const rows = taskId === undefined ? await db.run(ofAll, values) : await db.run(ofTask, { ...values, taskId });
  return page('history', rows, limit, toItem);
}

/** The same, from below a number on. */
export const listHistoryBefore = async (db: OwnerDb, end: number, rows: number) => (await db.run(ofAll, { end, rows })).map(toItem);

/** Tasks that could be brought back, as they last were, the latest removed first. Throws INVALID_CURSOR. */
export async function listRemoved(db: OwnerDb, { limit, cursor }: ListRemovedInput) {
  const rows = await db.run(ofRemovals, { end: endOf('removed', cursor), rows: limit + 1 });
  return page('removed', rows, limit, ({ event, before }) => ({
    id: event.taskId,
    title: before?.title ?? '',
    description: before?.description ?? '',
    completedAt: before?.completedAt ?? null,
    removedAt: event.at,
  }));
}

/** How far a question goes back, and whether the log tells all from there on: it does to its beginning, or to where it was trimmed. */
export const findReach = (db: Builder, upto: SQL) =>
  db.$with('reach', { isTold: sql<boolean>`is_told`.as('is_told') }).as(
    sql`select upto, upto >= coalesce((select ${taskCounters.droppedSeq} from ${taskCounters} where ${taskCounters.userId} = ${owner}), 0) as is_told
      from (select ${upto} as upto) given`,
  );

/** Throws INVALID_INPUT for the field that asked for what the log no longer tells. */
export function demandTold(field: string, [row]: { isTold: boolean }[]): void {
  if (!row?.isTold) throw new ApiError('INVALID_INPUT', { fields: { [field]: ['is further back than the log tells, which was trimmed'] } });
}

const at = sql`${placeholder('seq')}::bigint`;

const selectReach = prepare((db) => {
  const reach = findReach(db, at);
  return db.with(reach).select({ isTold: reach.isTold }).from(reach);
});

/** Throws INVALID_INPUT when the log no longer tells how a task was at `seq`. */
export async function demandToldAt(db: OwnerDb, seq: number): Promise<void> {
  demandTold('seq', await db.run(selectReach, { seq }));
}

/** A task that is there already takes over all that is given of it. */
export const asGiven = {
  target: [newTasks.userId, newTasks.id],
  set: { title: sql`excluded.title`, description: sql`excluded.description`, completedAt: sql`excluded.completed_at` },
};

/** Brings the task back as the log has it, or sets the living task to that: what the insert meets is locked and compared with nothing. */
const restore = (rule: ReturnType<typeof and>, upto: SQL) =>
  prepare((db) => {
    const { title, description, completedAt } = taskEvents;
    const reach = findReach(db, upto);
    const found = db.$with('found').as(
      db
        .select({ userId: taskEvents.userId, id: taskEvents.taskId, title, description, completedAt, version: taskEvents.version })
        .from(taskEvents)
        .where(and(eq(taskEvents.userId, owner), eq(taskEvents.taskId, placeholder('id')), rule))
        .orderBy(desc(taskEvents.seq))
        .limit(1),
    );
    const then = db
      .select({ userId: found.userId, id: found.id, title: found.title, description: found.description, completedAt: found.completedAt })
      .from(found)
      .where(and(isNotNull(found.version), sql`(select is_told from reach)`));
    const back = db.$with('back').as(db.insert(newTasks).select(then).onConflictDoUpdate(asGiven).returning(taskColumns));
    return db.with(reach, found, back).select({ isTold: reach.isTold, task: back._.selectedFields }).from(reach).leftJoin(back, sql`true`);
  });

const restoreLatest = restore(isNotNull(taskEvents.version), sql`${Number.MAX_SAFE_INTEGER}::bigint`);
const restoreAt = restore(lte(taskEvents.seq, placeholder('seq')), at);

/**
 * Brings back a removed task as it last was, or sets a task to how it was at `seq`. Throws TASK_NOT_FOUND when it was not there then, and INVALID_INPUT
 * when a trimmed log no longer tells.
 */
export async function restoreTask(db: OwnerDb, { id, seq }: RestoreTaskInput): Promise<Task> {
  const restoring = db.noting({ action: 'restored' });
  const rows = seq === undefined ? await restoring.run(restoreLatest, { id }) : await restoring.run(restoreAt, { id, seq });
  demandTold('seq', rows);
  const [row] = rows;
  if (!row?.task) throw new ApiError('TASK_NOT_FOUND');
  return row.task;
}
