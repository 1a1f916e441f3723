import { completeRecurrence, type Output, type Parsed, type procedures, type Task } from '@todo/contract';
import {
  type Builder,
  fieldColumns,
  missingRequirement,
  type OwnerDb,
  owner,
  patchValues,
  prepare,
  schema,
  tables,
  taskColumns,
  taskJsonBytes,
} from '@todo/db';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';
import { asRows, givenRows } from '../entities/import.ts';
import { isSameContent, statesAfter } from '../entities/replay.ts';
import { ApiError, toApiError } from '../errors.ts';
import { alreadyApplied, type Done } from '../idempotency.ts';
import { countWithin } from '../paging.ts';
import { dependent, dependentValues, isDependent } from './dependent.ts';
import { taskImport } from './store.ts';

const { tasks } = schema;
const { placeholder } = sql;

type Procedures = typeof procedures.tasks;
type CreateMany = Parsed<Procedures['createMany']>;
type ChangeMany = Parsed<Procedures['completeMany']>;
type EditMany = Parsed<Procedures['editMany']>;

const { added, creatableNames } = tables.task;
const given = givenRows('task');
const creatable = (relation: string) => fieldColumns('task', relation, creatableNames);

/** For an id that exists with other content the title becomes null, which the table refuses, so nothing is stored. The log keeps the order given. */
const insertMany = prepare((db) =>
  db
    .insert(added)
    .select(sql`select ${owner}::uuid, given.id, ${fieldColumns('task', 'given')} from ${given} order by given.ordinality`)
    .onConflictDoUpdate({
      target: [added.userId, added.id],
      set: { title: sql`case when (${creatable('tasks')}) is not distinct from (${creatable('excluded')}) then excluded.title end` },
    })
    .returning(taskColumns),
);

export const isAmong = and(eq(tasks.userId, owner), sql`${tasks.id} = any(${placeholder('ids')}::text::uuid[])`);
const selectMany = prepare((db) => db.select(taskColumns).from(tasks).where(isAmong));
export const forAll = (ids: string[]) => ({ ids: `{${ids.join()}}`, count: ids.length });

/** Throws `reason` with the index of the first item that is refused. */
function assertNone<Item>(reason: 'ID_TAKEN' | 'TASK_NOT_FOUND', items: Item[], isRefused: (item: Item) => boolean): void {
  const index = items.findIndex(isRefused);
  if (index >= 0) throw new ApiError(reason, { index });
}

/** Derives missing ids from the mutation id, so that a retry refers to the same tasks. Without a mutation id they are random. */
const withIds = ({ tasks, mutationId }: CreateMany) =>
  tasks.map((task, i) => ({ ...task, id: task.id ?? (mutationId === undefined ? uuidv7() : uuidv5(String(i), mutationId)) }));

const byId = (rows: Task[]) => new Map(rows.map((task) => [task.id, task]));

/** Throws TASK_NOT_FOUND with the index of the first missing one. */
function inOrder(ids: string[], taskOf: (id: string) => Task | null | undefined): Task[] {
  assertNone('TASK_NOT_FOUND', ids, (id) => !taskOf(id));
  return ids.flatMap((id) => taskOf(id) ?? []);
}

const isOther = (task: Task | null | undefined, row: object) => Boolean(task && !isSameContent('task', task, row));

export async function createTasks(db: OwnerDb, input: CreateMany): Promise<Output<Procedures['createMany']>> {
  const rows = withIds(input);
  const ids = rows.map(({ id }) => id);
  try {
    const { rows: made, seq } = await db.change(insertMany, asRows(rows));
    const tasks = byId(made);
    return { tasks: inOrder(ids, (id) => tasks.get(id)), seq };
  } catch (error) {
    const { reason } = toApiError(error);
    if (reason === 'LIST_NOT_FOUND') await taskImport.preview(db, rows, error);
    if (reason !== 'ID_TAKEN') throw error;
    const found = byId(await db.run(selectMany, forAll(ids)));
    assertNone('ID_TAKEN', rows, (row) => isOther(found.get(row.id), row));
    throw error;
  }
}

/** The tasks that exist. A change of them requires `isWhole`: none is missing. */
function findAll<More extends Record<string, SQL.Aliased>>(db: Builder, more: More) {
  const target = db.$with('target').as(
    db
      .select({ id: tasks.id, ...more })
      .from(tasks)
      .where(isAmong),
  );
  return { target, isWhole: sql`(select count(*) from ${target}) = ${placeholder('count')}::int` };
}

