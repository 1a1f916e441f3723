import type { Output, Parsed, procedures } from '@todo/contract';
import { fieldColumns, newTasks, type OwnerDb, owner, prepare, schema } from '@todo/db';
import { aliasedTable, and, eq, inArray, lte, sql } from 'drizzle-orm';
import type { Done } from '../idempotent.ts';
import { asGiven, assertTold, findReach } from './store.ts';

const { taskEvents, tasks } = schema;
const { placeholder } = sql;

type Rewind = (typeof procedures.history)['rewind'];
/** How many tasks a rewind brings back, changes and removes. */
type Rewound = Omit<Output<Rewind>, 'seq'>;

/** The number up to which the log is told: given, or the last one until a moment. */
const end = sql`coalesce(${placeholder('seq')}::bigint, (select max(${taskEvents.seq}) from ${taskEvents} where ${taskEvents.userId} = ${owner} and ${taskEvents.at} <= ${placeholder('moment')}::timestamptz), 0)`;

/** What was then, beside what is now: each task that has to be brought back, changed or removed. */
const difference = sql`
  select coalesce(was.task_id, present.id) as id, ${fieldColumns('was')},
    case when present.id is null then 'restored' when was.task_id is null then 'removed' else 'edited' end as kind
  from (
    select * from (
      select distinct on (task_id) task_id, ${fieldColumns()}, version from ${taskEvents}
      where user_id = ${owner} and seq <= (select upto from reach) order by task_id, seq desc
    ) latest where version is not null
  ) was
  full join (select id, ${fieldColumns()} from ${tasks} where user_id = ${owner}) present on present.id = was.task_id
  where (select is_told from reach)
    and (was.task_id, ${fieldColumns('was')}) is distinct from (present.id, ${fieldColumns('present')})`;

const columns = { id: sql<string>`id`.as('id'), kind: sql<keyof Rewound>`kind`.as('kind') };

const preview = prepare((db) => {
  const reach = findReach(db, end);
  const plan = db.$with('plan', columns).as(difference);
  return db.with(reach, plan).select({ isTold: reach.isTold, kind: plan.kind }).from(reach).leftJoin(plan, sql`true`);
});

/** One statement: the plan is made from one snapshot, and all of it is carried out or nothing. */
const carryOut = prepare((db) => {
  const reach = findReach(db, end);
  const plan = db.$with('plan', columns).as(difference);
  const extra = db.select({ id: plan.id }).from(plan).where(eq(plan.kind, 'removed'));
  const removed = db.$with('gone').as(
    db
      .delete(tasks)
      .where(and(eq(tasks.userId, owner), inArray(tasks.id, extra)))
      .returning({ id: tasks.id }),
  );
  const back = db
    .$with('back')
    .as(
      db
        .insert(newTasks)
        .select(sql`select ${owner}::uuid, id, ${fieldColumns()} from ${plan} where kind <> 'removed'`)
        .onConflictDoUpdate(asGiven)
        .returning({ id: tasks.id }),
    );
  return db.with(reach, plan, removed, back).select({ isTold: reach.isTold, kind: plan.kind }).from(reach).leftJoin(plan, sql`true`);
});

function tally(rows: { kind: keyof Rewound | null }[]): Rewound {
  const count = (kind: keyof Rewound) => rows.filter((row) => row.kind === kind).length;
  return { restored: count('restored'), edited: count('edited'), removed: count('removed') };
}

/**
 * Sets the whole list back to how it was, as new events; a dry run says what would change. A rewind can be rewound.
 * Throws INVALID_INPUT when that is further back than a trimmed log tells.
 */
export async function rewind(db: OwnerDb, { to, dryRun }: Parsed<Rewind>): Promise<Output<Rewind>> {
  const values = typeof to === 'number' ? { seq: to, moment: null } : { seq: null, moment: to };
  const { rows, seq } = dryRun
    ? await db.noting({ mutation: undefined }).change(preview, values)
    : await db.noting({ action: 'restored' }).change(carryOut, values);
  assertTold('to', rows);
  return { ...tally(rows), seq };
}

const earlier = aliasedTable(taskEvents, 'earlier');
const wasThere = sql<boolean>`(
  select ${earlier.version} is not null from ${taskEvents} ${earlier}
  where ${earlier.userId} = ${owner} and ${earlier.taskId} = ${taskEvents.taskId} and ${earlier.seq} < ${taskEvents.seq}
  order by ${earlier.seq} desc limit 1)`;
const selectDone = prepare((db) =>
  db
    .select({ kind: sql<keyof Rewound>`case when ${taskEvents.action} = 'removed' then 'removed' when ${wasThere} then 'edited' else 'restored' end` })
    .from(taskEvents)
    .where(and(eq(taskEvents.userId, owner), lte(taskEvents.seq, placeholder('seq')), eq(taskEvents.mutationId, placeholder('mutationId')))),
);

export async function replayRewind(db: OwnerDb, input: Parsed<Rewind>, done: Done): Promise<Rewound> {
  const rows = await db.run(selectDone, { ...done });
  if (rows.length === 0) await rewind(db, { ...input, dryRun: true }); // is refused as the first call was
  return tally(rows);
}
