create role todo_backup nologin nosuperuser nobypassrls noinherit;
create role todo_identity nologin nosuperuser nobypassrls noinherit;
create role todo_log nologin nosuperuser nobypassrls noinherit;
create role todo_user nologin nosuperuser nobypassrls noinherit;
create role todo_watcher nologin nosuperuser nobypassrls noinherit;
grant usage on schema public to todo_backup;
grant usage on schema public to todo_identity;
grant usage on schema public to todo_log;
grant usage on schema public to todo_user;
grant usage on schema public to todo_watcher;
CREATE OR REPLACE FUNCTION public.check_bytes_quota()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform from public.owners o where o.user_id = new.user_id and o.task_bytes > greatest(tg_argv[0]::bigint, old.task_bytes);
  if found then
    raise exception 'the texts of the tasks are too large: constraint "owners_bytes_quota"' using errcode = 'check_violation', constraint = 'owners_bytes_quota';
  end if;
  return null;
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.check_log_deletion()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  newest record;
begin
  for newest in select r.user_id, max(r.seq) as seq from removed r group by r.user_id loop
    perform from public.owners o where o.user_id = newest.user_id and o.dropped_seq < newest.seq;
    if found then
      raise exception 'the log is append-only' using errcode = 'restrict_violation';
    end if;
  end loop;
  return null;
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.check_task_place()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  fault text;
begin
  if current_setting('app.action', true) is distinct from 'restored' then
    fault := coalesce(public.task_fault(new.user_id, new.id, new.list_id, new.parent_id),
      (select 'tasks_parent_list' from public.tasks t where t.user_id = new.user_id and t.parent_id = new.id and t.list_id is distinct from new.list_id limit 1));
    if fault is not null then
      raise exception 'the task cannot be there: constraint "%"', fault using errcode = 'check_violation', constraint = fault;
    end if;
  end if;
  return null;
end $function$;
-- may run it: triggers alone
CREATE OR REPLACE FUNCTION public.close_log()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  closed public.owners;
begin
  perform pg_advisory_xact_lock(hashtextextended(old.id::text, 0));
  perform set_config('app.user_id', old.id::text, true);
  delete from public.owners o where o.user_id = old.id returning o.* into closed;
  if found then
    insert into public.account_receipts (id, deleted_at, last_seq, last_hash) values (gen_random_uuid(), now(), closed.last_seq, closed.last_hash);
  end if;
  return old;
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.detach_subtasks()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  action text := current_setting('app.action', true);
begin
  if exists (select from public.tasks t where t.user_id = old.user_id and t.parent_id = old.id) then
    execute 'set local app.action = ''moved''';
    update public.tasks t set parent_id = null where t.user_id = old.user_id and t.parent_id = old.id;
    execute format('set local app.action = %L', coalesce(action, ''));
  end if;
  return null;
end $function$;
-- may run it: triggers alone
CREATE OR REPLACE FUNCTION public.detach_tasks()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  action text := current_setting('app.action', true);
begin
  if exists (select from public.tasks t where t.user_id = old.user_id and t.list_id = old.id) then
    execute 'set local app.action = ''moved''';
    update public.tasks t set list_id = null where t.user_id = old.user_id and t.list_id = old.id;
    execute format('set local app.action = %L', coalesce(action, ''));
  end if;
  return null;
end $function$;
-- may run it: triggers alone
CREATE OR REPLACE FUNCTION public.end_verifications()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  delete from public.verification where value = new.user_id::text;
  return null;
end $function$;
-- may run it: triggers alone
CREATE OR REPLACE FUNCTION public.entities_at(owner uuid, upto bigint)
 RETURNS TABLE(entity text, id uuid, version integer, updated_at timestamp with time zone, fields jsonb)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET "TimeZone" TO 'UTC'
AS $function$
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
end $function$;
-- may run it: todo_log
CREATE OR REPLACE FUNCTION public.erase_log()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform set_config('app.user_id', old.user_id::text, true);
  delete from public.task_labels l where l.user_id = old.user_id;
  delete from public.lists t where t.user_id = old.user_id;
  delete from public.tasks t where t.user_id = old.user_id;
  delete from public.events e where e.user_id = old.user_id;
  delete from public.idempotency_keys k where k.user_id = old.user_id;
  return null;
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.has_room(a text, b text, amount integer)
 RETURNS boolean
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  return (a < b collate "C") is not false and octet_length(public.position_between(a, b)) + 3 + ceil(ln(amount) / ln(62)) <= 200;
end $function$;
-- may run it: todo_user
CREATE OR REPLACE FUNCTION public.keep_labels()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op <> 'INSERT' then
    delete from public.task_labels l where l.user_id = old.user_id and l.task_id = old.id
      and l.name_key = any(array(select lower(label collate "und-x-icu") collate "default" from (select unnest(old.labels) except all select unnest(new.labels)) lost (label)));
  end if;
  if tg_op <> 'DELETE' then
    insert into public.task_labels (user_id, name_key, task_id, name)
    select new.user_id, lower(label collate "und-x-icu") collate "default", new.id, label from (select unnest(new.labels) except all select unnest(old.labels)) added (label);
  end if;
  return null;
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.log_list()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  owner_ctid tid := nullif(current_setting('app.owner_ctid', true), '');
  mutation uuid := nullif(current_setting('app.mutation_id', true), '');
  request uuid := nullif(current_setting('app.request_id', true), '');
  event_action text := nullif(current_setting('app.action', true), '');
  current public.lists;
  event_kind text;
  event_at timestamptz(3);
  was timestamptz(3);
  changed jsonb := '{}';
  logged text;
  size integer;
  content bytea;
  event_seq bigint;
  event_hash bytea;
  more integer := (new.id is not null)::integer - (old.id is not null)::integer;
begin
  if tg_op = 'UPDATE' then
    if new.version = old.version then
      return null;
    end if;
    current := new;
    event_kind := 'update';
    event_action := coalesce(event_action, 'edited');
    event_at := new.updated_at;
    was := old.updated_at;
    if (new.name, new.color, new.position, new.archived_at) is distinct from (old.name, old.color, old.position, old.archived_at) then
      if new.name is distinct from old.name then
        changed := changed || jsonb_build_object('name', jsonb_build_array(old.name, new.name));
      end if;
      if new.color is distinct from old.color then
        changed := changed || jsonb_build_object('color', jsonb_build_array(old.color, new.color));
      end if;
      if new.position is distinct from old.position then
        changed := changed || jsonb_build_object('position', jsonb_build_array(nullif(old.position, 'a0'), nullif(new.position, 'a0')));
      end if;
      if new.archived_at is distinct from old.archived_at then
        changed := changed || jsonb_build_object('archived_at', jsonb_build_array(old.archived_at, new.archived_at));
      end if;
    end if;
  else
    if tg_op = 'DELETE' then
      current := old;
      event_kind := 'delete';
      event_action := 'removed';
      event_at := greatest(now(), old.updated_at);
      was := old.updated_at;
    else
      current := new;
      event_kind := 'insert';
      event_action := coalesce(event_action, 'created');
      event_at := new.updated_at;
    end if;
    changed := jsonb_strip_nulls(jsonb_build_object('name', current.name, 'position', nullif(current.position, 'a0'), 'created_at', current.created_at));
    if (current.color, current.archived_at) is distinct from (null, null) then
      changed := changed || jsonb_strip_nulls(jsonb_build_object('color', current.color, 'archived_at', current.archived_at));
    end if;
  end if;
  logged := changed::text;
  size := octet_length(logged) + 400;
  content := convert_to(concat_ws(' ', 'list', current.id, event_kind, event_action, (date_part('epoch', event_at) * 1000)::bigint,
    coalesce((date_part('epoch', was) * 1000)::bigint::text, '-'), current.version, 2, coalesce(mutation::text, '-'), coalesce(request::text, '-'), logged), 'UTF8');
  if owner_ctid is not null then
    update public.owners o set last_seq = o.last_seq + 1,
      last_hash = sha256(o.last_hash || (o.user_id::text || ' ' || (o.last_seq + 1)::text || ' ')::bytea || content),
      log_bytes = o.log_bytes + size, log_mb = (o.log_bytes + size) / 1000000, log_since = coalesce(o.log_since, event_at), lists = o.lists + more
    where o.user_id = current.user_id and o.ctid = owner_ctid returning o.last_seq, o.last_hash, o.ctid into event_seq, event_hash, owner_ctid;
  end if;
  if event_seq is null then
    update public.owners o set last_seq = o.last_seq + 1,
      last_hash = sha256(o.last_hash || (o.user_id::text || ' ' || (o.last_seq + 1)::text || ' ')::bytea || content),
      log_bytes = o.log_bytes + size, log_mb = (o.log_bytes + size) / 1000000, log_since = coalesce(o.log_since, event_at), lists = o.lists + more
    where o.user_id = current.user_id returning o.last_seq, o.last_hash, o.ctid into event_seq, event_hash, owner_ctid;
    if not found then
      if tg_op = 'INSERT' then -- the foreign key says the same before, where there is one
        raise exception 'the account was deleted: constraint "lists_user_id_user_id_fk"' using errcode = 'foreign_key_violation', constraint = 'lists_user_id_user_id_fk';
      end if;
      return null; -- the account is being deleted, with all its data
    end if;
  end if;
  owner_ctid := set_config('app.owner_ctid', owner_ctid::text, true)::tid;
  insert into public.events (user_id, seq, entity, entity_id, kind, action, at, was, version, format, mutation_id, request_id, fields, hash)
  values (current.user_id, event_seq, 'list', current.id, event_kind, event_action, event_at, was, current.version, 2, mutation, request, changed, event_hash);
  return null;
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.log_task()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET "TimeZone" TO 'UTC'
AS $function$
declare
  owner_ctid tid := nullif(current_setting('app.owner_ctid', true), '');
  mutation uuid := nullif(current_setting('app.mutation_id', true), '');
  request uuid := nullif(current_setting('app.request_id', true), '');
  event_action text := nullif(current_setting('app.action', true), '');
  current public.tasks;
  event_kind text;
  event_at timestamptz(3);
  was timestamptz(3);
  changed jsonb := '{}';
  logged text;
  size integer;
  content bytea;
  event_seq bigint;
  event_hash bytea;
  more_completed integer := (new.completed_at is not null)::integer - (old.completed_at is not null)::integer;
  more_open integer := (new.id is not null)::integer - (old.id is not null)::integer - more_completed;
  more_bytes integer := coalesce(octet_length(new.title), 0) + coalesce(octet_length(new.description), 0) + coalesce(octet_length(array_to_string(new.labels, '')), 0) - (coalesce(octet_length(old.title), 0) + coalesce(octet_length(old.description), 0) + coalesce(octet_length(array_to_string(old.labels, '')), 0));
