-- Moves tasks, in the given order, to a list, to a parent, beside a neighbour, or to the end of where the first one is. Their subtasks go with them. A neighbour says the
-- list and the parent too; a parent says the list. Returns the moved tasks, or none if one is missing or the only one has another version than expected.
create or replace function public.move_tasks(owner uuid, ids uuid[], has_list boolean, to_list uuid, has_parent boolean, to_parent uuid, before_id uuid, after_id uuid, expected integer)
returns setof public.tasks
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  first public.tasks;
  neighbor public.tasks;
  list uuid;
  parent uuid;
  -- PostgreSQL compares an indexed field with a variable, but under row-level security not with the result of coalesce.
  neighbor_id constant uuid := coalesce(before_id, after_id);
  place uuid;
  bound text;
  bound_id uuid;
  each_id uuid;
  low record;
  high record;
  beside record;
  plan record;
  moved_ids uuid[] := ids;
  level uuid[] := ids;
begin
  foreach each_id in array ids loop
    perform from public.tasks t where t.user_id = owner and t.id = each_id;
    if not found then
      return;
    end if;
  end loop;
  select t.* into first from public.tasks t where t.user_id = owner and t.id = ids[1];
  if first.version <> expected then
    return;
  end if;
  parent := case when has_parent then to_parent when not has_list or to_list is not distinct from first.list_id then first.parent_id end;
  list := case when has_list then to_list else first.list_id end;
  select t.* into neighbor from public.tasks t where t.user_id = owner and t.id = neighbor_id;
  if neighbor.id is not null and (not has_list or neighbor.list_id is not distinct from to_list) and (not has_parent or neighbor.parent_id is not distinct from to_parent) then
    list := neighbor.list_id;
    parent := neighbor.parent_id;
  elsif neighbor_id is not null then
    raise exception 'no such neighbour: constraint "tasks_neighbor"' using errcode = 'check_violation', constraint = 'tasks_neighbor';
  elsif to_parent is not null and not has_list then
    list := (select t.list_id from public.tasks t where t.user_id = owner and t.id = to_parent);
  end if;

  -- The keys on both sides of the gap; no key is beyond '~'.
  place := coalesce(parent, list, owner);
  bound := coalesce(neighbor.position, '~');
  bound_id := coalesce(neighbor.id, owner);
  select t.id, t.position into low from public.tasks t
  where t.user_id = owner and {{place}} = place and t.id <> all(ids)
    and (t.position collate "C", t.id) < (bound, bound_id)
  order by t.position collate "C" desc, t.id desc limit 1;
  select t.id, t.position into high from public.tasks t
  where t.user_id = owner and {{place}} = place and t.id <> all(ids)
    and (t.position collate "C", t.id) > (bound, bound_id)
  order by t.position collate "C", t.id limit 1;
  if before_id is not null then
    select neighbor.id, neighbor.position into high;
  elsif after_id is not null then
    select neighbor.id, neighbor.position into low;
  end if;
  if cardinality(ids) = 1 and first.list_id is not distinct from list and first.parent_id is not distinct from parent
    and (low.position < first.position collate "C") is not false and (first.position < high.position collate "C") is not false then
    return next first;
    return;
  end if;

  select 0 as moved, public.positions_between(low.position, high.position, cardinality(ids)) as keys into plan;
  if plan.keys is null then
    select coalesce(array_agg(t.id order by t.position collate "C" desc, t.id desc) filter (where is_left), '{}') as lefts,
      coalesce(array_agg(t.position order by t.position collate "C" desc, t.id desc) filter (where is_left), '{}') as left_keys,
      coalesce(array_agg(t.id order by t.position collate "C", t.id) filter (where not is_left), '{}') as rights,
      coalesce(array_agg(t.position order by t.position collate "C", t.id) filter (where not is_left), '{}') as right_keys
    into beside from public.tasks t cross join lateral (select (t.position collate "C", t.id) <= (low.position, low.id) and low.id is not null as is_left) side
    where t.user_id = owner and {{place}} = place and t.id <> all(ids);
    select * into plan from public.positions_around(beside.left_keys, beside.right_keys, cardinality(ids));
    moved_ids := array(select l.id from unnest(beside.lefts[1:plan.moved]) with ordinality l (id, n) order by l.n desc)
      || ids || beside.rights[1:cardinality(plan.keys) - plan.moved - cardinality(ids)];
  end if;

  -- Subtasks that are in another list than the target, without keys of their own.
  loop
    level := array(select t.id from public.tasks t where t.user_id = owner and t.parent_id = any(level) and t.list_id is distinct from list and t.id <> all(moved_ids));
    exit when cardinality(level) = 0;
    moved_ids := moved_ids || level;
  end loop;
  return query
    with changed as (
      update public.tasks t set list_id = list, parent_id = case when t.id = any(ids) then parent else t.parent_id end, position = coalesce(w.key, t.position)
      from unnest(moved_ids, plan.keys) w (id, key) where t.user_id = owner and t.id = w.id returning t.*
    )
    select c.* from changed c join unnest(ids) with ordinality w (id, n) on w.id = c.id order by w.n;
