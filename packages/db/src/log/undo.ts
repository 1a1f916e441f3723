import { type EntityName, UNDO_MAX_KEPT_ITEMS } from '@todo/contract';
import { sql } from 'drizzle-orm';
import { type OwnerDb, owner } from '../owner-db.ts';
import { events } from '../schema/events.ts';
import { idempotencyKeys } from '../schema/idempotency-keys.ts';
import { owners } from '../schema/owners.ts';
import { keepAnswer, seqBefore } from './call.ts';
import { applyTarget, outcome, planned } from './plan.ts';
import { type Ctes, currentRow, previousState, withAll } from './states.ts';

const { placeholder } = sql;

/** What an undo does not change because other calls changed it later: a whole entity, or some of its fields. */
export interface Kept {
  entity: EntityName;
  id: string;
  /** Columns; empty for the whole entity. */
  columns: string[];
}

const current = currentRow('l');

/** The events of the calls to undo; none when some of them may have been trimmed. */
const own: Ctes = {
  calls: sql`select k.id, k.seq from ${idempotencyKeys} k where k.user_id = ${owner} and (k.id = ${placeholder('mutationId')}::uuid or k.group_id = ${placeholder('groupId')}::uuid)`,
  reach: sql`select c.id, c.seq, o.dropped_seq, ${seqBefore(sql`c.id`, sql`c.seq`)} as before from calls c cross join ${owners} o where o.user_id = ${owner}`,
  own: sql`select e.entity, e.entity_id, e.seq from reach r join ${events} e on e.user_id = ${owner} and e.seq > coalesce(r.before, 0) and e.seq <= r.seq
    where (select bool_and(before is not null or dropped_seq = 0) from reach)`,
};

/**
 * All later events of the entities that these calls changed. For each entity: `is_alone` when no other call changed it since; `base`, the row to start from, current
 * or removed by these calls; `is_left` when it stays as it is, because other calls changed what these calls created, or removed or created again what they changed.
 */
const since: Ctes = {
  touched: sql`select entity, entity_id, min(seq) as start from own group by entity, entity_id`,
  later: sql`select e.entity, e.entity_id, e.seq, e.kind, e.was, e.version, e.fields, o.seq is not null as is_own
    from touched t join ${events} e on e.user_id = ${owner} and e.entity = t.entity and e.entity_id = t.entity_id and e.seq >= t.start
    left join own o on o.seq = e.seq`,
  ...previousState,
  lives: sql`select l.entity, l.entity_id, bool_and(l.is_own) as is_alone, max(l.seq) as last, bool_or(l.kind = 'insert') as is_made
    from later l group by l.entity, l.entity_id`,
  bases: sql`select l.entity, l.entity_id, l.is_alone, case when e.kind = 'delete' then e.fields else ${current.fields} end as base,
      not l.is_alone and (l.is_made or e.kind = 'delete' and not e.is_own) as is_left
    from lives l ${current.join} join later e on e.seq = l.last`,
};

/** For each field that these calls set: the value before their newest changes that no other call overwrote, and whether those are all their changes. */
const fields: Ctes = {
  updates: sql`select u.entity, u.entity_id, u.seq, f.key, f.value -> 0 as old, f.value -> 1 = coalesce(lag(f.value -> 0) over field, n.base -> f.key, 'null') as is_linked
    from later u join bases n on n.entity = u.entity and n.entity_id = u.entity_id, jsonb_each(u.fields) f
    where u.kind = 'update' and u.is_own and not n.is_alone and not n.is_left
    window field as (partition by u.entity, u.entity_id, f.key order by u.seq desc)`,
  chains: sql`select u.*, bool_and(is_linked) over (partition by u.entity, u.entity_id, u.key order by u.seq desc) as is_theirs from updates u`,
  field_values: sql`select c.entity, c.entity_id, c.key, (array_agg(c.old order by c.seq) filter (where c.is_theirs))[1] as old, bool_and(c.is_theirs) as is_whole
    from chains c group by c.entity, c.entity_id, c.key`,
  patches: sql`select v.entity, v.entity_id, jsonb_object_agg(v.key, v.old) filter (where v.old is not null) as fields,
      array_agg(v.key order by v.key) filter (where not v.is_whole) as kept from field_values v group by v.entity, v.entity_id`,
};

/** An entity that only these calls changed gets its state before them. In other entities, only the fields that still have the values of these calls go back. */
const goal: Ctes = {
  target: sql`select n.entity, n.entity_id, not n.is_alone or f.kind <> 'insert' as is_there,
      case when not n.is_alone then n.base || coalesce(p.fields, '{}') when f.kind <> 'insert' then coalesce(g.fields, n.base) || coalesce(o.fields, '{}') end as fields
    from bases n join first_events f on f.entity = n.entity and f.entity_id = n.entity_id
    left join removals g on g.entity = n.entity and g.entity_id = n.entity_id
    left join old_values o on o.entity = n.entity and o.entity_id = n.entity_id
    left join patches p on p.entity = n.entity and p.entity_id = n.entity_id
    where not n.is_left`,
  kept: sql`select n.entity, n.entity_id, case when n.is_left then '{}' else p.kept end as columns
    from bases n left join patches p on p.entity = n.entity and p.entity_id = n.entity_id where n.is_left or p.kept is not null`,
};

const firstKept = sql<Kept[]>`(
  select coalesce(jsonb_agg(jsonb_build_object('entity', k.entity, 'id', k.entity_id, 'columns', k.columns)), '[]')
  from (select * from kept order by entity, entity_id limit ${sql.raw(String(UNDO_MAX_KEPT_ITEMS))}) k)`;

const isFound = sql<boolean>`exists (select from calls)`;
const isKnown = sql<boolean>`coalesce((select bool_and(before is not null or dropped_seq = 0) from reach), true)`;
const keptCount = sql`(select count(*) from kept)`.mapWith(Number);
const recorded = keepAnswer(sql`jsonb_build_object('isFound', ${isFound}, 'isKnown', ${isKnown}, 'kept', ${firstKept}, 'keptCount', ${keptCount})`);

const run = planned((db, isDryRun) =>
  withAll(db, { ...own, ...since, ...fields, ...goal, ...applyTarget(isDryRun) })
    .select({ isFound, isKnown, ...outcome, kept: firstKept, keptCount, ...(!isDryRun && { recorded }) })
    .from(sql`(select) call`),
);

export type UndoTarget = { mutationId: string; groupId: null } | { mutationId: null; groupId: string };

/**
 * Undoes calls by adding new events: fields that still have their values get the previous ones, what they created is removed, what they removed is restored. Later
 * changes by other calls stay: `keptCount` is their number, `kept` contains the first ones. Does nothing when no such call is stored (`isFound` is false) or its
 * events were trimmed (`isKnown` is false).
 */
export const undo = (db: OwnerDb, target: UndoTarget, isDryRun: boolean) => run(db, target, isDryRun);