begin
  if tg_op = 'UPDATE' then
    if new.version = old.version then
      return null;
    end if;
    current := new;
    event_kind := 'update';
    event_action := coalesce(event_action, 'edited');
    event_at := new.updated_at;
    was := old.updated_at;
    if (new.title, new.description, new.priority, new.labels) is distinct from (old.title, old.description, old.priority, old.labels) then
      if new.title is distinct from old.title then
        changed := changed || jsonb_build_object('title', jsonb_build_array(old.title, new.title));
      end if;
      if new.description is distinct from old.description then
        changed := changed || jsonb_build_object('description', jsonb_build_array(nullif(old.description, ''), nullif(new.description, '')));
      end if;
      if new.priority is distinct from old.priority then
        changed := changed || jsonb_build_object('priority', jsonb_build_array(nullif(old.priority, 'none'), nullif(new.priority, 'none')));
      end if;
      if new.labels is distinct from old.labels then
        changed := changed || jsonb_build_object('labels', jsonb_build_array(nullif(old.labels, '{}'), nullif(new.labels, '{}')));
      end if;
    end if;
    if (new.start_date, new.due_date, new.due_time, new.time_zone) is distinct from (old.start_date, old.due_date, old.due_time, old.time_zone) then
      if new.start_date is distinct from old.start_date then
        changed := changed || jsonb_build_object('start_date', jsonb_build_array(old.start_date, new.start_date));
      end if;
      if new.due_date is distinct from old.due_date then
        changed := changed || jsonb_build_object('due_date', jsonb_build_array(old.due_date, new.due_date));
      end if;
      if new.due_time is distinct from old.due_time then
        changed := changed || jsonb_build_object('due_time', jsonb_build_array(old.due_time, new.due_time));
      end if;
      if new.time_zone is distinct from old.time_zone then
        changed := changed || jsonb_build_object('time_zone', jsonb_build_array(old.time_zone, new.time_zone));
      end if;
    end if;
    if (new.recurrence, new.repeat_from, new.reminders, new.list_id) is distinct from (old.recurrence, old.repeat_from, old.reminders, old.list_id) then
      if new.recurrence is distinct from old.recurrence then
        changed := changed || jsonb_build_object('recurrence', jsonb_build_array(old.recurrence, new.recurrence));
      end if;
      if new.repeat_from is distinct from old.repeat_from then
        changed := changed || jsonb_build_object('repeat_from', jsonb_build_array(nullif(old.repeat_from, 'due'), nullif(new.repeat_from, 'due')));
      end if;
      if new.reminders is distinct from old.reminders then
        changed := changed || jsonb_build_object('reminders', jsonb_build_array(nullif(old.reminders, '{}'), nullif(new.reminders, '{}')));
      end if;
      if new.list_id is distinct from old.list_id then
        changed := changed || jsonb_build_object('list_id', jsonb_build_array(old.list_id, new.list_id));
      end if;
    end if;
    if (new.parent_id, new.position, new.completed_at) is distinct from (old.parent_id, old.position, old.completed_at) then
      if new.parent_id is distinct from old.parent_id then
        changed := changed || jsonb_build_object('parent_id', jsonb_build_array(old.parent_id, new.parent_id));
      end if;
      if new.position is distinct from old.position then
        changed := changed || jsonb_build_object('position', jsonb_build_array(nullif(old.position, 'a0'), nullif(new.position, 'a0')));
      end if;
      if new.completed_at is distinct from old.completed_at then
        changed := changed || jsonb_build_object('completed_at', jsonb_build_array(old.completed_at, new.completed_at));
      end if;
    end if;
  else
    if tg_op = 'DELETE' then
      current := old;
      event_kind := 'delete';
      event_action := 'removed';
      event_at := greatest(now(), old.updated_at);
      was := old.updated_at;
    else
      current := new;
      event_kind := 'insert';
      event_action := coalesce(event_action, 'created');
      event_at := new.updated_at;
    end if;
    changed := jsonb_strip_nulls(jsonb_build_object('title', current.title, 'position', nullif(current.position, 'a0'), 'created_at', current.created_at));
    if (current.description, current.priority, current.labels, current.start_date, current.due_date, current.due_time, current.time_zone, current.recurrence, current.repeat_from, current.reminders, current.list_id, current.parent_id, current.completed_at) is distinct from ('', 'none', '{}', null, null, null, null, null, 'due', '{}', null, null, null) then
      changed := changed || jsonb_strip_nulls(jsonb_build_object('description', nullif(current.description, ''), 'priority', nullif(current.priority, 'none'), 'labels', nullif(current.labels, '{}'), 'start_date', current.start_date, 'due_date', current.due_date, 'due_time', current.due_time, 'time_zone', current.time_zone, 'recurrence', current.recurrence, 'repeat_from', nullif(current.repeat_from, 'due'), 'reminders', nullif(current.reminders, '{}'), 'list_id', current.list_id, 'parent_id', current.parent_id, 'completed_at', current.completed_at));
    end if;
  end if;
  logged := changed::text;
  size := octet_length(logged) + 400;
  content := convert_to(concat_ws(' ', 'task', current.id, event_kind, event_action, (date_part('epoch', event_at) * 1000)::bigint,
    coalesce((date_part('epoch', was) * 1000)::bigint::text, '-'), current.version, 2, coalesce(mutation::text, '-'), coalesce(request::text, '-'), logged), 'UTF8');
  if owner_ctid is not null then
    update public.owners o set last_seq = o.last_seq + 1,
      last_hash = sha256(o.last_hash || (o.user_id::text || ' ' || (o.last_seq + 1)::text || ' ')::bytea || content),
      log_bytes = o.log_bytes + size, log_mb = (o.log_bytes + size) / 1000000, log_since = coalesce(o.log_since, event_at), open = o.open + more_open, completed = o.completed + more_completed, task_bytes = o.task_bytes + more_bytes
    where o.user_id = current.user_id and o.ctid = owner_ctid returning o.last_seq, o.last_hash, o.ctid into event_seq, event_hash, owner_ctid;
  end if;
  if event_seq is null then
    update public.owners o set last_seq = o.last_seq + 1,
      last_hash = sha256(o.last_hash || (o.user_id::text || ' ' || (o.last_seq + 1)::text || ' ')::bytea || content),
      log_bytes = o.log_bytes + size, log_mb = (o.log_bytes + size) / 1000000, log_since = coalesce(o.log_since, event_at), open = o.open + more_open, completed = o.completed + more_completed, task_bytes = o.task_bytes + more_bytes
    where o.user_id = current.user_id returning o.last_seq, o.last_hash, o.ctid into event_seq, event_hash, owner_ctid;
    if not found then
      if tg_op = 'INSERT' then -- the foreign key says the same before, where there is one
        raise exception 'the account was deleted: constraint "tasks_user_id_user_id_fk"' using errcode = 'foreign_key_violation', constraint = 'tasks_user_id_user_id_fk';
      end if;
      return null; -- the account is being deleted, with all its data
    end if;
  end if;
  owner_ctid := set_config('app.owner_ctid', owner_ctid::text, true)::tid;
  insert into public.events (user_id, seq, entity, entity_id, kind, action, at, was, version, format, mutation_id, request_id, fields, hash)
  values (current.user_id, event_seq, 'task', current.id, event_kind, event_action, event_at, was, current.version, 2, mutation, request, changed, event_hash);
  return null;
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.move_list(owner uuid, list uuid, before_id uuid, after_id uuid, expected integer)
 RETURNS SETOF lists
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
end $function$;
-- may run it: todo_user
CREATE OR REPLACE FUNCTION public.move_tasks(owner uuid, ids uuid[], has_list boolean, to_list uuid, has_parent boolean, to_parent uuid, before_id uuid, after_id uuid, expected integer)
 RETURNS SETOF tasks
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
  where t.user_id = owner and case when t.parent_id is not null then t.parent_id when t.list_id is not null then t.list_id else t.user_id end = place and t.id <> all(ids)
    and (t.position collate "C", t.id) < (bound, bound_id)
  order by t.position collate "C" desc, t.id desc limit 1;
  select t.id, t.position into high from public.tasks t
  where t.user_id = owner and case when t.parent_id is not null then t.parent_id when t.list_id is not null then t.list_id else t.user_id end = place and t.id <> all(ids)
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
    where t.user_id = owner and case when t.parent_id is not null then t.parent_id when t.list_id is not null then t.list_id else t.user_id end = place and t.id <> all(ids);
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
end $function$;
-- may run it: todo_user
CREATE OR REPLACE FUNCTION public.open_log()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform set_config('app.user_id', new.id::text, true);
  insert into public.owners (user_id) values (new.id);
  return null;
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.position_between(a text, b text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  whole_a constant text := left(a, case when a >= 'a' collate "C" then ascii(a) - 95 else 92 - ascii(a) end);
  whole_b constant text := left(b, case when b >= 'a' collate "C" then ascii(b) - 95 else 92 - ascii(b) end);
  made text;
  low text;
  high text;
  common integer := 0;
  low_digit integer;
  high_digit integer;
begin
  if a is null and b is null then
    return 'a0';
  elsif a is null then
    if whole_b <> b and whole_b <> 'A00000000000000000000000000' then
      return whole_b;
    end if;
    made := public.position_step(whole_b, false);
    if made <> 'A00000000000000000000000000' then
      return made;
    end if;
    made := 'A00000000000000000000000000';
    low := '';
    high := case when whole_b = made then substr(b, 28) end;
  else
    if a >= b collate "C" then
      return null;
    end if;
    made := whole_a;
    low := substr(a, length(whole_a) + 1);
    high := case when whole_a = whole_b then substr(b, length(whole_b) + 1) end;
    if high is null then
      made := public.position_step(whole_a, true);
      if made < b collate "C" or b is null and made is not null then
        return made;
      end if;
      made := whole_a;
    end if;
  end if;
  -- The middle of two fractions, of which the higher is null if there is no bound.
  loop
    if high is not null then
      while coalesce(nullif(substr(low, common + 1, 1), ''), '0') = substr(high, common + 1, 1) loop
        common := common + 1;
      end loop;
      made := made || left(high, common);
      low := substr(low, common + 1);
      high := substr(high, common + 1);
    end if;
    low_digit := case when low = '' then 0 else strpos(digits, left(low, 1)) - 1 end;
    high_digit := case when high is null then 62 else strpos(digits, left(high, 1)) - 1 end;
    if high_digit - low_digit > 1 then
      return made || substr(digits, (low_digit + high_digit + 1) / 2 + 1, 1);
    elsif length(high) > 1 then
      return made || left(high, 1);
    end if;
    made := made || substr(digits, low_digit + 1, 1);
    low := substr(low, 2);
    high := null;
  end loop;
end $function$;
-- may run it: todo_user
CREATE OR REPLACE FUNCTION public.position_step(whole text, forward boolean)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  last constant text := case when forward then 'z' else '0' end;
  first constant text := case when forward then '0' else 'z' end;
  rest integer := length(whole);
  wrapped text := '';
  head text := left(whole, 1);
begin
  while rest > 1 and substr(whole, rest, 1) = last loop
    rest := rest - 1;
    wrapped := wrapped || first;
  end loop;
  if rest > 1 then
    return left(whole, rest - 1) || substr(digits, strpos(digits, substr(whole, rest, 1)) + case when forward then 1 else -1 end, 1) || wrapped;
  end if;
  if head = (case when forward then 'z' else 'A' end) then
    return null;
  end if;
  return case
    when forward and head = 'Z' then 'a0'
    when not forward and head = 'a' then 'Zz'
    when forward = (head >= 'a' collate "C") then chr(ascii(head) + case when forward then 1 else -1 end) || wrapped || first
    else chr(ascii(head) + case when forward then 1 else -1 end) || substr(wrapped, 2)
  end;
end $function$;
-- may run it: todo_user
CREATE OR REPLACE FUNCTION public.positions_around(lefts text[], rights text[], amount integer, OUT moved integer, OUT keys text[])
 RETURNS record
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  on_right integer := 0;
  fewest integer;
begin
  while on_right < cardinality(rights) and not public.has_room(lefts[1], rights[on_right + 1], amount + on_right) loop
    on_right := on_right + 1;
  end loop;
  fewest := on_right;
  moved := 0;
  for more in 1 .. cardinality(lefts) loop
    exit when more >= fewest;
    while on_right > 0 and public.has_room(lefts[more + 1], rights[on_right], amount + more + on_right - 1) loop
      on_right := on_right - 1;
    end loop;
    if more + on_right < fewest then
      fewest := more + on_right;
      moved := more;
    end if;
  end loop;
  keys := public.positions_between(lefts[moved + 1], rights[fewest - moved + 1], amount + fewest);
  if keys is null then
    moved := cardinality(lefts);
    keys := public.positions_between(null, null, moved + amount + cardinality(rights));
  end if;
end $function$;
-- may run it: todo_user
CREATE OR REPLACE FUNCTION public.positions_between(a text, b text, amount integer)
 RETURNS text[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  key text := case when amount > 0 then public.position_between(a, b) end;
  before integer;
  keys text[] := array[key];
  others text[];
begin
  if amount = 0 then
    return '{}';
  elsif key is null or octet_length(key) > 200 then
    return null;
  elsif a is not null and b is not null then
    before := case when length(a) > length(key) then 0 when length(b) > length(key) then amount - 1 else amount / 2 end;
    keys := public.positions_between(a, key, before);
    others := public.positions_between(key, b, amount - before - 1);
    return case when keys is not null and others is not null then keys || key || others end;
  end if;
  for i in 2 .. amount loop
    key := case when b is null then public.position_between(key, null) else public.position_between(null, key) end;
    keys := case when b is null then keys || key else key || keys end;
  end loop;
  return case when octet_length(key) <= 200 then keys end;
end $function$;
-- may run it: todo_user
CREATE OR REPLACE FUNCTION public.present_entities(owner uuid)
 RETURNS TABLE(entity text, id uuid, version integer, updated_at timestamp with time zone, fields jsonb)
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET "TimeZone" TO 'UTC'
AS $function$
#variable_conflict use_column
begin
  return query select 'list'::text, t.id, t.version, t.updated_at, jsonb_strip_nulls(jsonb_build_object('name', t.name, 'color', t.color, 'position', nullif(t.position, 'a0'), 'archived_at', t.archived_at, 'created_at', t.created_at)) from public.lists t where t.user_id = owner
  union all select 'task'::text, t.id, t.version, t.updated_at, jsonb_strip_nulls(jsonb_build_object('title', t.title, 'description', nullif(t.description, ''), 'priority', nullif(t.priority, 'none'), 'labels', nullif(t.labels, '{}'), 'start_date', t.start_date, 'due_date', t.due_date, 'due_time', t.due_time, 'time_zone', t.time_zone, 'recurrence', t.recurrence, 'repeat_from', nullif(t.repeat_from, 'due'), 'reminders', nullif(t.reminders, '{}'), 'list_id', t.list_id, 'parent_id', t.parent_id, 'position', nullif(t.position, 'a0'), 'completed_at', t.completed_at, 'created_at', t.created_at)) from public.tasks t where t.user_id = owner;
end $function$;
-- may run it: todo_log
CREATE OR REPLACE FUNCTION public.purge_idempotency_keys()
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  purged bigint;
begin
  perform set_config('app.user_id', '00000000-0000-0000-0000-000000000000', true);
  delete from public.idempotency_keys k where (k.user_id, k.id) in (
    select old.user_id, old.id from public.idempotency_keys old where old.at < now() - interval '30 days' order by old.at limit 1000);
  get diagnostics purged = row_count;
  return purged;
end $function$;
-- may run it: todo_watcher
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.refuse_disabled_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  disabled timestamptz;
begin
  select u.disabled_at into disabled from public."user" u where u.id = new.user_id for share;
  if disabled is not null then
    raise exception 'the user is disabled' using errcode = 'check_violation', constraint = 'session_user_enabled';
  end if;
  return new;
end $function$;
-- may run it: triggers alone
CREATE OR REPLACE FUNCTION public.refuse_log_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  raise exception 'the log is append-only' using errcode = 'restrict_violation';
end $function$;
-- may run it: triggers alone
CREATE OR REPLACE FUNCTION public.reopen_subtasks()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  action constant text := current_setting('app.action', true);
begin
  if action in ('completed', 'skipped') then
    execute 'set local app.action = ''reopened''';
    update public.tasks t set completed_at = null where t.user_id = new.user_id and t.id = any(public.task_tree(new.user_id, array[new.id])) and t.completed_at is not null;
    execute format('set local app.action = %L', action);
  end if;
  return null;
end $function$;
-- may run it: triggers alone
CREATE OR REPLACE FUNCTION public.settle_tasks(owner uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  since constant bigint := nullif(current_setting('app.since', true), '')::bigint;
  task record;
begin
  execute 'set local app.action = ''moved''';
  for task in
    select t.id, t.list_id, t.parent_id from public.tasks t
    where t.user_id = owner and t.id = any(array(select e.entity_id from public.events e where e.user_id = owner and e.seq > since and e.entity = 'task' and e.kind <> 'delete'))
      and (t.parent_id is not null or exists (select from public.tasks c where c.user_id = owner and c.parent_id = t.id))
    order by t.id
  loop
    update public.tasks t set parent_id = null where t.user_id = owner and t.parent_id = task.id and t.list_id is distinct from task.list_id;
    if public.task_fault(owner, task.id, task.list_id, task.parent_id) is not null then
      update public.tasks t set parent_id = null where t.user_id = owner and t.id = task.id and t.parent_id is not null;
    end if;
  end loop;
end $function$;
-- may run it: todo_user
CREATE OR REPLACE FUNCTION public.stamp_list()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  previous record;
  created integer;
  last_position text;
begin
  if ((new.color ~ '^#[0-9a-f]{6}$') and (new.position ~ '^[B-Za-y][0-9A-Za-z]+$') and (char_length(new.position) between 1 and 200)) is false then
    if not (new.color ~ '^#[0-9a-f]{6}$') then
      raise exception 'the row breaks the rule "lists_color_form"' using errcode = 'check_violation', table = 'lists', column = 'color', constraint = 'lists_color_form';
    end if;
    if not (new.position ~ '^[B-Za-y][0-9A-Za-z]+$') then
      raise exception 'the row breaks the rule "lists_position_form"' using errcode = 'check_violation', table = 'lists', column = 'position', constraint = 'lists_position_form';
    end if;
    if not (char_length(new.position) between 1 and 200) then
      raise exception 'the row breaks the rule "lists_position_length"' using errcode = 'check_violation', table = 'lists', column = 'position', constraint = 'lists_position_length';
    end if;
  end if;
  if tg_op = 'INSERT' then
    created := set_config('app.created', (coalesce(nullif(current_setting('app.created', true), '')::integer, 0) + 1)::text, true)::integer;
    new.created_at := date_trunc('milliseconds', now()) + (created - 1) * interval '1 microsecond';
    new.updated_at := date_trunc('milliseconds', now());
    new.version := 1;
    select e.kind, e.at, e.version, e.fields ->> 'created_at' as created_at into previous from public.events e
    where e.user_id = new.user_id and e.entity_id = new.id and e.entity = 'list' order by e.seq desc limit 1;
    if previous.kind = 'delete' then
      new.version := previous.version + 1;
      new.updated_at := greatest(new.updated_at, previous.at);
      if current_setting('app.action', true) = 'restored' then
        new.created_at := previous.created_at::timestamptz;
      end if;
    end if;
    if new.position is null then
      select t.position into last_position from public.lists t where t.user_id = new.user_id
      order by t.position collate "C" desc, t.id desc limit 1;
      if length(last_position) = ascii(last_position) - 95 and right(last_position, 1) <> 'z' then
        new.position := left(last_position, -1) || translate(right(last_position, 1), '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy', '123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
      else
        new.position := public.position_between(last_position, null);
        if octet_length(new.position) > 200 then
          new.position := last_position;
        end if;
      end if;
    end if;
    return new;
  end if;
  if (new.user_id, new.id, new.created_at) is distinct from (old.user_id, old.id, old.created_at) then
    raise exception 'the owner, the id and the creation time of a list never change' using errcode = 'restrict_violation';
  end if;
  new.updated_at := old.updated_at;
  new.version := old.version;
  if (new.name, new.color, new.position, new.archived_at) is distinct from (old.name, old.color, old.position, old.archived_at) then
    new.updated_at := greatest(now(), old.updated_at);
    new.version := old.version + 1;
  end if;
  return new;
end $function$;
-- may run it: triggers alone
CREATE OR REPLACE FUNCTION public.stamp_task()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  previous record;
  created integer;
  last_position text;
  searched text;
begin
  if tg_op = 'INSERT' or (new.title, new.description) is distinct from (old.title, old.description) then
    searched := concat_ws(' ', new.title, new.description);
    new.search := case when octet_length(searched) = char_length(searched) and searched collate "C" !~ '[\u0001-\u0008\u000e-\u001f\u007f]' then lower(searched collate "C") collate "default" else replace(replace(replace(lower(regexp_replace(normalize(searched, NFKD) collate "C", '[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u0300-\u036f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+', '', 'g') collate "und-x-icu"), 'ß', 'ss'), 'ς', 'σ'), 'ı', 'i') collate "default" end;
  else
    new.search := old.search;
  end if;
  if new.due_date is null and old.due_date is not null or new.due_time is null and old.due_time is not null then
    if new.due_date is null and old.due_date is not null then
      new.due_time := null;
      new.recurrence := null;
      new.reminders := '{}';
    end if;
    if new.due_time is null and old.due_time is not null then
      new.time_zone := null;
    end if;
  end if;
  if ((new.due_date is not null or new.due_time is null) and (new.due_time is not null or new.time_zone is null) and (new.due_date is not null or new.recurrence is null) and (new.due_date is not null or new.reminders = '{}') and (new.priority in ('none', 'low', 'medium', 'high')) and (cardinality(new.labels) <= 20 and array_position(new.labels, null) is null) and (new.start_date between '1000-01-01' and '9999-12-31') and (new.due_date between '1000-01-01' and '9999-12-31') and (new.due_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$') and (new.time_zone ~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2})$') and (char_length(new.time_zone) between 1 and 64) and (char_length(new.recurrence) between 1 and 500) and (new.repeat_from in ('due', 'completion')) and (cardinality(new.reminders) <= 5 and array_position(new.reminders, null) is null) and (0 <= all (new.reminders) and 525600 >= all (new.reminders)) and (new.position ~ '^[B-Za-y][0-9A-Za-z]+$') and (char_length(new.position) between 1 and 200)) is false then
    if not (new.due_date is not null or new.due_time is null) then
      raise exception 'the row breaks the rule "tasks_due_time_requires_due_date"' using errcode = 'check_violation', table = 'tasks', column = 'due_time', constraint = 'tasks_due_time_requires_due_date';
    end if;
    if not (new.due_time is not null or new.time_zone is null) then
      raise exception 'the row breaks the rule "tasks_time_zone_requires_due_time"' using errcode = 'check_violation', table = 'tasks', column = 'time_zone', constraint = 'tasks_time_zone_requires_due_time';
    end if;
    if not (new.due_date is not null or new.recurrence is null) then
      raise exception 'the row breaks the rule "tasks_recurrence_requires_due_date"' using errcode = 'check_violation', table = 'tasks', column = 'recurrence', constraint = 'tasks_recurrence_requires_due_date';
    end if;
    if not (new.due_date is not null or new.reminders = '{}') then
      raise exception 'the row breaks the rule "tasks_reminders_requires_due_date"' using errcode = 'check_violation', table = 'tasks', column = 'reminders', constraint = 'tasks_reminders_requires_due_date';
    end if;
    if not (new.priority in ('none', 'low', 'medium', 'high')) then
      raise exception 'the row breaks the rule "tasks_priority_choice"' using errcode = 'check_violation', table = 'tasks', column = 'priority', constraint = 'tasks_priority_choice';
    end if;
    if not (cardinality(new.labels) <= 20 and array_position(new.labels, null) is null) then
      raise exception 'the row breaks the rule "tasks_labels_count"' using errcode = 'check_violation', table = 'tasks', column = 'labels', constraint = 'tasks_labels_count';
    end if;
    if not (new.start_date between '1000-01-01' and '9999-12-31') then
      raise exception 'the row breaks the rule "tasks_start_date_range"' using errcode = 'check_violation', table = 'tasks', column = 'start_date', constraint = 'tasks_start_date_range';
    end if;
    if not (new.due_date between '1000-01-01' and '9999-12-31') then
      raise exception 'the row breaks the rule "tasks_due_date_range"' using errcode = 'check_violation', table = 'tasks', column = 'due_date', constraint = 'tasks_due_date_range';
    end if;
    if not (new.due_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$') then
      raise exception 'the row breaks the rule "tasks_due_time_form"' using errcode = 'check_violation', table = 'tasks', column = 'due_time', constraint = 'tasks_due_time_form';
    end if;
    if not (new.time_zone ~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2})$') then
      raise exception 'the row breaks the rule "tasks_time_zone_form"' using errcode = 'check_violation', table = 'tasks', column = 'time_zone', constraint = 'tasks_time_zone_form';
    end if;
    if not (char_length(new.time_zone) between 1 and 64) then
      raise exception 'the row breaks the rule "tasks_time_zone_length"' using errcode = 'check_violation', table = 'tasks', column = 'time_zone', constraint = 'tasks_time_zone_length';
    end if;
    if not (char_length(new.recurrence) between 1 and 500) then
      raise exception 'the row breaks the rule "tasks_recurrence_length"' using errcode = 'check_violation', table = 'tasks', column = 'recurrence', constraint = 'tasks_recurrence_length';
    end if;
    if not (new.repeat_from in ('due', 'completion')) then
      raise exception 'the row breaks the rule "tasks_repeat_from_choice"' using errcode = 'check_violation', table = 'tasks', column = 'repeat_from', constraint = 'tasks_repeat_from_choice';
    end if;
    if not (cardinality(new.reminders) <= 5 and array_position(new.reminders, null) is null) then
      raise exception 'the row breaks the rule "tasks_reminders_count"' using errcode = 'check_violation', table = 'tasks', column = 'reminders', constraint = 'tasks_reminders_count';
    end if;
    if not (0 <= all (new.reminders) and 525600 >= all (new.reminders)) then
      raise exception 'the row breaks the rule "tasks_reminders_range"' using errcode = 'check_violation', table = 'tasks', column = 'reminders', constraint = 'tasks_reminders_range';
    end if;
    if not (new.position ~ '^[B-Za-y][0-9A-Za-z]+$') then
      raise exception 'the row breaks the rule "tasks_position_form"' using errcode = 'check_violation', table = 'tasks', column = 'position', constraint = 'tasks_position_form';
    end if;
    if not (char_length(new.position) between 1 and 200) then
      raise exception 'the row breaks the rule "tasks_position_length"' using errcode = 'check_violation', table = 'tasks', column = 'position', constraint = 'tasks_position_length';
    end if;
  end if;
  if tg_op = 'INSERT' then
    created := set_config('app.created', (coalesce(nullif(current_setting('app.created', true), '')::integer, 0) + 1)::text, true)::integer;
    new.created_at := date_trunc('milliseconds', now()) + (created - 1) * interval '1 microsecond';
    new.updated_at := date_trunc('milliseconds', now());
    new.version := 1;
    select e.kind, e.at, e.version, e.fields ->> 'created_at' as created_at into previous from public.events e
    where e.user_id = new.user_id and e.entity_id = new.id and e.entity = 'task' order by e.seq desc limit 1;
    if previous.kind = 'delete' then
      new.version := previous.version + 1;
      new.updated_at := greatest(new.updated_at, previous.at);
      if current_setting('app.action', true) = 'restored' then
        new.created_at := previous.created_at::timestamptz;
      end if;
    end if;
    if new.position is null then
      select t.position into last_position from public.tasks t where t.user_id = new.user_id and case when t.parent_id is not null then t.parent_id when t.list_id is not null then t.list_id else t.user_id end = case when new.parent_id is not null then new.parent_id when new.list_id is not null then new.list_id else new.user_id end
      order by t.position collate "C" desc, t.id desc limit 1;
      if length(last_position) = ascii(last_position) - 95 and right(last_position, 1) <> 'z' then
        new.position := left(last_position, -1) || translate(right(last_position, 1), '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy', '123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
      else
        new.position := public.position_between(last_position, null);
        if octet_length(new.position) > 200 then
          new.position := last_position;
        end if;
      end if;
    end if;
    return new;
  end if;
  if (new.user_id, new.id, new.created_at) is distinct from (old.user_id, old.id, old.created_at) then
    raise exception 'the owner, the id and the creation time of a task never change' using errcode = 'restrict_violation';
  end if;
  new.updated_at := old.updated_at;
  new.version := old.version;
  if (new.title, new.description, new.priority, new.labels, new.start_date, new.due_date, new.due_time, new.time_zone, new.recurrence, new.repeat_from, new.reminders, new.list_id, new.parent_id, new.position, new.completed_at) is distinct from (old.title, old.description, old.priority, old.labels, old.start_date, old.due_date, old.due_time, old.time_zone, old.recurrence, old.repeat_from, old.reminders, old.list_id, old.parent_id, old.position, old.completed_at) then
    new.updated_at := greatest(now(), old.updated_at);
    new.version := old.version + 1;
  end if;
  return new;
end $function$;
-- may run it: triggers alone
CREATE OR REPLACE FUNCTION public.state_digest(owner uuid, upto bigint)
 RETURNS bytea
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  return (select sha256(coalesce(string_agg(sha256(convert_to(concat_ws(' ', s.entity, s.id, s.version, (date_part('epoch', s.updated_at) * 1000)::bigint, s.fields), 'UTF8')), ''
    order by s.entity, s.id), '')) from public.entities_at(owner, upto) s);
end $function$;
-- may run it: todo_log
CREATE OR REPLACE FUNCTION public.task_fault(owner uuid, task uuid, list uuid, parent uuid)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  above record;
  next_id uuid := parent;
  below uuid[] := array[task];
  levels integer := 1;
begin
  while next_id is not null loop
    if next_id = task then
      return 'tasks_parent_cycle';
    end if;
    select t.list_id, t.parent_id into above from public.tasks t where t.user_id = owner and t.id = next_id;
    if not found then
      return 'tasks_parent_fk';
    elsif levels = 1 and above.list_id is distinct from list then
      return 'tasks_parent_list';
    end if;
    levels := levels + 1;
    exit when levels > 5;
    next_id := above.parent_id;
  end loop;
  loop
    if levels > 5 then
      return 'tasks_parent_depth';
    end if;
    below := array(select t.id from public.tasks t where t.user_id = owner and t.parent_id = any(below));
    exit when cardinality(below) = 0;
    levels := levels + 1;
  end loop;
  return null;
end $function$;
-- may run it: todo_user
CREATE OR REPLACE FUNCTION public.task_tree(owner uuid, roots uuid[])
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  found_ids uuid[] := roots;
  level uuid[] := roots;
begin
  loop
    level := array(select t.id from public.tasks t where t.user_id = owner and t.parent_id = any(level) and t.id <> all(found_ids));
    exit when cardinality(level) = 0;
    found_ids := found_ids || level;
  end loop;
  return found_ids;
end $function$;
-- may run it: todo_user
CREATE OR REPLACE FUNCTION public.trim_due_log(by_size boolean)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  kept public.retention;
  since timestamptz;
  due public.owners;
  excess bigint := 0;
  event record;
  upto bigint;
begin
  select * into strict kept from public.retention;
  since := now() - kept.log_days * interval '1 day';
  if by_size then
    select * into due from public.owners o where o.log_mb > 0 and o.log_mb >= kept.log_mb order by o.log_mb limit 1;
    excess := due.log_bytes - kept.log_mb * 750000::bigint;
  else
    select * into due from public.owners o where o.log_since < since - interval '1 day' order by o.log_since limit 1;
  end if;
  if due.user_id is null then
    return 0;
  end if;
  execute format('set local app.user_id = %L', due.user_id);
  for event in
    select e.seq, e.at, octet_length(e.fields::text) + 400 as size from public.events e where e.user_id = due.user_id
    order by e.seq limit greatest(5000, least(4 * 5000, (due.last_seq - due.dropped_seq) / 10))
  loop
    exit when event.at >= since and excess <= 0;
    excess := excess - event.size;
    upto := event.seq;
  end loop;
  return public.trim_log(due.user_id, upto);
end $function$;
-- may run it: todo_watcher
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.trim_log(owner uuid, upto bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  start bigint;
  state bytea;
  size bigint;
  dropped bigint;
begin
  execute format('set local app.user_id = %L', owner); -- unlike set_config it reaches the workers of a distributed database
  select o.dropped_seq into start from public.owners o where o.user_id = owner and o.dropped_seq < upto and upto <= o.last_seq;
  if not found then
    return 0;
  end if;
  state := public.state_digest(owner, upto);
  select sum(octet_length(e.fields::text) + 400) into size from public.events e where e.user_id = owner and e.seq <= upto;
  perform pg_advisory_xact_lock(hashtextextended(owner::text, 0));
  update public.owners o set dropped_seq = upto, dropped_state = state, log_bytes = o.log_bytes - size, log_mb = (o.log_bytes - size) / 1000000,
    dropped_hash = (select e.hash from public.events e where e.user_id = owner and e.seq = upto),
    log_since = (select e.at from public.events e where e.user_id = owner and e.seq = upto + 1)
  where o.user_id = owner and o.dropped_seq = start;
  if not found then
    return 0; -- trimmed by another session, or the account was deleted
  end if;
  delete from public.events e where e.user_id = owner and e.seq <= upto;
  get diagnostics dropped = row_count;
  return dropped;
end $function$;
-- may run it: todo_log
CREATE OR REPLACE FUNCTION public.trim_security_events()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if new.name = 'sign_in_failed' then
    delete from public.security_events e where e.user_id = new.user_id and e.id = any(array(
      select o.id from public.security_events o where o.user_id = new.user_id and o.name = 'sign_in_failed' order by o.id desc offset 100));
  else
    delete from public.security_events e where e.user_id = new.user_id and e.id = any(array(
      select o.id from public.security_events o where o.user_id = new.user_id and o.name <> 'sign_in_failed' order by o.id desc offset 500));
  end if;
  return null;
end $function$;
-- may run it: triggers alone

create table account (
  access_token text,
  access_token_expires_at timestamp(3) with time zone,
  account_id text not null,
  created_at timestamp(3) with time zone not null,
  id uuid not null,
  id_token text,
  password text,
  provider_id text not null,
  refresh_token text,
  refresh_token_expires_at timestamp(3) with time zone,
  scope text,
  updated_at timestamp(3) with time zone not null,
  user_id uuid not null
);
alter table account add constraint account_id_length CHECK ((char_length(account_id) <= 255));
alter table account add constraint account_pkey PRIMARY KEY (id);
alter table account add constraint account_provider_id_length CHECK ((char_length(provider_id) <= 500));
alter table account add constraint account_provider_key UNIQUE (account_id, provider_id);
alter table account add constraint account_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
CREATE INDEX account_user_id_idx ON public.account USING btree (user_id);
alter table account enable row level security, no force row level security;
create policy backup on account as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy identity on account as permissive for * to todo_identity using (true) with check (true);
CREATE TRIGGER account_50_end_verifications AFTER UPDATE OF password ON public.account FOR EACH ROW WHEN (((old.password IS DISTINCT FROM new.password) AND (current_setting('app.action'::text, true) IS DISTINCT FROM 'rehashed'::text))) EXECUTE FUNCTION end_verifications();
grant delete, insert, select, update on account to todo_identity;
grant select (account_id, created_at, id, password, provider_id, scope, updated_at, user_id) on account to todo_backup;

create table account_receipts (
  deleted_at timestamp(3) with time zone not null,
  id uuid not null,
  last_hash bytea,
  last_seq bigint not null
);
alter table account_receipts add constraint account_receipts_pkey PRIMARY KEY (id);
alter table account_receipts enable row level security, no force row level security;
create policy backup on account_receipts as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy log on account_receipts as permissive for * to todo_log using ((CURRENT_USER = 'todo_log'::name)) with check ((CURRENT_USER = 'todo_log'::name));
grant select on account_receipts to todo_backup;
grant insert on account_receipts to todo_log;

create table events (
  action text not null,
  at timestamp(3) with time zone not null,
  entity text not null,
  entity_id uuid not null,
  fields jsonb not null,
  format smallint not null,
  hash bytea not null,
  kind text not null,
  mutation_id uuid,
  request_id uuid,
  seq bigint not null,
  user_id uuid not null,
  version integer not null,
  was timestamp(3) with time zone
);
alter table events add constraint events_action_listed CHECK ((action = ANY (ARRAY['created'::text, 'edited'::text, 'completed'::text, 'skipped'::text, 'reopened'::text, 'moved'::text, 'removed'::text, 'restored'::text])));
alter table events add constraint events_pkey PRIMARY KEY (user_id, seq);
CREATE INDEX events_entity_idx ON public.events USING btree (user_id, entity_id, seq);
CREATE INDEX events_list_idx ON public.events USING btree (user_id, seq) WHERE (entity = 'list'::text);
CREATE INDEX events_removed_idx ON public.events USING btree (user_id, seq) WHERE (kind = 'delete'::text);
alter table events enable row level security, force row level security;
create policy backup on events as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy log on events as permissive for * to todo_log using ((CURRENT_USER = 'todo_log'::name)) with check ((CURRENT_USER = 'todo_log'::name));
create policy owner on events as permissive for * to public using ((user_id =
CASE
    WHEN (CURRENT_USER <> 'todo_log'::name) THEN (current_setting('app.user_id'::text))::uuid
    ELSE NULL::uuid
END)) with check ((user_id =
CASE
    WHEN (CURRENT_USER <> 'todo_log'::name) THEN (current_setting('app.user_id'::text))::uuid
    ELSE NULL::uuid
END));
CREATE TRIGGER events_10_update BEFORE UPDATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
CREATE TRIGGER events_11_truncate BEFORE TRUNCATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
CREATE TRIGGER events_12_delete AFTER DELETE ON public.events REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION check_log_deletion();
grant select on events to todo_backup;
grant delete, insert, select on events to todo_log;
grant select on events to todo_user;

create table idempotency_keys (
  answer jsonb,
  at timestamp(3) with time zone not null,
  digest bytea,
  group_id uuid,
  id uuid not null,
  seq bigint not null,
  user_id uuid not null
);
alter table idempotency_keys add constraint idempotency_keys_pkey PRIMARY KEY (user_id, id);
CREATE INDEX idempotency_keys_at_idx ON public.idempotency_keys USING btree (at);
CREATE INDEX idempotency_keys_group_idx ON public.idempotency_keys USING btree (user_id, group_id) WHERE (group_id IS NOT NULL);
alter table idempotency_keys enable row level security, force row level security;
create policy backup on idempotency_keys as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy log on idempotency_keys as permissive for * to todo_log using ((CURRENT_USER = 'todo_log'::name)) with check ((CURRENT_USER = 'todo_log'::name));
create policy owner on idempotency_keys as permissive for * to public using ((user_id =
CASE
    WHEN (CURRENT_USER <> 'todo_log'::name) THEN (current_setting('app.user_id'::text))::uuid
    ELSE NULL::uuid
END)) with check ((user_id =
CASE
    WHEN (CURRENT_USER <> 'todo_log'::name) THEN (current_setting('app.user_id'::text))::uuid
    ELSE NULL::uuid
END));
grant select on idempotency_keys to todo_backup;
grant delete on idempotency_keys to todo_log;
grant insert, select on idempotency_keys to todo_user;
grant select (at, id, user_id) on idempotency_keys to todo_log;

create table jwks (
  alg text,
  created_at timestamp(3) with time zone not null,
  crv text,
  expires_at timestamp(3) with time zone,
  id uuid not null,
  private_key text not null,
  public_key text not null
);
alter table jwks add constraint jwks_pkey PRIMARY KEY (id);
alter table jwks enable row level security, no force row level security;
create policy backup on jwks as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy identity on jwks as permissive for * to todo_identity using (true) with check (true);
grant select on jwks to todo_backup;
grant insert, select on jwks to todo_identity;

create table lists (
  archived_at timestamp(3) with time zone,
  color text,
  created_at timestamp(6) with time zone not null,
  id uuid not null,
  name text not null,
  "position" text not null default 'a0'::text,
  updated_at timestamp(3) with time zone not null,
  user_id uuid not null,
  version integer not null
);
alter table lists add constraint lists_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200)));
alter table lists add constraint lists_name_not_blank CHECK ((name ~ '\S'::text));
alter table lists add constraint lists_pkey PRIMARY KEY (user_id, id);
alter table lists add constraint lists_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
alter table lists add constraint lists_version_positive CHECK ((version >= 1));
alter table lists enable row level security, force row level security;
create policy backup on lists as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy owner on lists as permissive for * to public using ((user_id = (current_setting('app.user_id'::text))::uuid)) with check ((user_id = (current_setting('app.user_id'::text))::uuid));
CREATE TRIGGER "00_lists_detach" AFTER DELETE ON public.lists FOR EACH ROW EXECUTE FUNCTION detach_tasks();
CREATE TRIGGER lists_10_stamp BEFORE INSERT OR UPDATE ON public.lists FOR EACH ROW EXECUTE FUNCTION stamp_list();
CREATE TRIGGER lists_20_log AFTER INSERT OR DELETE OR UPDATE ON public.lists FOR EACH ROW EXECUTE FUNCTION log_list();
CREATE TRIGGER lists_30_keep BEFORE TRUNCATE ON public.lists FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
grant select on lists to todo_backup;
grant delete, select on lists to todo_log;
grant delete, select on lists to todo_user;
grant insert (archived_at, color, id, name, position, user_id) on lists to todo_user;
grant update (archived_at, color, name, position) on lists to todo_user;

create table mails (
  attempts integer not null,
  begun_at timestamp(3) with time zone,
  content text not null,
  created_at timestamp(3) with time zone not null,
  id uuid not null,
  next_attempt_at timestamp(3) with time zone not null,
  user_id uuid not null
);
alter table mails add constraint mails_content_length CHECK ((char_length(content) <= 10000));
alter table mails add constraint mails_pkey PRIMARY KEY (id);
alter table mails add constraint mails_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
CREATE INDEX mails_created_at_idx ON public.mails USING btree (created_at);
CREATE INDEX mails_user_id_idx ON public.mails USING btree (user_id);
CREATE INDEX mails_waiting_idx ON public.mails USING btree (next_attempt_at) WHERE (begun_at IS NULL);
alter table mails enable row level security, no force row level security;
create policy identity on mails as permissive for * to todo_identity using (true) with check (true);
grant delete, insert, select, update on mails to todo_identity;

create table owners (
  completed integer not null default 0,
  converted_hash bytea not null default '\x'::bytea,
  converted_seq bigint not null default 0,
  dropped_hash bytea not null default '\x'::bytea,
  dropped_seq bigint not null default 0,
  dropped_state bytea,
  last_hash bytea not null default '\x'::bytea,
  last_seq bigint not null default 0,
  lists integer not null default 0,
  log_bytes bigint not null default 0,
  log_mb integer not null default 0,
  log_since timestamp(3) with time zone,
  open integer not null default 0,
  task_bytes bigint not null default 0,
  user_id uuid not null
);
alter table owners add constraint owners_list_quota CHECK ((lists <= 1000));
alter table owners add constraint owners_pkey PRIMARY KEY (user_id);
alter table owners add constraint owners_task_quota CHECK (((open + completed) <= 100000));
CREATE INDEX owners_log_mb_idx ON public.owners USING btree (log_mb) WHERE (log_mb > 0);
CREATE INDEX owners_log_since_idx ON public.owners USING btree (log_since);
alter table owners enable row level security, force row level security;
create policy backup on owners as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy log on owners as permissive for * to todo_log using ((CURRENT_USER = 'todo_log'::name)) with check ((CURRENT_USER = 'todo_log'::name));
create policy owner on owners as permissive for * to public using ((user_id =
CASE
    WHEN (CURRENT_USER <> 'todo_log'::name) THEN (current_setting('app.user_id'::text))::uuid
    ELSE NULL::uuid
END)) with check ((user_id =
CASE
    WHEN (CURRENT_USER <> 'todo_log'::name) THEN (current_setting('app.user_id'::text))::uuid
    ELSE NULL::uuid
END));
create policy watcher on owners as permissive for r to todo_watcher using (true) with check (none);
CREATE TRIGGER owners_10_keep BEFORE DELETE ON public.owners FOR EACH ROW WHEN ((CURRENT_USER <> 'todo_log'::name)) EXECUTE FUNCTION refuse_log_change();
CREATE TRIGGER owners_11_truncate BEFORE TRUNCATE ON public.owners FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
CREATE TRIGGER owners_20_erase_log AFTER DELETE ON public.owners FOR EACH ROW EXECUTE FUNCTION erase_log();
CREATE CONSTRAINT TRIGGER owners_30_bytes_quota AFTER UPDATE ON public.owners DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.task_bytes > old.task_bytes) AND (new.task_bytes > 200000000))) EXECUTE FUNCTION check_bytes_quota('200000000');
grant select on owners to todo_backup;
grant delete, insert, select, update on owners to todo_log;
grant select on owners to todo_user;
grant select (last_seq, user_id) on owners to todo_watcher;