/** When the tasks do not fit into `maxBytes`, their titles become null, which the table refuses, so nothing is stored. */
const changeMany = (set: (fits: SQL) => SQL) =>
  prepare((db) => {
    const { target, isWhole } = findAll(db, { bytes: taskJsonBytes.as('bytes') });
    const fits = sql`(select sum(bytes) from ${target}) <= ${placeholder('maxBytes')}::int`;
    const returning = sql.join(Object.values(taskColumns), sql`, `);
    const changed = db.$with('changed', taskColumns).as(sql`update ${tasks} set ${set(fits)} where ${and(isAmong, isWhole)} returning ${returning}`);
    return db.with(target, changed).select({ id: target.id, task: changed._.selectedFields }).from(target).leftJoin(changed, eq(changed.id, target.id));
  });

const editMany = changeMany((fits) => tables.task.patched({}, fits));
const editDependentOfMany = changeMany((fits) => tables.task.patched(dependent, fits));

const removeMany = prepare((db) => {
  const { target, isWhole } = findAll(db, {});
  const tree = sql`${tasks.id} = any(task_tree(${owner}::uuid, ${placeholder('ids')}::text::uuid[]))`;
  const removed = db.$with('removed').as(
    db
      .delete(tasks)
      .where(and(eq(tasks.userId, owner), tree, isWhole))
      .returning({ id: tasks.id }),
  );
  return db.with(target, removed).select({ id: target.id }).from(target);
});

/** Throws TASK_NOT_FOUND with the index of the first that is not among those found. */
export function assertAll(ids: string[], found: { id: string }[]): void {
  const there = new Set(found.map(({ id }) => id));
  assertNone('TASK_NOT_FOUND', ids, (id) => !there.has(id));
}

/** A title became null, because the tasks do not fit. */
export function throwTooLarge(error: unknown): never {
  throw toApiError(error).reason === 'ID_TAKEN' ? new ApiError('TOO_LARGE', {}, error) : error;
}

/** Throws TASK_NOT_FOUND with the index of the first missing one. */
export function changedInOrder(ids: string[], found: { id: string; task: Task | null }[]): Task[] {
  assertAll(ids, found);
  const tasks = new Map(found.map(({ id, task }) => [id, task]));
  return inOrder(ids, (id) => tasks.get(id));
}

/** The statement knows the sizes before the change, so each task may take that of the patch besides. */
export async function editTasks(db: OwnerDb, { ids, ...input }: EditMany, maxBytes: number): Promise<Output<Procedures['editMany']>> {
  const room = maxBytes - ids.length * Buffer.byteLength(JSON.stringify(completeRecurrence(input)));
  try {
    const statement = isDependent(input) ? editDependentOfMany : editMany;
    const values = { ...patchValues('task', input), ...dependentValues(input), maxBytes: room, ...forAll(ids) };
    const { rows, seq } = await db.change(statement, values).catch(throwTooLarge);
    return { tasks: changedInOrder(ids, rows), seq };
  } catch (error) {
    const missing = missingRequirement(error);
    if (!missing) throw error;
    const found = new Map(Object.entries(Object.groupBy(await db.run(selectMany, forAll(ids)), ({ id }) => id)));
    const index = ids.findIndex((id) => Object(found.get(id)?.[0])[missing.required] === null);
    throw new ApiError('INVALID_INPUT', { ...toApiError(error).details, ...(index >= 0 && { index }) }, error);
  }
}

export async function removeTasks(db: OwnerDb, { ids }: ChangeMany): Promise<Output<Procedures['removeMany']>> {
  const { rows: found, seq } = await db.change(removeMany, forAll(ids));
  assertAll(ids, found);
  return { ids, seq };
}

export async function replayCreateMany(db: OwnerDb, input: CreateMany, done: Done): Promise<{ tasks: Task[] }> {
  const rows = withIds(input);
  const ids = rows.map(({ id }) => id);
  const stateOf = await statesAfter(db, 'task', ids, done);
  assertNone('ID_TAKEN', rows, (row) => !stateOf(row.id).isOwn && isOther(stateOf(row.id).state, row));
  return { tasks: inOrder(ids, (id) => stateOf(id).state) };
}

/** For completing and editing many. */
export async function replayChangeMany(db: OwnerDb, { ids }: ChangeMany, done: Done, maxBytes: number): Promise<{ tasks: Task[] }> {
  const stateOf = await statesAfter(db, 'task', ids, done);
  const changed = inOrder(ids, (id) => stateOf(id).state);
  if (countWithin(changed, maxBytes) < ids.length) throw alreadyApplied(done);
  return { tasks: changed };
}

export async function replayRemoveMany(db: OwnerDb, { ids }: ChangeMany, done: Done): Promise<{ ids: string[] }> {
  const stateOf = await statesAfter(db, 'task', ids, done);
  if (!ids.every((id) => stateOf(id).isOwn)) assertNone('TASK_NOT_FOUND', ids, (id) => !stateOf(id).state);
  return { ids };
}
