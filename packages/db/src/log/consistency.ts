import { entityNames } from '@todo/contract';
import type { Connection } from '../connection/connection.ts';
import { fieldsOf } from '../entities.ts';
import { texts } from './owners.ts';

export interface Fault {
  seq: number;
  what: string;
}

/** The first event whose kind, time or version does not follow from its entity's previous event, or whose entity's row differs. $2 is `dropped_seq`. */
const readVersions = `
  with current as materialized (select entity, id, version, updated_at from present_entities($1::uuid)),
  log as (
    select entity, entity_id, seq, kind, at, was, version, lag(kind) over life as kind_before, lag(version) over life as version_before,
      lag(at) over life as at_before, lead(seq) over life as seq_after
    from events where user_id = $1::uuid window life as (partition by entity, entity_id order by seq)
  )
  select coalesce(l.entity_id, p.id), coalesce(l.seq, 0), l.seq_after is null
  from (select * from log) l full join current p on p.entity = l.entity and p.id = l.entity_id and l.seq_after is null
  where case
    when l.seq is null then $2::bigint = 0 and not exists (select from log o where o.entity = p.entity and o.entity_id = p.id)
    when l.kind = 'insert' then l.was is not null or l.kind_before <> 'delete'
    when l.kind_before is null then $2::bigint = 0
    else l.kind_before = 'delete' or l.was is distinct from l.at_before or l.version_before <> l.version - (l.kind = 'update')::integer
  end or l.seq_after is null and case
    when l.kind = 'delete' then p.id is not null
    when l.kind is not null then (p.version, p.updated_at) is distinct from (l.version, l.at)
  end
  order by 2, 1 limit 1`;

/**
 * The first event whose old value of a field is not the previous new one, or whose new value is the newest and not that of the row. A missing key counts as null.
 * The row is the last of each life. Most rows equal their only event: comparing these field by field would take most of the time.
 */
const readValues = `
  with keys as (select e.key as entity, jsonb_array_elements_text(e.value) as key from jsonb_each($2::text::jsonb) e),
  lives as (
    select *, count(*) filter (where kind = 'insert') over life as life, max(seq) over whole as newest,
      count(*) over whole = 2 and first_value(kind) over whole = 'insert' and last_value(kind) over whole = 'row'
        and first_value(fields) over whole = last_value(fields) over whole as is_unchanged
    from (
      select entity, entity_id, seq, kind, fields from events where user_id = $1::uuid
      union all
      select entity, id, null, 'row', fields from present_entities($1::uuid)
    ) state
    window life as (partition by entity, entity_id order by seq), whole as (life rows between unbounded preceding and unbounded following)
  ),
  logged as (
    select entity, entity_id, life, seq, newest, f.key, f.value -> 0 as old, f.value -> 1 as new from lives, jsonb_each(fields) f where kind = 'update'
    union all
    select entity, entity_id, life, seq, newest, key, coalesce(fields -> key, 'null'), coalesce(fields -> key, 'null') from lives join keys using (entity)
    where kind <> 'update' and not is_unchanged
  )
  select entity_id, coalesce(seq, newest), seq is null from (
    select *, lag(new) over field as new_before, row_number() over field as position from logged
    window field as (partition by entity, entity_id, life, key order by seq)
  ) s where position > 1 and old is distinct from new_before order by 2, 1 limit 1`;

const keys = JSON.stringify(Object.fromEntries(entityNames.map((entity) => [entity, [...fieldsOf(entity).map(({ column }) => column), 'created_at']])));

const mismatch = (seq: string, id: string, isNewest: string | undefined): Fault => ({
  seq: Number(seq),
  what: isNewest?.startsWith('t') ? `is the newest of ${id} and differs from its row` : `does not follow from the previous event of ${id}`,
});

/** The first event that does not follow from its entity's previous event, or is the newest and differs from the entity's row. `dropped` is the end of the trimmed part. */
export async function findInconsistency(connection: Connection, owner: string, dropped: number): Promise<Fault | undefined> {
  const [[lost, lostSeq = '0', isNewest] = []] = await texts(connection, readVersions, [owner, dropped]);
  if (lost && lostSeq === '0') return { seq: 0, what: `is missing: no event names ${lost}` };
  if (lost) return mismatch(lostSeq, lost, isNewest);
  const [[id, seq = '', isPresent] = []] = await texts(connection, readValues, [owner, keys]);
  return id ? mismatch(seq, id, isPresent) : undefined;
}