create table passkeys (
  counter bigint not null,
  created_at timestamp(3) with time zone not null,
  credential_id text not null,
  id uuid not null,
  last_used_at timestamp(3) with time zone,
  name text not null,
  public_key text not null,
  user_id uuid not null
);
alter table passkeys add constraint passkeys_credential_id_key UNIQUE (credential_id);
alter table passkeys add constraint passkeys_credential_id_length CHECK ((char_length(credential_id) <= 1364));
alter table passkeys add constraint passkeys_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)));
alter table passkeys add constraint passkeys_pkey PRIMARY KEY (id);
alter table passkeys add constraint passkeys_public_key_length CHECK ((char_length(public_key) <= 4000));
alter table passkeys add constraint passkeys_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
CREATE INDEX passkeys_user_id_idx ON public.passkeys USING btree (user_id);
alter table passkeys enable row level security, no force row level security;
create policy backup on passkeys as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy identity on passkeys as permissive for * to todo_identity using (true) with check (true);
grant select on passkeys to todo_backup;
grant delete, insert, select, update on passkeys to todo_identity;

create table rate_limit (
  count integer not null,
  id uuid not null,
  key text not null,
  last_request bigint not null
);
alter table rate_limit add constraint rate_limit_key_key UNIQUE (key);
alter table rate_limit add constraint rate_limit_pkey PRIMARY KEY (id);
CREATE INDEX rate_limit_last_request_idx ON public.rate_limit USING btree (last_request);
alter table rate_limit enable row level security, no force row level security;
create policy identity on rate_limit as permissive for * to todo_identity using (true) with check (true);
grant delete, insert, select, update on rate_limit to todo_identity;