end $$;
revoke all on function public.move_tasks(uuid, uuid[], boolean, uuid, boolean, uuid, uuid, uuid, integer) from public;
grant execute on function public.move_tasks(uuid, uuid[], boolean, uuid, boolean, uuid, uuid, uuid, integer) to todo_user;

-- Moves a list before or after another one, or to the end. Returns it, or nothing if it is missing or has another version than expected.
create or replace function public.move_list(owner uuid, list uuid, before_id uuid, after_id uuid, expected integer) returns setof public.lists
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  moving public.lists;
  neighbor public.lists;
  neighbor_id constant uuid := coalesce(before_id, after_id);
  beside record;
  plan record;
begin
  select l.* into moving from public.lists l where l.user_id = owner and l.id = list;
  if not found or moving.version <> expected then
    return;
  end if;
  select l.* into neighbor from public.lists l where l.user_id = owner and l.id = neighbor_id;
  if not found and neighbor_id is not null then
    raise exception 'no such neighbour: constraint "lists_neighbor"' using errcode = 'check_violation', constraint = 'lists_neighbor';
  end if;
  select array_agg(l.id order by l.position collate "C" desc, l.id desc) filter (where is_left) as lefts,
    array_agg(l.position order by l.position collate "C" desc, l.id desc) filter (where is_left) as left_keys,
    array_agg(l.id order by l.position collate "C", l.id) filter (where not is_left) as rights,
    array_agg(l.position order by l.position collate "C", l.id) filter (where not is_left) as right_keys
  into beside from public.lists l cross join lateral (
    select neighbor.id is null or (l.position collate "C", l.id) < (neighbor.position, neighbor.id) or l.id is not distinct from after_id as is_left
  ) side where l.user_id = owner and l.id <> list;
  if (beside.left_keys[1] < moving.position collate "C") is not false and (moving.position < beside.right_keys[1] collate "C") is not false then
    return next moving;
    return;
  end if;
  select 0 as moved, public.positions_between(beside.left_keys[1], beside.right_keys[1], 1) as keys into plan;
  if plan.keys is null then
    select * into plan from public.positions_around(coalesce(beside.left_keys, '{}'), coalesce(beside.right_keys, '{}'), 1);
  end if;
  return query
    with moved as (
      select list as id, plan.keys[plan.moved + 1] as key
      union all select w.id, plan.keys[plan.moved + 1 - w.n::integer] from unnest(beside.lefts[1:plan.moved]) with ordinality w (id, n)
      union all select w.id, plan.keys[plan.moved + 1 + w.n::integer] from unnest(beside.rights[1:cardinality(plan.keys) - plan.moved - 1]) with ordinality w (id, n)
    ), changed as (
      update public.lists l set position = m.key from moved m where l.user_id = owner and l.id = m.id returning l.*
    )
    select c.* from changed c where c.id = list;
end $$;
revoke all on function public.move_list(uuid, uuid, uuid, uuid, integer) from public;
grant execute on function public.move_list(uuid, uuid, uuid, uuid, integer) to todo_user;
