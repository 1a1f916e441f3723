import type { EntityName } from '@todo/contract';
import { eq, sql } from 'drizzle-orm';
import { taskColumns } from '../entities.ts';
import { type OwnerDb, owner, prepare } from '../owner-db.ts';
import { events } from '../schema/events.ts';
import { callReach, mutationId, seq } from './call.ts';
import { entitiesAt } from './states.ts';

const { placeholder } = sql;

const task: EntityName = 'task';
const ids = sql`${placeholder('ids')}::text::uuid[]`;

const selectStates = prepare((db) => {
  const call = db.$with('call', { isKnown: sql<boolean>`is_known`.as('is_known') }).as(callReach);
  const state = db.$with('state', taskColumns).as(entitiesAt(task, ids, seq));
  const isOwn = sql<boolean>`exists (select from ${events} e where e.user_id = ${owner} and e.entity = ${sql.raw(`'${task}'`)} and e.entity_id = requested.id
    and e.seq > coalesce((select before from call), 0) and e.seq <= ${seq} and e.mutation_id = ${mutationId})`;
  return db
    .with(call, state)
    .select({ id: sql<string>`requested.id`, isKnown: sql<boolean>`coalesce((select is_known from call), false)`, isOwn, task: state._.selectedFields })
    .from(sql`unnest(${ids}) requested (id)`)
    .leftJoin(state, eq(state.id, sql`requested.id`));
});

/** The tasks as they were after a call; `isOwn` says whether the call itself changed them. Returns undefined when events of the call were trimmed. */
export async function replayState(db: OwnerDb, taskIds: string[], call: { mutationId: string; seq: number }) {
  const rows = await db.run(selectStates, { ids: `{${taskIds.join()}}`, ...call });
  return rows.every(({ isKnown }) => isKnown) ? rows : undefined;
}