create table retention (
  log_days integer not null,
  log_mb integer not null
);
alter table retention add constraint retention_positive CHECK (((log_days >= 1) AND (log_mb >= 1)));
alter table retention enable row level security, no force row level security;
create policy readers on retention as permissive for r to todo_log, todo_watcher using (true) with check (none);
grant select on retention to todo_log;
grant select on retention to todo_watcher;

create table second_factors (
  confirmed_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone not null,
  key_id text not null,
  last_step bigint not null,
  recovery_codes text[] not null,
  secret text not null,
  user_id uuid not null
);
alter table second_factors add constraint second_factors_pkey PRIMARY KEY (user_id);
alter table second_factors add constraint second_factors_recovery_codes_count CHECK ((cardinality(recovery_codes) <= 10));
alter table second_factors add constraint second_factors_secret_length CHECK ((char_length(secret) <= 500));
alter table second_factors add constraint second_factors_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
alter table second_factors enable row level security, no force row level security;
create policy backup on second_factors as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy identity on second_factors as permissive for * to todo_identity using (true) with check (true);
grant select on second_factors to todo_backup;
grant delete, insert, select, update on second_factors to todo_identity;

create table security_events (
  at timestamp(3) with time zone not null,
  by_operator boolean not null default false,
  device text,
  id uuid not null,
  ip_address text,
  name text not null,
  times integer not null default 1,
  user_id uuid not null,
  way text
);
alter table security_events add constraint security_events_pkey PRIMARY KEY (user_id, id);
alter table security_events add constraint security_events_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
CREATE INDEX security_events_at_idx ON public.security_events USING btree (at);
alter table security_events enable row level security, no force row level security;
create policy identity on security_events as permissive for * to todo_identity using (true) with check (true);
CREATE TRIGGER security_events_50_trim AFTER INSERT ON public.security_events FOR EACH ROW EXECUTE FUNCTION trim_security_events();
grant delete, insert, select on security_events to todo_identity;
grant update (times) on security_events to todo_identity;

