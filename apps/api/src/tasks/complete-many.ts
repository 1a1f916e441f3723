import { setImmediate } from 'node:timers/promises';
import type { Output, Parsed, procedures } from '@todo/contract';
import { type OwnerDb, owner, prepare, schema, taskColumns, taskJsonBytes } from '@todo/db';
import { and, eq, sql } from 'drizzle-orm';
import { ApiError } from '../errors.ts';
import { type Moved, nextOccurrence } from '../recurrence/next.ts';
import { changedInOrder, forAll, isAmong, throwTooLarge } from './batch.ts';
import { ATTEMPTS_MAX, dateOn, decline, isRecurring, recurring, recurs } from './complete.ts';

const { tasks } = schema;
const { placeholder } = sql;

type CompleteMany = (typeof procedures.tasks)['completeMany'];

/** Where recurring tasks move to, by id, with the version that each must have; without a due date it is completed. */
type Moves = Record<string, Partial<Moved> & { version: number }>;

/** Declines, as for a single task, if one of them recurs and `moves` does not say where to. When the tasks do not fit into `maxBytes`, their titles become null. */
const completeMany = prepare((db) => {
  const target = db.$with('target').as(
    db
      .select({ id: tasks.id, ...recurring, recurs: isRecurring.as('recurs'), bytes: taskJsonBytes.as('bytes') })
      .from(tasks)
      .where(isAmong),
  );
  // Each use of a placeholder sends its value once more.
  const given = db.$with('given', {}).as(sql`select ${placeholder('moves')}::text::jsonb as moves`);
  const moves = sql`(select moves from ${given})`;
  const movedIds = sql`array(select each.key::uuid from jsonb_each(${moves}) each where each.value ? 'dueDate')`;
  /** A subtask is open after its parent has moved. The trigger tasks_42_reopen opens those that are not among these tasks. */
  const isReopened = sql`${tasks.id} = any((select case when ${moves} <> '{}' then task_tree(${owner}::uuid, ${movedIds}) else '{}' end)::uuid[])`;
  const isWhole = sql`(select count(*) from ${target}) = ${placeholder('count')}::int`;
  const wanted = sql`((${moves} -> (id::text) ->> 'version')::int)`;
  const isReady = sql`not exists (select from ${target} where (recurs or ${wanted} is not null) and version is distinct from ${wanted})`;
  const fits = sql`(select sum(bytes) from ${target}) <= ${placeholder('maxBytes')}::int`;
  const moved = (name: keyof Moved) => sql`(${moves} -> ${tasks.id}::text ->> '${sql.raw(name)}')`;
  const isMoved = sql`${moved('dueDate')} is not null`;
  const set = sql`completed_at = case when not (${isMoved} or ${isReopened}) then coalesce(${tasks.completedAt}, (select now())) end,
    due_date = case when ${isMoved} then ${moved('dueDate')}::date else ${tasks.dueDate} end,
    start_date = case when ${isMoved} then ${moved('startDate')}::date else ${tasks.startDate} end,
    recurrence = case when ${isMoved} then ${moved('recurrence')} else ${tasks.recurrence} end,
    title = case when ${fits} then ${tasks.title} end`;
  const returning = sql.join(Object.values(taskColumns), sql`, `);
  const changed = db.$with('changed', taskColumns).as(sql`update ${tasks} set ${set} where ${and(isAmong, isWhole, isReady)} returning ${returning}`);
  const { id, bytes: _, recurs: __, ...state } = target._.selectedFields;
  return db
    .with(given, target, changed)
    .select({
      id,
      state,
      isDeclined: sql<boolean>`(select case when ${isWhole} and not (${isReady}) then ${decline} = 'true' else false end)`,
      task: changed._.selectedFields,
    })
    .from(target)
    .leftJoin(changed, eq(changed.id, target.id));
});

/** A rule may take two milliseconds, so other calls get their turn in between. */
const AT_ONCE = 10;

export async function completeTasks(db: OwnerDb, input: Parsed<CompleteMany>, maxBytes: number): Promise<Output<CompleteMany>> {
  const { ids } = input;
  const notes = db.withNotes({ action: 'completed' });
  let moves: Moves = {};
  for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts += 1) {
    const values = { ...forAll(ids), moves: JSON.stringify(moves), maxBytes };
    const { rows, seq } = await notes.change(completeMany, values, ([row]) => row?.isDeclined === true).catch(throwTooLarge);
    if (!rows[0]?.isDeclined) return { tasks: changedInOrder(ids, rows), seq };
    moves = {};
    for (const [i, { id, state }] of rows.filter((row) => recurs(row.state)).entries()) {
      if (i % AT_ONCE === AT_ONCE - 1) await setImmediate();
      moves[id] = { ...nextOccurrence(state, dateOn(input, state)), version: state.version };
    }
  }
  throw new ApiError('VERSION_CONFLICT');
}
