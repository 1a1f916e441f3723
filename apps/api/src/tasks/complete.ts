import type { Output, Parsed, procedures, Task } from '@todo/contract';
import { type OwnerDb, owner, prepare, schema, taskColumns } from '@todo/db';
import { and, eq, ne, sql } from 'drizzle-orm';
import { ApiError } from '../errors.ts';
import { nextOccurrence } from '../recurrence/next.ts';
import { dateIn } from '../recurrence/today.ts';

const { tasks } = schema;
const { placeholder } = sql;

type Procedures = typeof procedures.tasks;
type Changed = Output<Procedures['complete']>;

/** What completing or skipping depends on. The version tells whether it still holds. */
const { version, recurrence, repeatFrom, dueDate, startDate, timeZone, completedAt } = tasks;
export const recurring = { version, recurrence, repeatFrom, dueDate, startDate, timeZone, completedAt };
export type State = Pick<Task, keyof typeof recurring>;

/** How often a call looks at tasks that others change meanwhile. */
export const ATTEMPTS_MAX = 10;

export const isRecurring = sql`(${tasks.recurrence} is not null and ${tasks.completedAt} is null)`;
export const recurs = ({ recurrence, completedAt }: Pick<State, 'recurrence' | 'completedAt'>) => recurrence !== null && completedAt === null;

/** Sets app.declined: nothing is changed, and no idempotency key is stored. */
export const decline = sql`set_config('app.declined', 'true', true)`;

/** The next date needs the rule, so the first attempt at a recurring task declines and returns its state, and the second one compares the version and moves it. */
const settle = (withSubtasks: boolean) =>
  prepare((db) => {
    const moves = sql`${placeholder('moves')}::boolean`;
    const set = sql`completed_at = case when ${moves} then ${tasks.completedAt} else coalesce(${tasks.completedAt}, (select now())) end,
    due_date = case when ${moves} then ${placeholder('dueDate')}::date else ${tasks.dueDate} end,
    start_date = case when ${moves} then ${placeholder('startDate')}::date else ${tasks.startDate} end,
    recurrence = case when ${moves} then ${placeholder('recurrence')}::text else ${tasks.recurrence} end`;
    const was = sql`${placeholder('was')}::int`;
    const isReady = sql`case when ${was} is null then not ${isRecurring} else ${tasks.version} = ${was} end`;
    const isThis = and(eq(tasks.userId, owner), eq(tasks.id, placeholder('id')));
    const isExpected = sql<boolean>`coalesce(${tasks.version} = ${placeholder('expectedVersion')}::int, true)`;
    const returning = sql.join(Object.values(taskColumns), sql`, `);
    const changed = db.$with('changed', taskColumns).as(sql`update ${tasks} set ${set} where ${and(isThis, isExpected, isReady)} returning ${returning}`);
    const tree = sql`array(select unnest(task_tree(${owner}::uuid, array[changed.id])) from changed where not ${moves})`;
    const isSubtask = and(eq(tasks.userId, owner), sql`${tasks.id} = any(${tree})`, ne(tasks.id, placeholder('id')));
    const subtasks = db.$with('subtasks', {}).as(sql`update ${tasks} set completed_at = coalesce(${tasks.completedAt}, (select now())) where ${isSubtask}`);
    const there = db
      .select({ ...recurring, isExpected: isExpected.as('is_expected'), declined: sql`case when ${isExpected} then ${decline} end`.as('declined') })
      .from(tasks)
      .where(and(isThis, sql`changed.id is null`))
      .as('there');
    return db
      .with(changed, ...(withSubtasks ? [subtasks] : []))
      .select({ task: changed._.selectedFields, there: there._.selectedFields })
      .from(sql`(select) call`)
      .leftJoin(changed, sql`true`)
      .leftJoinLateral(there, sql`true`);
  });

const settleAlone = settle(false);
const settleWithSubtasks = settle(true);

interface Attempt {
  /** The version that the task must have; null if it must not recur. */
  was: number | null;
  moves: boolean;
  dueDate?: string | null;
  startDate?: string | null;
  recurrence?: string | null;
}

/** Repeats the attempt with what follows from the state of the task, until the task is in that state. */
async function settleTask(db: OwnerDb, input: Parsed<Procedures['complete']>, first: Attempt, next: (state: State, on: string) => Attempt): Promise<Changed> {
  const statement = input.subtasks ? settleWithSubtasks : settleAlone;
  let attempt = first;
  for (let attempts = 0; attempts < ATTEMPTS_MAX; attempts += 1) {
    const values = { dueDate: null, startDate: null, recurrence: null, ...attempt, id: input.id, expectedVersion: input.expectedVersion ?? null };
    const { rows, seq } = await db.change(statement, values, ([answer]) => answer?.there?.isExpected === true);
    const [{ task, there } = { task: null, there: null }] = rows;
    if (task) return { ...task, seq };
    if (!there) throw new ApiError('TASK_NOT_FOUND');
    if (!there.isExpected) break;
    attempt = next(there, dateOn(input, there));
  }
  throw new ApiError('VERSION_CONFLICT');
}

/** The date on which a call is made. */
export const dateOn = ({ on }: { on?: string | undefined }, { timeZone }: Pick<State, 'timeZone'>): string => on ?? dateIn(timeZone ?? 'UTC', new Date());

const plain = { was: null, moves: false };

export const completeTask = (db: OwnerDb, input: Parsed<Procedures['complete']>): Promise<Changed> =>
  settleTask(db.withNotes({ action: 'completed' }), input, plain, (state, on) => {
    if (!recurs(state)) return plain;
    const moved = nextOccurrence(state, on);
    return { ...moved, was: state.version, moves: moved !== null };
  });

export const skipTask = (db: OwnerDb, input: Parsed<Procedures['skip']>): Promise<Changed> =>
  settleTask(db.withNotes({ action: 'skipped' }), input, { was: 0, moves: false }, (state, on) => {
    const moved = recurs(state) ? nextOccurrence(state, on, 'due') : null;
    if (!moved) throw new ApiError('NO_NEXT_DATE');
    return { ...moved, was: state.version, moves: true };
  });
