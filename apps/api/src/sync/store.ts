import type { ChangePage, Parsed, procedures } from '@todo/contract';
import { columnsOf, type OwnerDb, owner, prepare, schema, storedTaskBytes, sumBefore, taskColumns } from '@todo/db';
import { and, asc, eq, gt, isNotNull, lte, type SQLWrapper, sql } from 'drizzle-orm';
import { isLastOfEntity } from '../history/store.ts';
import { FIRST_ID, type PageLimit, pageOf } from '../paging.ts';
import { decodeCursor, encodeCursor, type Position } from './cursor.ts';

const { events, owners, tasks } = schema;
const { placeholder } = sql;

const { seq, entityId } = events;
/** The first 8 bytes of a hash of the log, enough to rule out a match by chance. */
const short = (hash: SQLWrapper) => sql<string | null>`encode(substring(${hash}, 1, 8), 'hex')`;

const position = sql`${placeholder('position')}::bigint`;
const hashAt = (at: SQLWrapper) => sql<string | null>`(select ${short(events.hash)} from ${events} where ${events.userId} = ${owner} and ${seq} = ${at})`;

/** The owner's log: its last position, the position up to which it was trimmed, and its hash at `position`. */
const head = {
  last: owners.lastSeq,
  lastHash: short(owners.lastHash).as('last_hash'),
  dropped: owners.droppedSeq,
  hash: sql<string | null>`case ${position} when ${owners.lastSeq} then ${short(owners.lastHash)} when ${owners.droppedSeq} then ${short(owners.droppedHash)}
    else ${hashAt(position)} end`.as('hash'),
};

/** What `head` has selected, from a subquery `log`. */
const selectedHead = {
  ...columnsOf('log', { last: owners.lastSeq, dropped: owners.droppedSeq }),
  lastHash: sql<string | null>`log.last_hash`,
  hash: sql<string | null>`log.hash`,
};

/** A page of tasks by id, and the log head of the same snapshot. */
const selectTables = prepare((db) => {
  const log = db.select(head).from(owners).where(eq(owners.userId, owner)).as('log');
  const page = db
    .select({ task: taskColumns, before: sumBefore(storedTaskBytes, asc(tasks.id)).as('before') })
    .from(tasks)
    .where(and(eq(tasks.userId, owner), gt(tasks.id, placeholder('after'))))
    .orderBy(asc(tasks.id))
    .limit(placeholder('rows'))
    .as('page');
  const { task, before } = page._.selectedFields;
  return db
    .select({ log: selectedHead, isTask: isNotNull(task.id).mapWith(Boolean), task: columnsOf('page', taskColumns) })
    .from(log)
    .leftJoin(page, lte(before, placeholder('bytes')))
    .orderBy(asc(task.id));
});

/** Events that one page reads at most. It bounds the cost where most events are superseded. */
const SCAN = 2_000;

/** The events between two positions that are the newest of their entity, each with the entity as it is now, and the log head of the same snapshot. */
const selectEvents = prepare((db) => {
  const until = sql`${placeholder('until')}::bigint`;
  const log = db
    .select({ ...head, untilHash: hashAt(until).as('until_hash') })
    .from(owners)
    .where(eq(owners.userId, owner))
    .as('log');
  const isTask = and(eq(tasks.userId, owner), eq(tasks.id, entityId));
  const size = sql`coalesce((${db.select({ size: storedTaskBytes }).from(tasks).where(isTask)}), 0)`;
  const event = db
    .select({ seq, id: entityId, hash: short(events.hash).as('event_hash'), before: sumBefore(size, asc(seq)).as('before') })
    .from(events)
    .where(and(eq(events.userId, owner), gt(seq, placeholder('position')), lte(seq, until), isLastOfEntity))
    .orderBy(asc(seq))
    .limit(placeholder('rows'))
    .as('event');
  const task = db
    .select(taskColumns)
    .from(tasks)
    .where(and(eq(tasks.userId, owner), eq(tasks.id, event.id)))
    .limit(1)
    .as('task');
  const found = { ...columnsOf('event', { seq, id: entityId }), hash: sql<string | null>`event.event_hash` };
  return db
    .select({
      log: { ...selectedHead, untilHash: sql<string | null>`log.until_hash` },
      isEvent: isNotNull(event.seq).mapWith(Boolean),
      event: found,
      isTask: isNotNull(task.id).mapWith(Boolean),
      task: columnsOf('task', taskColumns),
    })
    .from(log)
    .leftJoin(event, lte(event.before, placeholder('bytes')))
    .leftJoinLateral(task, sql`true`)
    .orderBy(asc(event.seq));
});

const changesUntil = (next: Position, page: Omit<ChangePage, 'cursor'>): ChangePage => ({ ...page, cursor: encodeCursor(next) });

/** Whether a reader must start over: the log was trimmed past its position, or is another log, as after a restore of the database. */
const isLost = (log: { last: number; dropped: number; hash: string | null }, { seq, hash }: Position) =>
  seq > log.last || seq < log.dropped || hash !== (log.hash ?? '');

/** All entities as they are now, by id. Afterwards the reader continues with the events since it began. */
async function readTables(db: OwnerDb, begun: Position | undefined, limit: PageLimit, reset: boolean): Promise<ChangePage> {
  const rows = await db.run(selectTables, { position: begun?.seq ?? 0, after: begun?.after ?? FIRST_ID, rows: limit.items + 1, bytes: limit.bytes });
  const log = rows[0]?.log;
  if (!log) return changesUntil({ seq: 0, hash: '' }, { changes: [], more: false, reset });
  if (begun && isLost(log, begun)) return readTables(db, undefined, limit, true);
  const start = begun ?? { seq: log.last, hash: log.lastHash ?? '' };
  const { items, last } = pageOf(
    rows.flatMap(({ isTask, task }) => (isTask ? task : [])),
    limit,
    (task) => ({ seq: start.seq, entity: 'task' as const, id: task.id, value: task }),
  );
  return changesUntil({ seq: start.seq, hash: start.hash, after: last?.id }, { changes: items, more: last !== undefined || start.seq < log.last, reset });
}

async function readEvents(db: OwnerDb, position: Position, limit: PageLimit): Promise<ChangePage> {
  const until = Math.min(position.seq + SCAN, Number.MAX_SAFE_INTEGER);
  const rows = await db.run(selectEvents, { position: position.seq, until, rows: limit.items + 1, bytes: limit.bytes });
  const log = rows[0]?.log;
  if (!log || isLost(log, position)) return readTables(db, undefined, limit, true);
  const { items, last } = pageOf(
    rows.flatMap(({ isEvent, event, isTask, task }) => (isEvent ? [{ ...event, task: isTask ? task : null }] : [])),
    limit,
    ({ seq, id, task }) => ({ seq, entity: 'task' as const, id, value: task }),
  );
  const end = Math.min(log.last, last?.seq ?? until);
  const hash = (last ? last.hash : end === log.last ? log.lastHash : log.untilHash) ?? '';
  return changesUntil({ seq: end, hash }, { changes: items, more: end < log.last, reset: false });
}

/** See docs/decisions/0013 for why a reader that applies the pages in order has all that was committed. */
export async function listChanges(db: OwnerDb, { cursor, limit: items }: Parsed<(typeof procedures.sync)['changes']>, bytes: number): Promise<ChangePage> {
  const limit = { items, bytes };
  const position = cursor === undefined ? undefined : decodeCursor(cursor);
  return !position || position.after !== undefined ? readTables(db, position, limit, false) : readEvents(db, position, limit);
}
