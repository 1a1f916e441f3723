import type { EntityName } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { columnList, taskColumns } from '../entities.ts';
import { type OwnerDb, owner, prepare } from '../owner-db.ts';
import { events } from '../schema/events.ts';
import { tasks } from '../schema/tasks.ts';
import { keepAnswer } from './call.ts';
import { reach } from './rewind.ts';
import { entitiesAt } from './states.ts';

const { placeholder } = sql;

const task: EntityName = 'task';
const id = sql`${placeholder('id')}::uuid`;

/** The given position, or the position before the task's last removal; for an existing task, its current state. */
const upto = sql`coalesce(${placeholder('seq')}::bigint, (
    select e.seq - 1 from ${events} e where e.user_id = ${owner} and e.entity = ${sql.raw(`'${task}'`)} and e.entity_id = ${id} and e.kind = 'delete'
      and not exists (select from ${tasks} t where t.user_id = ${owner} and t.id = ${id}) order by e.seq desc limit 1
  ), ${sql.raw(String(Number.MAX_SAFE_INTEGER))})`;

const list = sql.raw(columnList(task));

/** An existing task gets every field of the old state. */
const statement = prepare((db) => {
  const reached = db.$with('reach', { isKnown: sql<boolean>`is_known`.as('is_known') }).as(reach(upto));
  const state = db.$with('state', taskColumns).as(entitiesAt(task, sql`array[${id}]`, sql`(select upto from reach)`));
  const returning = sql.join(Object.values(taskColumns), sql`, `);
  const back = db.$with('back', taskColumns).as(sql`
    insert into ${tasks} (user_id, id, ${list}) select user_id, id, ${list} from state where (select is_known from reach)
    on conflict (user_id, id) do update set (${list}) = row(${sql.raw(columnList(task, 'excluded'))}) returning ${returning}`);
  const recorded = keepAnswer(sql`case when not ${reached.isKnown} then '{"isKnown": false}' when ${back.id} is null then '{"isThere": false}' end`);
  return db.with(reached, state, back).select({ isKnown: reached.isKnown, task: back._.selectedFields, recorded }).from(reached).leftJoin(back, sql`true`);
});

/** Restores a task to its state at `seq`, or before its removal. `task` is null when it did not exist then; `isKnown` is false when that part of the log was trimmed. */
export async function restore(db: OwnerDb, target: { id: string; seq: number | null }) {
  const { rows, seq } = await db.withNotes({ action: 'restored' }).change(statement, target);
  return { isKnown: rows[0]?.isKnown ?? false, task: rows[0]?.task ?? null, seq };
}
