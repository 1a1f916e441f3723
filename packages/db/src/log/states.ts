import { type EntityName, entities, entityNames } from '@todo/contract';
import { type SQL, sql } from 'drizzle-orm';
import { columnList, fieldsAsRow, rowAsFields } from '../entities.ts';
import { type Builder, owner } from '../owner-db.ts';
import { events } from '../schema/events.ts';

/** Named queries of a WITH clause; each may use the ones before it. */
export type Ctes = Record<string, SQL>;

export const withAll = (db: Builder, ctes: Ctes) => db.with(...Object.entries(ctes).map(([name, query]) => db.$with(name, {}).as(query)));

const inline = (ctes: Ctes) =>
  sql.join(
    Object.entries(ctes).map(([name, query]) => sql`${sql.raw(name)} as (${query})`),
    sql`, `,
  );

/**
 * The state before the events in `later` (one owner's events after some position). For each entity: its first event, its first removal, which contains the whole
 * row, and the old value of each field that was updated before that removal.
 */
export const previousState: Ctes = {
  removals: sql`select distinct on (l.entity, l.entity_id) l.entity, l.entity_id, l.seq, l.fields from later l where l.kind = 'delete' order by l.entity, l.entity_id, l.seq`,
  first_events: sql`select distinct on (l.entity, l.entity_id) l.entity, l.entity_id, l.kind, l.was, l.version from later l order by l.entity, l.entity_id, l.seq`,
  // Of duplicate keys the last wins: the earliest event.
  old_values: sql`select l.entity, l.entity_id, jsonb_object_agg(f.key, f.value -> 0 order by l.seq desc) as fields
    from later l left join removals g on g.entity = l.entity and g.entity_id = l.entity_id, jsonb_each(l.fields) f
    where l.kind = 'update' and (g.seq is null or l.seq < g.seq) group by l.entity, l.entity_id`,
};

/** Joins the current row of the entity that row `of` names (entity, entity_id); `fields` is that row as the log stores it. */
export function currentRow(of: string): { join: SQL; fields: SQL } {
  const row = (name: EntityName) => `current_${name}`;
  const joins = entityNames.map((name) => {
    const match = sql`${sql.raw(`${of}.entity = '${name}'`)} and p.user_id = ${owner} and ${sql.raw(`p.id = ${of}.entity_id`)}`;
    return sql`left join lateral (select p.* from ${sql.raw(entities[name].table)} p where ${match} limit 1) ${sql.raw(row(name))} on true`;
  });
  return {
    join: sql.join(joins, sql` `),
    fields: sql.raw(`case ${of}.entity ${entityNames.map((name) => `when '${name}' then ${rowAsFields(name, row(name))}`).join(' ')} end`),
  };
}

/**
 * A query for entities of one kind at log position `upto`, with the columns of their table, for those of `ids` (a uuid[]) that existed. Each is the current row,
 * where each field that later events changed has the old value of the first of these events.
 */
export function entitiesAt(entity: EntityName, ids: SQL, upto: SQL): SQL {
  const table = sql.raw(entities[entity].table);
  const later = sql`select e.entity, e.entity_id, e.seq, e.kind, e.was, e.version, e.fields from ${events} e
    where e.user_id = ${owner} and e.entity = ${sql.raw(`'${entity}'`)} and e.entity_id = any((${ids})::uuid[]) and e.seq > ${upto}`;
  return sql`
    with ${inline({ later, ...previousState })}
    select ${owner}::uuid as user_id, requested.id, ${sql.raw(columnList(entity, 'r'))}, r.created_at, coalesce(f.was, t.updated_at) as updated_at,
      case f.kind when 'update' then f.version - 1 when 'delete' then f.version else t.version end as version
    from unnest((${ids})::uuid[]) requested (id)
    left join lateral (select * from ${table} where user_id = ${owner} and id = requested.id limit 1) t on true
    left join first_events f on f.entity_id = requested.id
    left join removals g on g.entity_id = requested.id
    left join old_values o on o.entity_id = requested.id
    cross join lateral ${sql.raw(fieldsAsRow(entity, `coalesce(g.fields, ${rowAsFields(entity, 't')}) || coalesce(o.fields, '{}')`))} r
    where f.kind is distinct from 'insert' and (g.seq is not null or t.id is not null)`;
}
