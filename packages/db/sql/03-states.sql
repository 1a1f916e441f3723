-- An owner's current entities, as the log stores them: `fields` has a key for each field that is neither null nor its default.
create or replace function public.present_entities(owner uuid) returns table (entity text, id uuid, version integer, updated_at timestamptz(3), fields jsonb)
language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
begin
  return query {{current_entities}};
end $$;
revoke all on function public.present_entities(uuid) from public;

-- An owner's entities at log position `upto`: the current ones, where each field that later events changed has the old value of the first of these events.
create or replace function public.entities_at(owner uuid, upto bigint) returns table (entity text, id uuid, version integer, updated_at timestamptz(3), fields jsonb)
language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
begin
  return query with later as materialized (
    select e.entity, e.entity_id, e.seq, e.kind, e.was, e.version, e.fields from public.events e where e.user_id = owner and e.seq > upto
  ), removals as (
    select distinct on (l.entity, l.entity_id) l.entity, l.entity_id, l.seq, l.fields from later l where l.kind = 'delete' order by l.entity, l.entity_id, l.seq
  ), first_events as (
    select distinct on (l.entity, l.entity_id) l.entity, l.entity_id, l.kind, l.was, l.version from later l order by l.entity, l.entity_id, l.seq
  ), old_values as (
    select l.entity, l.entity_id, jsonb_object_agg(f.key, f.value -> 0 order by l.seq desc) as fields -- of duplicate keys the last wins: the earliest event
    from later l left join removals g on g.entity = l.entity and g.entity_id = l.entity_id, jsonb_each(l.fields) f
    where l.kind = 'update' and (g.seq is null or l.seq < g.seq) group by l.entity, l.entity_id
  )
  select coalesce(f.entity, p.entity), coalesce(f.entity_id, p.id),
    case f.kind when 'update' then f.version - 1 when 'delete' then f.version else p.version end, coalesce(f.was, p.updated_at),
    jsonb_strip_nulls(coalesce(g.fields, p.fields) || coalesce(o.fields, '{}'))
  from public.present_entities(owner) p
  full join first_events f on f.entity = p.entity and f.entity_id = p.id
  left join removals g on g.entity = f.entity and g.entity_id = f.entity_id
  left join old_values o on o.entity = f.entity and o.entity_id = f.entity_id
  where f.kind is distinct from 'insert';
end $$;
revoke all on function public.entities_at(uuid, bigint) from public;

-- The SHA-256 of an owner's entities at log position `upto`.
create or replace function public.state_digest(owner uuid, upto bigint) returns bytea
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (select sha256(coalesce(string_agg(sha256(convert_to(concat_ws(' ', s.entity, s.id, s.version, (date_part('epoch', s.updated_at) * 1000)::bigint, s.fields), 'UTF8')), ''
    order by s.entity, s.id), '')) from public.entities_at(owner, upto) s);
end $$;
revoke all on function public.state_digest(uuid, bigint) from public;
