-- The bytes of an event that its hash covers, after the hash of the event before: a JSON array in UTF-8, times in milliseconds since 1970.
create or replace function public.event_content(event public.task_events) returns bytea
language sql stable set search_path = pg_catalog, pg_temp as $$
  select pg_catalog.convert_to(pg_catalog.jsonb_build_array(
    event.user_id, event.seq, event.task_id, event.action, (pg_catalog.date_part('epoch', event.at) * 1000)::bigint, event.mutation_id, event.request_id,
    event.title, event.description, (pg_catalog.date_part('epoch', event.completed_at) * 1000)::bigint,
    (pg_catalog.date_part('epoch', event.created_at) * 1000)::bigint, (pg_catalog.date_part('epoch', event.updated_at) * 1000)::bigint, event.version
  )::text, 'UTF8')
$$;
revoke all on function public.event_content(public.task_events) from public;

-- Every change of a task is remembered by its owner's log and counted, in the transaction that makes it, whoever makes it. What stays the same leaves
-- no trace. The counters are written first, and so locked, so that numbers are given in the order of commits, and the event before can be seen. Where
-- they are is kept for the transaction's next change: by their key, each would walk past every version that the changes before it have left.
create or replace function public.log_task() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  owner uuid := coalesce(new.user_id, old.user_id);
  place tid := nullif(pg_catalog.current_setting('app.counters_at', true), '');
  more_completed integer := (new.completed_at is not null)::integer - (old.completed_at is not null)::integer;
  more_open integer := (new.id is not null)::integer - (old.id is not null)::integer - more_completed;
  event public.task_events;
begin
  if new.version = old.version then
    return null;
  end if;
  if tg_op = 'DELETE' then
    perform from public."user" u where u.id = owner;
    if not found then
      return null;
    end if;
  end if;
  loop
    if place is null then
      update public.task_counters c set last_seq = c.last_seq + 1, open = c.open + more_open, completed = c.completed + more_completed
      where c.user_id = owner returning c.last_seq, c.ctid into event.seq, place;
    else
      update public.task_counters c set last_seq = c.last_seq + 1, open = c.open + more_open, completed = c.completed + more_completed
      where c.user_id = owner and c.ctid = place returning c.last_seq, c.ctid into event.seq, place;
    end if;
    exit when found;
    place := null;
    insert into public.task_counters (user_id, open, completed) values (owner, 0, 0) on conflict do nothing;
  end loop;
  perform pg_catalog.set_config('app.counters_at', place::text, true);
  event.user_id := owner;
  event.task_id := coalesce(new.id, old.id);
  event.action := case
    when new.id is null then 'removed'
    when pg_catalog.current_setting('app.action', true) = 'restored' then 'restored'
    when old.id is null then 'created'
    when old.completed_at is null and new.completed_at is not null then 'completed'
    when old.completed_at is not null and new.completed_at is null then 'reopened'
    else 'edited' end;
  event.at := pg_catalog.now();
  event.mutation_id := nullif(pg_catalog.current_setting('app.mutation_id', true), '');
  event.request_id := nullif(pg_catalog.current_setting('app.request_id', true), '');
  event.title := new.title;
  event.description := new.description;
  event.completed_at := new.completed_at;
  event.created_at := new.created_at;
  event.updated_at := new.updated_at;
  event.version := new.version;
  insert into public.task_events values (
    event.user_id, event.seq, event.task_id, event.action, event.at, event.mutation_id, event.request_id,
    event.title, event.description, event.completed_at, event.created_at, event.updated_at, event.version,
    pg_catalog.sha256(
      coalesce((select e.hash from public.task_events e where e.user_id = owner and e.seq = event.seq - 1), '') || public.event_content(event)));
  return null;
end $$;
revoke all on function public.log_task() from public;

drop function if exists public.count_tasks() cascade;
drop function if exists public.log_tasks() cascade;
drop trigger if exists tasks_20_log on public.tasks;
create trigger tasks_20_log after insert or update or delete on public.tasks
  for each row execute function public.log_task();
