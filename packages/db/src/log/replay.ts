import type { EntityName, Stored } from '@todo/contract';
import { eq, sql } from 'drizzle-orm';
import { eachEntity } from '../entities.ts';
import { type OwnerDb, owner, prepare } from '../owner-db.ts';
import { events } from '../schema/events.ts';
import { tables } from '../tables.ts';
import { callReach, mutationId, seq } from './call.ts';
import { entitiesAt } from './states.ts';

const { placeholder } = sql;

const ids = sql`${placeholder('ids')}::text::uuid[]`;

const selectStates = eachEntity((name) =>
  prepare((db) => {
    const call = db.$with('call', { isKnown: sql<boolean>`is_known`.as('is_known') }).as(callReach);
    const state = db.$with('state', { ...tables[name].columns }).as(entitiesAt(name, ids, seq));
    const isOwn = sql<boolean>`exists (select from ${events} e where e.user_id = ${owner} and e.entity = ${sql.raw(`'${name}'`)} and e.entity_id = requested.id
      and e.seq > coalesce((select before from call), 0) and e.seq <= ${seq} and e.mutation_id = ${mutationId})`;
    return db
      .with(call, state)
      .select({ id: sql<string>`requested.id`, isKnown: sql<boolean>`coalesce((select is_known from call), false)`, isOwn, state: state._.selectedFields })
      .from(sql`unnest(${ids}) requested (id)`)
      .leftJoin(state, eq(sql`state.id`, sql`requested.id`));
  }),
);

interface ReplayedState<Value> {
  id: string;
  state: Value | null;
  /** Whether the call itself changed it. */
  isOwn: boolean;
}

interface Call {
  mutationId: string;
  seq: number;
}

/** These entities as they were after a call. Returns undefined when events of the call were trimmed. */
export function replayState<Name extends EntityName>(db: OwnerDb, name: Name, ids: string[], call: Call): Promise<ReplayedState<Stored[Name]>[] | undefined>;
export async function replayState(db: OwnerDb, name: EntityName, wanted: string[], call: Call): Promise<ReplayedState<object>[] | undefined> {
  const rows = await db.run(selectStates[name], { ids: `{${wanted.join()}}`, ...call });
  return rows.every(({ isKnown }) => isKnown) ? rows : undefined;
}
