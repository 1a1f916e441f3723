import type { ChangePage, Parsed, procedures } from '@todo/contract';
import { type OwnerDb, owner, prepare, schema } from '@todo/db';
import { aliasedTable, and, asc, eq, gt, lte, notExists, type SQLWrapper, sql } from 'drizzle-orm';
import { stateColumns, taskOf } from '../tasks/event.ts';
import { decodeCursor, encodeCursor, type Position } from './cursor.ts';

const { taskCounters, taskEvents } = schema;
const { placeholder } = sql;

const { seq, taskId } = taskEvents;
/** Names everything up to an event: as much of its hash as nobody meets by chance. */
const short = (hash: SQLWrapper) => sql<string | null>`encode(substring(${hash}, 1, 8), 'hex')`;
const hash = short(taskEvents.hash).as('hash');
const hashAt = (position: SQLWrapper) =>
  sql`(select ${short(taskEvents.hash)} from ${taskEvents} where ${taskEvents.userId} = ${owner} and ${seq} = ${position})`;
const later = aliasedTable(taskEvents, 'later');

/** As an anti-join: PostgreSQL expects most events to pass, and so reads them in their order and stops when the page is full. */
const isLastOfTask = notExists(
  sql`(select from ${taskEvents} ${later} where ${later.userId} = ${owner} and ${later.taskId} = ${taskId} and ${later.seq} > ${seq})`,
);

/** Events that one page looks at: what it costs has a bound, also where most of them are superseded. */
const SCAN = 2_000;

/**
 * The events between two numbers that are the last of their task, in order, and beside them where the log of the same moment ends, what was dropped of it, and
 * its hashes at both numbers; at `until` only where there may be no event on the page to tell it.
 */
const select = prepare((db) => {
  const head = db
    .select({
      last: sql`coalesce(max(${taskCounters.lastSeq}), 0)`.mapWith(Number).as('last'),
      dropped: sql`coalesce(max(${taskCounters.droppedSeq}), 0)`.mapWith(Number).as('dropped'),
      droppedHash: sql<string>`coalesce(max(${short(taskCounters.droppedHash)}), '')`.as('dropped_hash'),
      sinceHash: sql<string | null>`${hashAt(placeholder('position'))}`.as('since_hash'),
      untilHash: sql<string | null>`case when max(${taskCounters.lastSeq}) > ${placeholder('until')} then ${hashAt(placeholder('until'))} end`.as('until_hash'),
    })
    .from(taskCounters)
    .where(eq(taskCounters.userId, owner))
    .as('head');
  const event = db
    .select({ seq, ...stateColumns, hash })
    .from(taskEvents)
    .where(and(eq(taskEvents.userId, owner), gt(seq, placeholder('position')), lte(seq, placeholder('until')), isLastOfTask))
    .orderBy(asc(seq))
    .limit(placeholder('rows'))
    .as('event');
  return db.select({ head: head._.selectedFields, event: event._.selectedFields }).from(head).leftJoin(event, sql`true`).orderBy(asc(event.seq));
});

/** A page of changes, and where it leads to. */
export interface Changes {
  page: ChangePage;
  next: Position;
}

const changesUntil = (next: Position, page: Omit<ChangePage, 'cursor'>): Changes => ({ next, page: { ...page, cursor: encodeCursor(next) } });

const noLog = { last: 0, dropped: 0, droppedHash: '', sinceHash: null, untilHash: null };
const fromStart = changesUntil({ seq: 0 }, { changes: [], more: true, reset: true });

/**
 * What has changed since a position, each task as it is now. Who applies the pages in order has all that was committed, see docs/decisions/0013. Removals are
 * always told, to a first reading too: a task may go after the page that showed it.
 */
export async function readChanges(db: OwnerDb, { seq: since, hash: sinceHash }: Position, limit: number): Promise<Changes> {
  const position = Math.abs(since);
  const until = Math.min(position + SCAN, Number.MAX_SAFE_INTEGER);
  const rows = await db.run(select, { position, until, rows: limit + 1 });
  const { last, dropped, ...head } = rows[0]?.head ?? noLog;
  const events = rows.slice(0, limit).flatMap(({ event }) => event ?? []);
  const hashes = new Map([[position, head.sinceHash], [until, head.untilHash], ...events.map(({ seq, hash }) => [seq, hash] as const)]);
  // In the part that was trimmed all numbers have the hash of its end: whoever reads through it reads what that trim has left.
  const hashOf = (number: number) => (number <= dropped ? head.droppedHash : (hashes.get(number) ?? ''));

  const isOtherLog = since !== 0 && sinceHash !== undefined && sinceHash !== hashOf(position);
  if (position > last || (since > 0 && since < dropped) || isOtherLog) return fromStart;

  const end = Math.min(last, rows.length > limit ? (events.at(-1)?.seq ?? until) : until);
  const more = end < last;
  // What was dropped is missed by nobody who began after that, so a first reading goes on through it.
  const next = more && since <= 0 && end < dropped ? -end : end;
  const changes = events.map((event) => ({ seq: event.seq, entity: 'task' as const, id: event.taskId, value: taskOf(event) }));
  return changesUntil({ seq: next, hash: hashOf(end) }, { changes, more, reset: false });
}

/** A page of changes. Throws INVALID_CURSOR. */
export async function listChanges(db: OwnerDb, { cursor, limit }: Parsed<(typeof procedures.sync)['changes']>): Promise<ChangePage> {
  return (await readChanges(db, decodeCursor(cursor), limit)).page;
}
