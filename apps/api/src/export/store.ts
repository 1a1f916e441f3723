import type { Task } from '@todo/contract';
import { type OwnerDb, owner, prepare, schema } from '@todo/db';
import { aliasedTable, and, asc, desc, eq, gt, lte, sql } from 'drizzle-orm';
import { listHistoryBefore } from '../history/store.ts';
import { stateColumns, taskOf } from '../tasks/event.ts';

const { taskCounters, taskEvents } = schema;
const { placeholder } = sql;
const { seq, taskId } = taskEvents;
const latest = aliasedTable(taskEvents, 'latest');

const PAGE = 200;
/** Events that one page of tasks looks at: what it costs has a bound, also where most of them are superseded. */
const SCAN = 2_000;

const selectExtent = prepare((db) =>
  db
    .select({
      last: sql`coalesce(max(${taskCounters.lastSeq}), 0)`.mapWith(Number),
      dropped: sql`coalesce(max(${taskCounters.droppedSeq}), 0)`.mapWith(Number),
    })
    .from(taskCounters)
    .where(eq(taskCounters.userId, owner)),
);

/** Where the log ends, and up to where it has been trimmed. */
export interface Extent {
  last: number;
  dropped: number;
}

export async function readExtent(db: OwnerDb): Promise<Extent> {
  const [extent] = await db.run(selectExtent);
  return extent ?? { last: 0, dropped: 0 };
}

/** The events between two numbers that are the last of their task up to a third. */
const selectStates = prepare((db) => {
  const lastOfTask = db
    .select({ seq: latest.seq })
    .from(latest)
    .where(and(eq(latest.userId, owner), eq(latest.taskId, taskId), lte(latest.seq, placeholder('upto'))))
    .orderBy(desc(latest.seq))
    .limit(1);
  return db
    .select({ seq, ...stateColumns })
    .from(taskEvents)
    .where(and(eq(taskEvents.userId, owner), gt(seq, placeholder('position')), lte(seq, placeholder('until')), eq(seq, sql`(${lastOfTask})`)))
    .orderBy(asc(seq))
    .limit(placeholder('rows'));
});

/** All tasks as they were at a number of the log, in pages, whatever happens meanwhile: an event stays as it is. */
export async function* tasksAt(db: OwnerDb, upto: number): AsyncGenerator<Task[]> {
  for (let position = 0; position < upto; ) {
    const until = Math.min(position + SCAN, upto);
    const states = await db.run(selectStates, { position, until, upto, rows: PAGE });
    yield states.flatMap((state) => taskOf(state) ?? []);
    position = (states.length === PAGE ? states.at(-1)?.seq : undefined) ?? until;
  }
}

/** All that had happened by a number of the log, newest first, in pages. */
export async function* historyAt(db: OwnerDb, upto: number) {
  for (let end: number | undefined = upto + 1; end !== undefined; ) {
    const page: Awaited<ReturnType<typeof listHistoryBefore>> = await listHistoryBefore(db, end, PAGE);
    yield page;
    end = page.at(-1)?.seq;
  }
}