create table session (
  created_at timestamp(3) with time zone not null,
  expires_at timestamp(3) with time zone not null,
  id uuid not null,
  ip_address text,
  token text not null,
  updated_at timestamp(3) with time zone not null,
  user_agent text,
  user_id uuid not null
);
alter table session add constraint session_pkey PRIMARY KEY (id);
alter table session add constraint session_token_key UNIQUE (token);
alter table session add constraint session_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
CREATE INDEX session_updated_at_idx ON public.session USING btree (updated_at);
CREATE INDEX session_user_id_idx ON public.session USING btree (user_id);
alter table session enable row level security, no force row level security;
create policy identity on session as permissive for * to todo_identity using (true) with check (true);
CREATE TRIGGER session_10_enabled BEFORE INSERT ON public.session FOR EACH ROW EXECUTE FUNCTION refuse_disabled_user();
grant delete, insert, select, update on session to todo_identity;

create table task_labels (
  name text not null,
  name_key text not null,
  task_id uuid not null,
  user_id uuid not null
);
alter table task_labels add constraint task_labels_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 50)));
alter table task_labels add constraint task_labels_pkey PRIMARY KEY (user_id, name_key, task_id);
alter table task_labels enable row level security, force row level security;
create policy backup on task_labels as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy log on task_labels as permissive for * to todo_log using ((CURRENT_USER = 'todo_log'::name)) with check ((CURRENT_USER = 'todo_log'::name));
create policy owner on task_labels as permissive for * to public using ((user_id =
CASE
    WHEN (CURRENT_USER <> 'todo_log'::name) THEN (current_setting('app.user_id'::text))::uuid
    ELSE NULL::uuid
END)) with check ((user_id =
CASE
    WHEN (CURRENT_USER <> 'todo_log'::name) THEN (current_setting('app.user_id'::text))::uuid
    ELSE NULL::uuid
END));
grant select on task_labels to todo_backup;
grant delete, insert, select on task_labels to todo_log;
grant select on task_labels to todo_user;

