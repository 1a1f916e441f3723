import { type Builder, newTasks, type OwnerDb, owner, prepare, schema, TASKS_MAX_PER_OWNER } from '@todo/db';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { ApiError, toApiError } from '../errors.ts';
import type { Done } from '../once.ts';
import type { ImportTasksInput } from './input.ts';
import { statesAfter } from './retell.ts';
import type { Task } from './store.ts';

const { taskCounters, tasks } = schema;
const { placeholder } = sql;

/** Rows travel as one JSON text: the statement is the same for any number of them. */
const given = sql`jsonb_to_recordset(${placeholder('rows')}::text::jsonb) as given (id uuid, title text, description text, "completedAt" timestamptz(3))`;
const givenId = sql`given.id`;
/** Looked up one by one, however many tasks there are. The limit keeps PostgreSQL from reading the whole list to join it. */
const findThere = (db: Builder) =>
  db
    .select({ id: tasks.id, title: tasks.title, description: tasks.description, completedAt: tasks.completedAt })
    .from(tasks)
    .where(and(eq(tasks.userId, owner), eq(tasks.id, givenId)))
    .limit(1)
    .as('there');

type Outcome = 'created' | 'unchanged' | 'conflict';

/** Unknown where the id is taken by a task that was made while the statement ran, which therefore does not see it. */
const outcome = (isNew: SQL, there: ReturnType<typeof findThere>) => sql<Outcome | null>`case
  when ${isNew} then 'created'
  when ${there.id} is null then null
  when (${there.title}, ${there.description}, ${there.completedAt}) is not distinct from (given.title, given.description, given."completedAt") then 'unchanged'
  else 'conflict' end`;

const preview = prepare((db) => {
  const count = sql`select ${taskCounters.open} + ${taskCounters.completed} from ${taskCounters} where ${taskCounters.userId} = ${owner}`;
  const there = findThere(db);
  return db
    .select({
      id: sql<string>`${givenId}`,
      outcome: outcome(sql`${there.id} is null`, there),
      room: sql`${TASKS_MAX_PER_OWNER}::int - coalesce((${count}), 0)`.mapWith(Number),
    })
    .from(given)
    .leftJoinLateral(there, sql`true`);
});

/** In the order of ids, in which no two calls wait for each other in a circle. */
const carryOut = prepare((db) => {
  const made = db.$with('made').as(
    db
      .insert(newTasks)
      .select(sql`select ${owner}::uuid, id, title, description, "completedAt" from ${given} order by id`)
      .onConflictDoNothing({ target: [newTasks.userId, newTasks.id] })
      .returning({ id: tasks.id }),
  );
  const there = findThere(db);
  return db
    .with(made)
    .select({ id: sql<string>`${givenId}`, outcome: outcome(sql`${made.id} is not null`, there) })
    .from(given)
    .leftJoin(made, eq(made.id, givenId))
    .leftJoinLateral(there, sql`true`);
});

/** What becomes of the tasks of an import: how many are made, how many were there as they are, and the ids of those that were there with other content. */
export interface Imported {
  created: number;
  unchanged: number;
  conflicts: string[];
}

function tally({ tasks }: ImportTasksInput, found: Map<string, Outcome | null>): Imported {
  const having = (wanted: Outcome) => tasks.map(({ id }) => id).filter((id) => found.get(id) === wanted);
  return { created: having('created').length, unchanged: having('unchanged').length, conflicts: having('conflict') };
}

type Outcomes = { id: string; outcome: Outcome | null }[];
const byId = (rows: Outcomes) => new Map(rows.map(({ id, outcome }) => [id, outcome]));
const rowsOf = ({ tasks }: ImportTasksInput) => ({ rows: JSON.stringify(tasks) });

/** Throws QUOTA_REACHED with the index of the first task that there is no room for. */
async function foresee(db: OwnerDb, input: ImportTasksInput, cause?: unknown): Promise<Map<string, Outcome | null>> {
  const rows = await db.noting({ mutation: undefined }).run(preview, rowsOf(input));
  const found = byId(rows);
  const fresh = input.tasks.flatMap(({ id }, index) => (found.get(id) === 'created' ? [index] : []));
  const index = fresh[Math.max(0, rows[0]?.room ?? 0)];
  if (index !== undefined) throw new ApiError('QUOTA_REACHED', { index }, cause);
  return found;
}

/** Of an id that another call took meanwhile the preview tells what it is by now; if that is gone again, it was in the way all the same. */
async function settle(db: OwnerDb, input: ImportTasksInput, rows: Outcomes): Promise<Map<string, Outcome | null>> {
  const found = byId(rows);
  const unknown = input.tasks.filter(({ id }) => found.get(id) === null);
  if (unknown.length === 0) return found;
  const now = byId(await db.noting({ mutation: undefined }).run(preview, rowsOf({ ...input, tasks: unknown })));
  for (const { id } of unknown) found.set(id, now.get(id) === 'unchanged' ? 'unchanged' : 'conflict');
  return found;
}

/**
 * Makes the tasks that are not there, all or none, and leaves those that are there as they are. A dry run says what would be. Throws QUOTA_REACHED with the
 * index of the first task that there is no room for.
 */
export async function importTasks(db: OwnerDb, input: ImportTasksInput): Promise<Imported> {
  if (input.dryRun) return tally(input, await foresee(db, input));
  try {
    return tally(input, await settle(db, input, await db.run(carryOut, rowsOf(input))));
  } catch (error) {
    if (toApiError(error).reason === 'QUOTA_REACHED') await foresee(db, input, error);
    throw error;
  }
}

const isSame = (task: Task | null | undefined, row: ImportTasksInput['tasks'][number]) =>
  task?.title === row.title && task.description === row.description && task.completedAt === row.completedAt;

export async function retellImport(db: OwnerDb, input: ImportTasksInput, done: Done): Promise<Imported> {
  const ids = input.tasks.map(({ id }) => id);
  const states = await statesAfter(db, ids, done);
  const outcomeOf = (row: ImportTasksInput['tasks'][number]): Outcome => {
    if (states.own.has(row.id)) return 'created';
    return isSame(states.tasks.get(row.id), row) ? 'unchanged' : 'conflict';
  };
  return tally(input, new Map(input.tasks.map((row) => [row.id, outcomeOf(row)])));
}
