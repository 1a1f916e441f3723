import { isSameValue, type Output, type Parsed, type procedures, type Task } from '@todo/contract';
import {
  type Builder,
  eachField,
  editableNames,
  fieldValues,
  newTasks,
  type OwnerDb,
  owner,
  patched,
  patchValues,
  prepare,
  schema,
  taskColumns,
} from '@todo/db';
import { and, eq, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { ApiError } from '../errors.ts';

const { owners, tasks } = schema;
const { placeholder } = sql;

type Procedures = typeof procedures.tasks;
type Changed = Output<Procedures['edit']>;

const isThis = and(eq(tasks.userId, owner), eq(tasks.id, placeholder('id')));

/** For an existing id the no-op update returns the row unchanged. */
const insert = prepare((db) =>
  db
    .insert(newTasks)
    .values({ userId: owner, id: placeholder('id'), ...eachField(placeholder) })
    .onConflictDoUpdate({ target: [newTasks.userId, newTasks.id], set: { title: sql`${tasks.title}` } })
    .returning(taskColumns),
);
const defaults = fieldValues('task', {});

type Values = Record<string, unknown>;

/** Compares the editable fields, or those with the given names. */
export const isSameContent = (task: Values, input: Values, names = editableNames) => names.every((name) => isSameValue(task[name], input[name]));

/** The id defaults to the mutation id, so that a retry refers to the same task. */
export async function createTask(db: OwnerDb, input: Parsed<Procedures['create']>): Promise<Changed> {
  const { mutationId, id = mutationId ?? uuidv7() } = input;
  const { rows, seq } = await db.change(insert, { ...defaults, ...input, id });
  const [task] = rows;
  if (!task || !isSameContent(task, input)) throw new ApiError('ID_TAKEN');
  return { ...task, seq };
}

const select = prepare((db) => db.select(taskColumns).from(tasks).where(isThis));

export async function getTask(db: OwnerDb, { id }: Parsed<Procedures['get']>): Promise<Task> {
  const [task] = await db.run(select, { id });
  if (!task) throw new ApiError('TASK_NOT_FOUND');
  return task;
}

const selectCounts = prepare((db) => db.select({ open: owners.open, completed: owners.completed }).from(owners).where(eq(owners.userId, owner)));

export async function countTasks(db: OwnerDb): Promise<Output<Procedures['counts']>> {
  const [counts] = await db.run(selectCounts);
  return counts ?? { open: 0, completed: 0 };
}

/** True for any version if none is expected. */
const isExpected = sql`coalesce(${tasks.version} = ${placeholder('expectedVersion')}::int, true)`;

/** Nothing changed although the task exists, because its version was not the expected one. Looks for the task only if nothing changed. */
const isConflict = (db: Builder, changed: { id: SQLWrapper }) => {
  const isThere = sql`exists ${db.select({ id: tasks.id }).from(tasks).where(isThis)}`;
  return sql<boolean>`case when ${changed.id} is null and ${placeholder('expectedVersion')}::int is not null then ${isThere} else false end`.as('is_conflict');
};

/** Compares and updates in one statement. */
const change = (set: SQL) =>
  prepare((db) => {
    const returning = sql.join(Object.values(taskColumns), sql`, `);
    const changed = db.$with('changed', taskColumns).as(sql`update ${tasks} set ${set} where ${and(isThis, isExpected)} returning ${returning}`);
    return db
      .with(changed)
      .select({ isConflict: isConflict(db, changed), task: changed._.selectedFields })
      .from(sql`(select) call`)
      .leftJoin(changed, sql`true`);
  });

const edit = change(patched());
const complete = change(sql`completed_at = coalesce(${tasks.completedAt}, (select now()))`);
const reopen = change(sql`completed_at = null`);

interface Found<Row> {
  rows: { isConflict: boolean; task: Row | null }[];
  seq: number;
}

function changed<Row extends object>({ rows: [answer], seq }: Found<Row>): Row & { seq: number } {
  if (!answer?.task) throw new ApiError(answer?.isConflict ? 'VERSION_CONFLICT' : 'TASK_NOT_FOUND');
  return { ...answer.task, seq };
}

/** A placeholder always needs a value, so an absent version is null. */
const target = ({ id, expectedVersion = null }: { id: string; expectedVersion?: number | null | undefined }) => ({ id, expectedVersion });

/** Changes the given fields. Equal values create no new version. */
export async function editTask(db: OwnerDb, input: Parsed<Procedures['edit']>): Promise<Changed> {
  return changed(await db.change(edit, { ...target(input), ...patchValues(input) }));
}

export async function completeTask(db: OwnerDb, input: Parsed<Procedures['complete']>): Promise<Changed> {
  return changed(await db.withNotes({ action: 'completed' }).change(complete, target(input)));
}

export async function reopenTask(db: OwnerDb, input: Parsed<Procedures['reopen']>): Promise<Changed> {
  return changed(await db.withNotes({ action: 'reopened' }).change(reopen, target(input)));
}

const remove = prepare((db) => {
  const removed = db.$with('removed').as(db.delete(tasks).where(and(isThis, isExpected)).returning({ id: tasks.id }));
  return db
    .with(removed)
    .select({ isConflict: isConflict(db, removed), task: removed._.selectedFields })
    .from(sql`(select) call`)
    .leftJoin(removed, sql`true`);
});

export async function removeTask(db: OwnerDb, input: Parsed<Procedures['remove']>): Promise<Output<Procedures['remove']>> {
  return changed(await db.change(remove, target(input)));
}
