import { type Parsed, type procedures, TASKS_MAX_PER_OWNER } from '@todo/contract';
import { arrayLiteral, containsWords, labelKeys, owner, placeOf, schema, taskColumns } from '@todo/db';
import { and, eq, isNotNull, isNull, type SQL, Subquery, sql } from 'drizzle-orm';
import type { SortName } from './sorts.ts';

const { tasks, taskLabels } = schema;
const { placeholder } = sql;

type ListTasksInput = Parsed<(typeof procedures.tasks)['list']>;

/**
 * Which tasks a statement reads: of all, open or completed ones as many as fit on a page; or those that an index finds by a filter; or `some`, where it may have
 * to read all. A partial index needs its condition in the text of the statement. All other filters are parameters, so that their combinations share a statement.
 */
export type Access = 'all' | 'open' | 'completed' | 'some' | 'due' | 'finished' | 'placed' | 'listed' | 'labelled';

const value = (name: string, type: string) => sql`${placeholder(name)}::${sql.raw(type)}`;

const isDue = sql`${tasks.dueDate} >= ${value('dueFrom', 'date')} and ${tasks.dueDate} <= ${value('dueTo', 'date')}`;
const isListed = sql`${tasks.listId} = ${value('listId', 'uuid')}`;
const isChild = sql`${tasks.parentId} = ${value('parentId', 'uuid')}`;
/** In this list and below this parent; the place of the inbox is its owner. */
const isPlaced = sql`(${sql.raw(placeOf('tasks'))}) = case when ${value('place', 'uuid')} is null then ${owner}::uuid else ${value('place', 'uuid')} end`;
const isFinished = sql`${tasks.completedAt} >= ${value('completedFrom', 'timestamptz')} and ${tasks.completedAt} < ${value('completedBefore', 'timestamptz')}`;

const hasLabel = (name: string) =>
  sql`exists (select from ${taskLabels} l where l.user_id = ${owner} and l.name_key = any(${labelKeys(value(name, 'text[]'))}) and l.task_id = ${tasks.id})`;

/** The tasks that have at least `labelsLeast` of the labels. The limits make PostgreSQL look up each label and each task, instead of reading all for a join. */
const labelled = sql`select t.* from (
  select l.task_id from unnest(${labelKeys(value('labels', 'text[]'))}) key (name) cross join lateral (
    select l.task_id from ${taskLabels} l where l.user_id = ${owner} and l.name_key = key.name limit ${sql.raw(String(TASKS_MAX_PER_OWNER))}) l
  group by l.task_id having count(*) >= ${value('labelsLeast', 'integer')}
) found cross join lateral (select * from ${tasks} t where t.user_id = ${owner} and t.id = found.task_id limit 1) t`;

const unlessNull = (name: string, type: string, rule: (given: SQL) => SQL) => sql`(${value(name, type)} is null or ${rule(value(name, type))})`;

/** `coalesce` hides the rules from the planner, which would expect almost no matches and read all tasks where an index would soon fill the page. */
const rest = sql`coalesce(${sql.join(
  [
    unlessNull('isListed', 'boolean', (given) => sql`case when ${given} then ${isListed} else ${tasks.listId} is null end`),
    unlessNull('isChild', 'boolean', (given) => sql`case when ${given} then ${isChild} else ${tasks.parentId} is null end`),
    unlessNull('isCompleted', 'boolean', (given) => sql`(${tasks.completedAt} is not null) = ${given}`),
    unlessNull('isFinished', 'boolean', () => isFinished),
    unlessNull('isDue', 'boolean', (given) => sql`case when ${given} then ${isDue} else ${tasks.dueDate} is null end`),
    unlessNull('startsBy', 'date', (given) => sql`(${tasks.startDate} is null or ${tasks.startDate} <= ${given})`),
    unlessNull('priority', 'text[]', (given) => sql`${tasks.priority} = any(${given})`),
    unlessNull('anyLabel', 'text[]', () => hasLabel('anyLabel')),
    unlessNull('noLabel', 'text[]', () => sql`not ${hasLabel('noLabel')}`),
    unlessNull('search', 'text', (given) => containsWords(tasks.search, given)),
  ],
  sql` and `,
)}, false)`;

const rules: Record<Access, SQL | undefined> = {
  all: undefined,
  open: isNull(tasks.completedAt),
  completed: isNotNull(tasks.completedAt),
  some: rest,
  due: and(isNull(tasks.completedAt), isDue, rest),
  finished: and(isFinished, rest),
  placed: and(isPlaced, rest),
  listed: and(isListed, rest),
  labelled: rest,
};

/** The relation that a statement reads, under the name of the table, as Drizzle wants it for the table's columns. */
export const accessedTasks = (access: Access) => (access === 'labelled' ? new Subquery(labelled, taskColumns, 'tasks') : tasks);
export const accessRule = (access: Access): SQL | undefined => and(eq(tasks.userId, owner), rules[access]);

/** Whether what is read has a value to sort by. */
export const isNeverNull = (access: Access, sort: SortName): boolean =>
  sort === 'due' ? access === 'due' : sort === 'completed' ? ['completed', 'finished'].includes(access) : true;

const isGiven = (filter: unknown) => filter !== undefined && filter !== '';

export function accessOf({ listId, parentId, completed, completedIn, due, overdueOn, startsBy, priority, labels, search }: ListTasksInput): Access {
  if (labels?.all || labels?.any) return 'labelled';
  if (overdueOn !== undefined || (due && completed === false)) return 'due';
  if (parentId || (parentId === null && listId !== undefined)) return 'placed';
  if (listId) return 'listed';
  if (completedIn) return 'finished';
  if ([listId, parentId, due, startsBy, priority, labels, search].some(isGiven)) return 'some';
  return completed === undefined ? 'all' : completed ? 'completed' : 'open';
}

const [FIRST_DAY, LAST_DAY] = ['1000-01-01', '9999-12-31'];
const DAY_MS = 86_400_000;
const dayBefore = (date: string) => new Date(Date.parse(date) - DAY_MS).toISOString().slice(0, 10);

const list = (items: readonly string[] | undefined) => (items ? arrayLiteral(items) : null);

/** The values of all placeholders above. A range always has both ends: under row-level security a comparison with `coalesce` would reach no index. */
export function filterValues({ listId, parentId, completed, completedIn, due, overdueOn, startsBy, priority, labels, search }: ListTasksInput) {
  const { all, any, none } = labels ?? {};
  return {
    isListed: listId === undefined ? null : listId !== null,
    listId: listId ?? null,
    isChild: parentId === undefined ? null : parentId !== null,
    parentId: parentId ?? null,
    place: parentId ?? listId ?? null,
    isCompleted: overdueOn === undefined ? (completed ?? null) : false,
    isFinished: completedIn ? true : null,
    completedFrom: completedIn?.from ?? '-infinity',
    completedBefore: completedIn?.before ?? 'infinity',
    isDue: overdueOn === undefined && due === undefined ? null : due !== null,
    dueFrom: due?.from ?? FIRST_DAY,
    dueTo: overdueOn === undefined ? (due?.to ?? LAST_DAY) : dayBefore(overdueOn),
    startsBy: startsBy ?? null,
    priority: list(priority),
    labels: list(all ?? any),
    labelsLeast: all?.length ?? 1,
    anyLabel: all ? list(any) : null,
    noLabel: list(none),
    search: search || null,
  };
}