create table tasks (
  completed_at timestamp(3) with time zone,
  created_at timestamp(6) with time zone not null,
  description text not null default ''::text,
  due_date date,
  due_time text,
  id uuid not null,
  labels text[] not null default '{}'::text[],
  list_id uuid,
  parent_id uuid,
  "position" text not null default 'a0'::text,
  priority text not null default 'none'::text,
  recurrence text,
  reminders integer[] not null default '{}'::integer[],
  repeat_from text not null default 'due'::text,
  search text not null,
  start_date date,
  time_zone text,
  title text not null,
  updated_at timestamp(3) with time zone not null,
  user_id uuid not null,
  version integer not null
);
alter table tasks add constraint tasks_description_length CHECK ((char_length(description) <= 10000));
alter table tasks add constraint tasks_list_fk FOREIGN KEY (user_id, list_id) REFERENCES lists(user_id, id);
alter table tasks add constraint tasks_parent_fk FOREIGN KEY (user_id, parent_id) REFERENCES tasks(user_id, id);
alter table tasks add constraint tasks_pkey PRIMARY KEY (user_id, id);
alter table tasks add constraint tasks_title_length CHECK (((char_length(title) >= 1) AND (char_length(title) <= 500)));
alter table tasks add constraint tasks_title_not_blank CHECK ((title ~ '\S'::text));
alter table tasks add constraint tasks_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
alter table tasks add constraint tasks_version_positive CHECK ((version >= 1));
CREATE INDEX tasks_completed_at_idx ON public.tasks USING btree (user_id, completed_at, id) WHERE (completed_at IS NOT NULL);
CREATE INDEX tasks_completed_newest_idx ON public.tasks USING btree (user_id, created_at, id) WHERE (completed_at IS NOT NULL);
CREATE INDEX tasks_due_idx ON public.tasks USING btree (user_id, due_date, id) WHERE ((due_date IS NOT NULL) AND (completed_at IS NULL));
CREATE INDEX tasks_list_idx ON public.tasks USING btree (user_id, list_id) WHERE (list_id IS NOT NULL);
CREATE INDEX tasks_newest_idx ON public.tasks USING btree (user_id, created_at, id);
CREATE INDEX tasks_open_newest_idx ON public.tasks USING btree (user_id, created_at, id) WHERE (completed_at IS NULL);
CREATE INDEX tasks_parent_idx ON public.tasks USING btree (user_id, parent_id) WHERE (parent_id IS NOT NULL);
CREATE INDEX tasks_place_idx ON public.tasks USING btree (user_id, (
CASE
    WHEN (parent_id IS NOT NULL) THEN parent_id
    WHEN (list_id IS NOT NULL) THEN list_id
    ELSE user_id
END), "position" COLLATE "C", id);
CREATE INDEX tasks_title_idx ON public.tasks USING btree (user_id, title, id);
CREATE INDEX tasks_updated_idx ON public.tasks USING btree (user_id, updated_at, id);
alter table tasks enable row level security, force row level security;
create policy backup on tasks as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy owner on tasks as permissive for * to public using ((user_id = (current_setting('app.user_id'::text))::uuid)) with check ((user_id = (current_setting('app.user_id'::text))::uuid));
CREATE TRIGGER "00_tasks_detach" AFTER DELETE ON public.tasks FOR EACH ROW EXECUTE FUNCTION detach_subtasks();
CREATE TRIGGER tasks_10_stamp BEFORE INSERT OR UPDATE ON public.tasks FOR EACH ROW EXECUTE FUNCTION stamp_task();
CREATE TRIGGER tasks_20_log AFTER INSERT OR DELETE OR UPDATE ON public.tasks FOR EACH ROW EXECUTE FUNCTION log_task();
CREATE TRIGGER tasks_30_keep BEFORE TRUNCATE ON public.tasks FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
CREATE TRIGGER tasks_40_place AFTER INSERT ON public.tasks FOR EACH ROW WHEN ((new.parent_id IS NOT NULL)) EXECUTE FUNCTION check_task_place();
CREATE TRIGGER tasks_41_place AFTER UPDATE ON public.tasks FOR EACH ROW WHEN ((((new.parent_id IS DISTINCT FROM old.parent_id) AND (new.parent_id IS NOT NULL)) OR (new.list_id IS DISTINCT FROM old.list_id))) EXECUTE FUNCTION check_task_place();
CREATE TRIGGER tasks_42_reopen AFTER UPDATE ON public.tasks FOR EACH ROW WHEN ((new.due_date <> old.due_date)) EXECUTE FUNCTION reopen_subtasks();
CREATE TRIGGER tasks_50_add_labels AFTER INSERT ON public.tasks FOR EACH ROW WHEN ((new.labels <> '{}'::text[])) EXECUTE FUNCTION keep_labels();
CREATE TRIGGER tasks_51_change_labels AFTER UPDATE ON public.tasks FOR EACH ROW WHEN ((new.labels IS DISTINCT FROM old.labels)) EXECUTE FUNCTION keep_labels();
CREATE TRIGGER tasks_52_remove_labels AFTER DELETE ON public.tasks FOR EACH ROW WHEN ((old.labels <> '{}'::text[])) EXECUTE FUNCTION keep_labels();
grant select on tasks to todo_backup;
grant delete, select on tasks to todo_log;
grant delete, select on tasks to todo_user;
grant insert (completed_at, description, due_date, due_time, id, labels, list_id, parent_id, position, priority, recurrence, reminders, repeat_from, start_date, time_zone, title, user_id) on tasks to todo_user;
grant update (completed_at, description, due_date, due_time, labels, list_id, parent_id, position, priority, recurrence, reminders, repeat_from, start_date, time_zone, title) on tasks to todo_user;

