import { COUNTED_LABELS_MAX, type Output, type Parsed, type procedures } from '@todo/contract';
import { labelKey, type OwnerDb, owner, prepare, schema } from '@todo/db';
import { eq, sql } from 'drizzle-orm';

const { owners, tasks } = schema;

type Counts = (typeof procedures.tasks)['counts'];

const totals = { open: owners.open, completed: owners.completed };
const selectTotals = prepare((db) => db.select(totals).from(owners).where(eq(owners.userId, owner)));

const today = sql`${sql.placeholder('today')}::date`;
const openTasks = sql`from ${tasks} t where t.user_id = ${owner} and t.completed_at is null`;

/** From the tasks themselves: an index finds the open ones, which are fewer than all that have the label. */
const labels = sql<{ name: string; open: number }[]>`(
  select coalesce(jsonb_agg(jsonb_build_object('name', l.name, 'open', l.open) order by l.open desc, l.name_key), '[]') from (
    select o.name_key, mode() within group (order by o.name) as name, count(*) as open
    from (select name, ${labelKey(sql`name`)} as name_key from (select unnest(t.labels) as name ${openTasks} and t.labels <> '{}') u) o
    group by o.name_key order by open desc, o.name_key limit ${sql.raw(String(COUNTED_LABELS_MAX))}) l)`;

const lists = sql<{ id: string | null; open: number }[]>`(
  select coalesce(jsonb_agg(jsonb_build_object('id', l.list_id, 'open', l.open)), '[]') from (select t.list_id, count(*) as open ${openTasks} group by t.list_id) l)`;

const selectAll = prepare((db) =>
  db
    .select({
      ...totals,
      overdue: sql`(select count(*) ${openTasks} and t.due_date < ${today})`.mapWith(Number),
      today: sql`(select count(*) ${openTasks} and t.due_date = ${today})`.mapWith(Number),
      lists,
      labels,
    })
    .from(owners)
    .where(eq(owners.userId, owner)),
);

export async function countTasks(db: OwnerDb, { today }: Parsed<Counts>): Promise<Output<Counts>> {
  const [counts] = today === undefined ? await db.run(selectTotals) : await db.run(selectAll, { today });
  return counts ?? { open: 0, completed: 0, ...(today !== undefined && { overdue: 0, today: 0, lists: [], labels: [] }) };
}
