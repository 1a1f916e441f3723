import { type Output, type Parsed, type procedures, TASKS_MAX_BYTES_PER_OWNER, TASKS_MAX_PER_OWNER } from '@todo/contract';
import { type Builder, fieldColumns, fieldNames, newTasks, type OwnerDb, owner, pickFields, prepare, schema, taskBytes } from '@todo/db';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import { ApiError, toApiError } from '../errors.ts';
import type { Done } from '../idempotency.ts';
import { asRows, given } from './batch.ts';
import { statesAfter } from './replay.ts';
import { isSameContent } from './store.ts';

const { owners, tasks } = schema;

type Import = (typeof procedures.tasks)['import'];
type ImportTasks = Parsed<Import>;
type Counts = Omit<Output<Import>, 'seq'>;

const givenId = sql`given.id`;
/** Looks up each given id by index. The limit keeps PostgreSQL from reading the whole list for a join. */
const findThere = (db: Builder) =>
  db
    .select({ id: tasks.id, ...pickFields(tasks) })
    .from(tasks)
    .where(and(eq(tasks.userId, owner), eq(tasks.id, givenId)))
    .limit(1)
    .as('there');

type Outcome = 'created' | 'unchanged' | 'conflict';

const outcome = (isNew: SQL) => sql<Outcome>`case
  when ${isNew} then 'created'
  when (${fieldColumns('there')}) is not distinct from (${fieldColumns('given')}) then 'unchanged'
  else 'conflict' end`;

const preview = prepare((db) => {
  const counted = (value: SQL) => sql`coalesce((select ${value} from ${owners} where ${owners.userId} = ${owner}), 0)`;
  const there = findThere(db);
  return db
    .select({
      id: sql<string>`${givenId}`,
      outcome: outcome(sql`${there.id} is null`),
      room: sql`${TASKS_MAX_PER_OWNER}::int - ${counted(sql`${owners.open} + ${owners.completed}`)}`.mapWith(Number),
      roomBytes: sql`${TASKS_MAX_BYTES_PER_OWNER}::int - ${counted(sql`${owners.taskBytes}`)}`.mapWith(Number),
    })
    .from(given)
    .leftJoinLateral(there, sql`true`);
});

/** The log keeps the order given. */
const insertNew = prepare((db) => {
  const made = db.$with('made').as(
    db
      .insert(newTasks)
      .select(sql`select ${owner}::uuid, id, ${fieldColumns()} from ${given} order by given.ordinality`)
      .onConflictDoNothing({ target: [newTasks.userId, newTasks.id] })
      .returning({ id: tasks.id }),
  );
  const there = findThere(db);
  return db
    .with(made)
    .select({ id: sql<string>`${givenId}`, outcome: outcome(sql`${made.id} is not null`) })
    .from(given)
    .leftJoin(made, eq(made.id, givenId))
    .leftJoinLateral(there, sql`true`);
});

function countOutcomes({ tasks }: ImportTasks, found: Map<string, Outcome>): Counts {
  const idsOf = (wanted: Outcome) => tasks.map(({ id }) => id).filter((id) => found.get(id) === wanted);
  return { created: idsOf('created').length, unchanged: idsOf('unchanged').length, conflicts: idsOf('conflict') };
}

const byId = (rows: { id: string; outcome: Outcome }[]) => new Map(rows.map(({ id, outcome }) => [id, outcome]));

/** What the import would do. Throws QUOTA_REACHED with the index of the first task that exceeds the limit. */
async function previewImport(db: OwnerDb, input: ImportTasks, cause?: unknown): Promise<Output<Import>> {
  const { rows, seq } = await db.withNotes({ mutation: undefined }).change(preview, asRows(input.tasks));
  const found = byId(rows);
  const fresh = input.tasks.flatMap(({ id }, index) => (found.get(id) === 'created' ? [index] : []));
  let [room = 0, roomBytes = 0] = [rows[0]?.room, rows[0]?.roomBytes];
  for (const index of fresh) {
    room -= 1;
    roomBytes -= taskBytes(input.tasks[index] ?? {});
    if (room < 0 || roomBytes < 0) throw new ApiError('QUOTA_REACHED', { index, quota: room < 0 ? 'tasks' : 'bytes' }, cause);
  }
  return { ...countOutcomes(input, found), seq };
}

export async function importTasks(db: OwnerDb, input: ImportTasks): Promise<Output<Import>> {
  if (input.dryRun) return previewImport(db, input);
  try {
    const { rows, seq } = await db.change(insertNew, asRows(input.tasks));
    return { ...countOutcomes(input, byId(rows)), seq };
  } catch (error) {
    if (toApiError(error).reason === 'QUOTA_REACHED') await previewImport(db, input, error);
    throw error;
  }
}

export async function replayImport(db: OwnerDb, input: ImportTasks, done: Done): Promise<Counts> {
  const ids = input.tasks.map(({ id }) => id);
  const stateOf = await statesAfter(db, ids, done);
  const outcomeOf = (row: ImportTasks['tasks'][number]): Outcome => {
    const { task, isOwn } = stateOf(row.id);
    if (isOwn) return 'created';
    return task && isSameContent(task, row, fieldNames) ? 'unchanged' : 'conflict';
  };
  return countOutcomes(input, new Map(input.tasks.map((row) => [row.id, outcomeOf(row)])));
}