create table "user" (
  created_at timestamp(3) with time zone not null,
  disabled_at timestamp(3) with time zone,
  email text not null,
  email_verified boolean not null,
  id uuid not null,
  image text,
  name text not null,
  updated_at timestamp(3) with time zone not null
);
alter table "user" add constraint user_email_key UNIQUE (email);
alter table "user" add constraint user_email_length CHECK ((char_length(email) <= 254));
alter table "user" add constraint user_image_length CHECK ((char_length(image) <= 2048));
alter table "user" add constraint user_name_length CHECK ((char_length(name) <= 200));
alter table "user" add constraint user_pkey PRIMARY KEY (id);
alter table "user" enable row level security, no force row level security;
create policy backup on "user" as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy identity on "user" as permissive for * to todo_identity using (true) with check (true);
CREATE TRIGGER user_10_open_log AFTER INSERT ON public."user" FOR EACH ROW EXECUTE FUNCTION open_log();
CREATE TRIGGER user_20_close_log BEFORE DELETE ON public."user" FOR EACH ROW EXECUTE FUNCTION close_log();
grant select on "user" to todo_backup;
grant delete, insert, select on "user" to todo_identity;
grant update (email, email_verified, image, name, updated_at) on "user" to todo_identity;

create table verification (
  created_at timestamp(3) with time zone not null,
  expires_at timestamp(3) with time zone not null,
  id uuid not null,
  identifier text not null,
  updated_at timestamp(3) with time zone not null,
  value text not null
);
alter table verification add constraint verification_pkey PRIMARY KEY (id);
CREATE INDEX verification_expires_at_idx ON public.verification USING btree (expires_at);
CREATE INDEX verification_identifier_idx ON public.verification USING btree (identifier);
CREATE INDEX verification_value_idx ON public.verification USING btree (value);
alter table verification enable row level security, no force row level security;
create policy identity on verification as permissive for * to todo_identity using (true) with check (true);
grant delete, insert, select, update on verification to todo_identity;
