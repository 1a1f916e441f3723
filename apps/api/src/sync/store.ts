import { type OwnerDb, owner, prepare, schema } from '@todo/db';
import { aliasedTable, and, asc, eq, gt, lte, notExists, sql } from 'drizzle-orm';
import type { Task } from '../tasks/store.ts';
import type { ListChangesInput } from './input.ts';

const { taskCounters, taskEvents } = schema;
const { placeholder } = sql;

const { seq, taskId, title, description, completedAt, createdAt, updatedAt, version } = taskEvents;
const later = aliasedTable(taskEvents, 'later');

/** As an anti-join: PostgreSQL expects most events to pass, and so reads them in their order and stops when the page is full. */
const isLastOfTask = notExists(
  sql`(select from ${taskEvents} ${later} where ${later.userId} = ${owner} and ${later.taskId} = ${taskId} and ${later.seq} > ${seq})`,
);

/** Events that one page looks at: what it costs has a bound, also where most of them are superseded. */
const SCAN = 2_000;

/** The events between two numbers that are the last of their task, in order, and beside them where the log of the same moment ends and what was dropped of it. */
const select = prepare((db) => {
  const head = db
    .select({
      last: sql`coalesce(max(${taskCounters.lastSeq}), 0)`.mapWith(Number).as('last'),
      dropped: sql`coalesce(max(${taskCounters.droppedSeq}), 0)`.mapWith(Number).as('dropped'),
    })
    .from(taskCounters)
    .where(eq(taskCounters.userId, owner))
    .as('head');
  const event = db
    .select({ seq, taskId, title, description, completedAt, createdAt, updatedAt, version })
    .from(taskEvents)
    .where(and(eq(taskEvents.userId, owner), gt(seq, placeholder('position')), lte(seq, placeholder('until')), isLastOfTask))
    .orderBy(asc(seq))
    .limit(placeholder('rows'))
    .as('event');
  return db.select({ last: head.last, dropped: head.dropped, event: event._.selectedFields }).from(head).leftJoin(event, sql`true`).orderBy(asc(event.seq));
});

type Event = Pick<typeof taskEvents.$inferSelect, 'seq' | 'taskId' | 'title' | 'description' | 'completedAt' | 'createdAt' | 'updatedAt' | 'version'>;

interface Change {
  seq: number;
  taskId: string;
  /** The task as it is since this change; null when it was removed. */
  task: Task | null;
}

function toChange({ seq, taskId: id, title, description, completedAt, createdAt, updatedAt, version }: Event): Change {
  const isThere = title !== null && description !== null && createdAt !== null && updatedAt !== null && version !== null;
  return { seq, taskId: id, task: isThere ? { id, title, description, completedAt, createdAt, updatedAt, version } : null };
}

export interface Changes {
  /** What has changed, up to `next`; a page may be empty though there is more. */
  changes: Change[];
  /** `since` of the next call. Below 0 it is worth nothing later: begin again with 0 instead. */
  next: number;
  more: boolean;
  /** The log does not tell what this reader has missed: forget everything and go on with `next`. */
  reset: boolean;
}

const fromStart: Changes = { changes: [], next: 0, more: true, reset: true };

/**
 * What has changed since a cursor, each task as it is now. Who applies the pages in order has all that was committed, see docs/decisions/0013. Removals are
 * always told, to a first reading too: a task may go after the page that showed it.
 */
export async function listChanges(db: OwnerDb, { since, limit }: ListChangesInput): Promise<Changes> {
  const position = Math.abs(since);
  const until = Math.min(position + SCAN, Number.MAX_SAFE_INTEGER);
  const rows = await db.run(select, { position, until, rows: limit + 1 });
  const { last, dropped } = rows[0] ?? { last: 0, dropped: 0 };
  if (position > last || (since > 0 && since < dropped)) return fromStart;

  const changes = rows.slice(0, limit).flatMap(({ event }) => (event ? [toChange(event)] : []));
  const end = Math.min(last, rows.length > limit ? (changes.at(-1)?.seq ?? until) : until);
  const more = end < last;
  // What was dropped is missed by nobody who began after that, so a first reading goes on through it.
  return { changes, next: more && since <= 0 && end < dropped ? -end : end, more, reset: false };
}
