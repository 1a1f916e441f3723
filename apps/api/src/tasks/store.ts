import { type Builder, newTasks, type OwnerDb, owner, prepare, schema } from '@todo/db';
import { and, eq, getTableColumns, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { ApiError } from '../errors.ts';
import type { ChangeTaskInput, CreateTaskInput, EditTaskInput, GetTaskInput } from './input.ts';

const { tasks, taskCounters } = schema;
const { placeholder } = sql;

/** What a client sees of a task: all but its owner. */
const { userId: _owner, ...visible } = getTableColumns(tasks);
export const taskColumns = visible;

export type Task = Pick<typeof tasks.$inferSelect, keyof typeof taskColumns>;

const isThis = and(eq(tasks.userId, owner), eq(tasks.id, placeholder('id')));

/** An existing id gives back its row unchanged, also one that another request has just made: only the conflict sees that. */
const insert = prepare((db) =>
  db
    .insert(newTasks)
    .values({ userId: owner, id: placeholder('id'), title: placeholder('title'), description: placeholder('description') })
    .onConflictDoUpdate({ target: [newTasks.userId, newTasks.id], set: { title: sql`${tasks.title}` } })
    .returning(taskColumns),
);

export const isSameContent = (task: Task, input: Pick<CreateTaskInput, 'title' | 'description'>) =>
  task.title === input.title && task.description === input.description;

/** Without an id a named call names its task too. Throws ID_TAKEN when a task with this id has other content, QUOTA_REACHED when the owner has too many tasks. */
export async function createTask(db: OwnerDb, input: CreateTaskInput): Promise<Task> {
  const { mutationId, id = mutationId ?? uuidv7(), title, description } = input;
  const [task] = await db.run(insert, { id, title, description });
  if (!task || !isSameContent(task, input)) throw new ApiError('ID_TAKEN');
  return task;
}

const select = prepare((db) => db.select(taskColumns).from(tasks).where(isThis));

/** Throws TASK_NOT_FOUND. */
export async function getTask(db: OwnerDb, { id }: GetTaskInput): Promise<Task> {
  const [task] = await db.run(select, { id });
  if (!task) throw new ApiError('TASK_NOT_FOUND');
  return task;
}

const selectCounts = prepare((db) =>
  db.select({ open: taskCounters.open, completed: taskCounters.completed }).from(taskCounters).where(eq(taskCounters.userId, owner)),
);

export async function countTasks(db: OwnerDb): Promise<{ open: number; completed: number }> {
  const [counts] = await db.run(selectCounts);
  return counts ?? { open: 0, completed: 0 };
}

/** Without an expected version any will do. */
const isExpected = sql`coalesce(${tasks.version} = ${placeholder('expectedVersion')}::int, true)`;

/** A call that has changed nothing met another version if it expected one and the task is there still. Nothing looks unless it must. */
const isConflict = (db: Builder, changed: { id: SQLWrapper }) => {
  const isThere = sql`exists ${db.select({ id: tasks.id }).from(tasks).where(isThis).for('key share')}`;
  return sql<boolean>`case when ${changed.id} is null and ${placeholder('expectedVersion')}::int is not null then ${isThere} else false end`.as('is_conflict');
};

/** One statement that compares and changes. The update itself waits for others and looks again at what they have left. */
const change = (set: Partial<Record<'title' | 'description' | 'completedAt', SQL>>) =>
  prepare((db) => {
    const changed = db.$with('changed').as(db.update(tasks).set(set).where(and(isThis, isExpected)).returning(taskColumns));
    return db
      .with(changed)
      .select({ isConflict: isConflict(db, changed), task: changed._.selectedFields })
      .from(sql`(select) call`)
      .leftJoin(changed, sql`true`);
  });

const edit = change({
  title: sql`coalesce(${placeholder('title')}, ${tasks.title})`,
  description: sql`coalesce(${placeholder('description')}, ${tasks.description})`,
});
const complete = change({ completedAt: sql`coalesce(${tasks.completedAt}, now())` });
const reopen = change({ completedAt: sql`null` });

/** What is left out reaches the statement as null. */
type Input<T> = { [Key in keyof T]: undefined extends T[Key] ? T[Key] | null : T[Key] };

/** Throws TASK_NOT_FOUND or VERSION_CONFLICT when the statement has changed nothing. */
function changed<Found>([answer]: { isConflict: boolean; task: Found | null }[]): Found {
  if (!answer?.task) throw new ApiError(answer?.isConflict ? 'VERSION_CONFLICT' : 'TASK_NOT_FOUND');
  return answer.task;
}

/** Changes what is given and leaves the rest; giving what is there already makes no new version. */
export async function editTask(db: OwnerDb, { id, title = null, description = null, expectedVersion = null }: Input<EditTaskInput>): Promise<Task> {
  return changed(await db.run(edit, { id, title, description, expectedVersion }));
}

/** A completed task stays as it is. */
export async function completeTask(db: OwnerDb, { id, expectedVersion = null }: Input<ChangeTaskInput>): Promise<Task> {
  return changed(await db.run(complete, { id, expectedVersion }));
}

/** An open task stays as it is. */
export async function reopenTask(db: OwnerDb, { id, expectedVersion = null }: Input<ChangeTaskInput>): Promise<Task> {
  return changed(await db.run(reopen, { id, expectedVersion }));
}

const remove = prepare((db) => {
  const removed = db.$with('removed').as(db.delete(tasks).where(and(isThis, isExpected)).returning({ id: tasks.id }));
  return db
    .with(removed)
    .select({ isConflict: isConflict(db, removed), task: removed._.selectedFields })
    .from(sql`(select) call`)
    .leftJoin(removed, sql`true`);
});

export async function removeTask(db: OwnerDb, { id, expectedVersion = null }: Input<ChangeTaskInput>): Promise<{ id: string }> {
  return changed(await db.run(remove, { id, expectedVersion }));
}
