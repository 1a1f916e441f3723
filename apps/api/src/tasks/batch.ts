import type { Output, Parsed, procedures, Task } from '@todo/contract';
import { editableColumns, fieldColumns, fieldRecord, newTasks, type OwnerDb, owner, prepare, schema, taskColumns, toRow } from '@todo/db';
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';
import { ApiError, toApiError } from '../errors.ts';
import type { Done } from '../idempotency.ts';
import { statesAfter } from './replay.ts';
import { isSameContent } from './store.ts';

const { tasks } = schema;
const { placeholder } = sql;

type Procedures = typeof procedures.tasks;
type CreateMany = Parsed<Procedures['createMany']>;
type ChangeMany = Parsed<Procedures['completeMany']>;

/** All rows are one JSON parameter, so the statement is the same for any number of them. */
const given = sql`rows from (jsonb_to_recordset(${placeholder('rows')}::text::jsonb) as (${fieldRecord})) with ordinality as given`;

/** For an id that exists with other content the title becomes null, which the table refuses, so nothing is stored. The log keeps the order given. */
const insertMany = prepare((db) =>
  db
    .insert(newTasks)
    .select(sql`select ${owner}::uuid, given.id, ${fieldColumns('given')} from ${given} order by given.ordinality`)
    .onConflictDoUpdate({
      target: [newTasks.userId, newTasks.id],
      set: { title: sql`case when (${editableColumns('tasks')}) is not distinct from (${editableColumns('excluded')}) then excluded.title end` },
    })
    .returning(taskColumns),
);

const isAmong = and(eq(tasks.userId, owner), sql`${tasks.id} = any(${placeholder('ids')}::text::uuid[])`);
const selectMany = prepare((db) => db.select(taskColumns).from(tasks).where(isAmong));
const asArray = (ids: string[]) => `{${ids.join()}}`;

/** Throws `reason` for the item at `index`; -1 means no item. */
function assertNone(reason: 'ID_TAKEN' | 'TASK_NOT_FOUND', index: number): void {
  if (index >= 0) throw new ApiError(reason, { index });
}

/** Derives missing ids from the mutation id, so that a retry refers to the same tasks. Without a mutation id they are random. */
const withIds = ({ tasks, mutationId }: CreateMany) =>
  tasks.map((task, i) => ({ ...task, id: task.id ?? (mutationId === undefined ? uuidv7() : uuidv5(String(i), mutationId)) }));

const byId = (rows: Task[]) => new Map(rows.map((task) => [task.id, task]));

function inOrder(ids: string[], rows: Map<string, Task | null>): Task[] {
  assertNone(
    'TASK_NOT_FOUND',
    ids.findIndex((id) => !rows.get(id)),
  );
  return ids.flatMap((id) => rows.get(id) ?? []);
}

/** Creates all or none. Throws ID_TAKEN with the index of the first task whose id exists with other content, QUOTA_REACHED. */
export async function createTasks(db: OwnerDb, input: CreateMany): Promise<Output<Procedures['createMany']>> {
  const rows = withIds(input);
  const ids = rows.map(({ id }) => id);
  try {
    const { rows: made, seq } = await db.change(insertMany, { rows: JSON.stringify(rows.map(toRow)) });
    return { tasks: inOrder(ids, byId(made)), seq };
  } catch (error) {
    if (toApiError(error).reason !== 'ID_TAKEN') throw error;
    const found = byId(await db.run(selectMany, { ids: asArray(ids) }));
    assertNone(
      'ID_TAKEN',
      rows.findIndex((row) => isOther(found.get(row.id), row)),
    );
    throw error;
  }
}

const isOther = (task: Task | null | undefined, row: Record<string, unknown>) => Boolean(task && !isSameContent(task, row));

/** One statement that locks the tasks, and changes them if none is missing. */
const changeMany = (set: Record<'completedAt', SQL>) =>
  prepare((db) => {
    const target = db.$with('target').as(db.select({ id: tasks.id }).from(tasks).where(isAmong).orderBy(tasks.id).for('update'));
    const isComplete = sql`(select count(*) from ${target}) = ${placeholder('count')}::int`;
    const changed = db.$with('changed').as(
      db
        .update(tasks)
        .set(set)
        .where(and(isAmong, inArray(tasks.id, db.select({ id: target.id }).from(target)), isComplete))
        .returning(taskColumns),
    );
    return db.with(target, changed).select({ target: target.id, task: changed._.selectedFields }).from(target).leftJoin(changed, eq(changed.id, target.id));
  });

const completeMany = changeMany({ completedAt: sql`coalesce(${tasks.completedAt}, now())` });

const removeMany = prepare((db) => {
  const target = db.$with('target').as(db.select({ id: tasks.id }).from(tasks).where(isAmong).orderBy(tasks.id).for('update'));
  const isComplete = sql`(select count(*) from ${target}) = ${placeholder('count')}::int`;
  const removed = db.$with('removed').as(db.delete(tasks).where(and(isAmong, isComplete)).returning({ id: tasks.id }));
  return db.with(target, removed).select({ target: target.id }).from(target);
});

function assertAll(ids: string[], found: { target: string }[]): void {
  const there = new Set(found.map(({ target }) => target));
  assertNone(
    'TASK_NOT_FOUND',
    ids.findIndex((id) => !there.has(id)),
  );
}

/** Completes all or none; a completed task stays as it is. Throws TASK_NOT_FOUND with the index of the first missing id. */
export async function completeTasks(db: OwnerDb, { ids }: ChangeMany): Promise<Output<Procedures['completeMany']>> {
  const { rows: found, seq } = await db.withNotes({ action: 'completed' }).change(completeMany, { ids: asArray(ids), count: ids.length });
  assertAll(ids, found);
  return { tasks: inOrder(ids, new Map(found.map(({ target, task }) => [target, task]))), seq };
}

/** Removes all or none. Throws TASK_NOT_FOUND with the index of the first missing id. */
export async function removeTasks(db: OwnerDb, { ids }: ChangeMany): Promise<Output<Procedures['removeMany']>> {
  const { rows: found, seq } = await db.change(removeMany, { ids: asArray(ids), count: ids.length });
  assertAll(ids, found);
  return { ids, seq };
}

export async function replayCreateMany(db: OwnerDb, input: CreateMany, done: Done): Promise<{ tasks: Task[] } | undefined> {
  const rows = withIds(input);
  const ids = rows.map(({ id }) => id);
  const states = await statesAfter(db, ids, done);
  if (!states) return undefined;
  assertNone(
    'ID_TAKEN',
    rows.findIndex((row) => !states.get(row.id)?.isOwn && isOther(states.get(row.id)?.task, row)),
  );
  return { tasks: inOrder(ids, tasksIn(states)) };
}

const tasksIn = (states: Map<string, { task: Task | null }>) => new Map([...states].map(([id, { task }]) => [id, task]));

export async function replayCompleteMany(db: OwnerDb, { ids }: ChangeMany, done: Done): Promise<{ tasks: Task[] } | undefined> {
  const states = await statesAfter(db, ids, done);
  return states && { tasks: inOrder(ids, tasksIn(states)) };
}

export async function replayRemoveMany(db: OwnerDb, { ids }: ChangeMany, done: Done): Promise<{ ids: string[] } | undefined> {
  const states = await statesAfter(db, ids, done);
  if (!states) return undefined;
  if (ids.every((id) => states.get(id)?.isOwn)) return { ids };
  assertNone(
    'TASK_NOT_FOUND',
    ids.findIndex((id) => !states.get(id)?.task),
  );
  return { ids };
}
