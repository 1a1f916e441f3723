-- The bytes of an event that its hash covers, after the hash of the event before: a JSON array in UTF-8, times in milliseconds since 1970.
create or replace function public.event_content(event public.task_events) returns bytea
language sql stable set search_path = '' as $$
  select pg_catalog.convert_to(pg_catalog.jsonb_build_array(
    event.user_id, event.seq, event.task_id, event.action, (pg_catalog.date_part('epoch', event.at) * 1000)::bigint, event.mutation_id, event.request_id,
    event.title, event.description, (pg_catalog.date_part('epoch', event.completed_at) * 1000)::bigint,
    (pg_catalog.date_part('epoch', event.created_at) * 1000)::bigint, (pg_catalog.date_part('epoch', event.updated_at) * 1000)::bigint, event.version
  )::text, 'UTF8')
$$;
revoke all on function public.event_content(public.task_events) from public;

-- Every change of a task is remembered by its owner's log and counted, in the transaction that makes it, whoever makes it. What stays the same leaves
-- no trace. The counters' row is locked first, so that numbers are given in the order of commits.
create or replace function public.log_tasks() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  befores public.tasks[];
  afters public.tasks[];
  before public.tasks;
  after public.tasks;
  owner uuid;
  event public.task_events;
  total integer;
  many integer;
  more integer;
  more_completed integer;
begin
  -- One task, as nearly always, is taken as it is: arrays cost more than all the rest of reading it. Nothing is joined, since a plan made for one row
  -- would be kept for thousands: of a change both tables hold the same tasks.
  if tg_op = 'DELETE' then
    select pg_catalog.array_agg(r order by r.user_id, r.id) into befores from removed r where exists (select from public."user" u where u.id = r.user_id);
    total := coalesce(pg_catalog.array_length(befores, 1), 0);
  else
    select count(*) into total from added;
    if total = 1 then
      select * into after from added;
      if tg_op = 'UPDATE' then
        select * into before from removed;
      end if;
    else
      select pg_catalog.array_agg(a order by a.user_id, a.id) into afters from added a;
      if tg_op = 'UPDATE' then
        select pg_catalog.array_agg(r order by r.user_id, r.id) into befores from removed r;
      end if;
    end if;
  end if;

  event.at := pg_catalog.now();
  event.mutation_id := nullif(pg_catalog.current_setting('app.mutation_id', true), '');
  event.request_id := nullif(pg_catalog.current_setting('app.request_id', true), '');

  for i in 1 .. total loop
    if afters is not null or befores is not null then
      after := afters[i];
      before := befores[i];
    end if;
    continue when before.version = after.version;
    owner := coalesce(after.user_id, before.user_id);
    if event.user_id is distinct from owner then
      event.user_id := owner;
      many := 1;
      more := (after.id is not null)::integer - (before.id is not null)::integer;
      more_completed := (after.completed_at is not null)::integer - (before.completed_at is not null)::integer;
      for j in i + 1 .. total loop
        exit when coalesce((afters[j]).user_id, (befores[j]).user_id) <> owner;
        continue when (afters[j]).version = (befores[j]).version;
        many := many + 1;
        more := more + ((afters[j]).id is not null)::integer - ((befores[j]).id is not null)::integer;
        more_completed := more_completed + ((afters[j]).completed_at is not null)::integer - ((befores[j]).completed_at is not null)::integer;
      end loop;
      update public.task_counters c
      set last_seq = c.last_seq + many, open = c.open + more - more_completed, completed = c.completed + more_completed
      where c.user_id = owner returning c.last_seq - many into event.seq;
      if not found then
        insert into public.task_counters as c (user_id, last_seq, open, completed) values (owner, many, more - more_completed, more_completed)
        on conflict (user_id) do update
          set last_seq = c.last_seq + many, open = c.open + more - more_completed, completed = c.completed + more_completed
        returning c.last_seq - many into event.seq;
      end if;
      select e.hash into event.hash from public.task_events e where e.user_id = owner and e.seq = event.seq;
    end if;
    event.seq := event.seq + 1;
    event.task_id := coalesce(after.id, before.id);
    event.action := case
      when after.id is null then 'removed'
      when pg_catalog.current_setting('app.action', true) = 'restored' then 'restored'
      when before.id is null then 'created'
      when before.completed_at is null and after.completed_at is not null then 'completed'
      when before.completed_at is not null and after.completed_at is null then 'reopened'
      else 'edited' end;
    event.title := after.title;
    event.description := after.description;
    event.completed_at := after.completed_at;
    event.created_at := after.created_at;
    event.updated_at := after.updated_at;
    event.version := after.version;
    event.hash := pg_catalog.sha256(coalesce(event.hash, '') || public.event_content(event));
    insert into public.task_events values (event.*);
  end loop;
  return null;
end $$;
revoke all on function public.log_tasks() from public;

drop function if exists public.count_tasks() cascade;
drop trigger if exists tasks_20_log_insert on public.tasks;
create trigger tasks_20_log_insert after insert on public.tasks
  referencing new table as added for each statement execute function public.log_tasks();
drop trigger if exists tasks_20_log_update on public.tasks;
create trigger tasks_20_log_update after update on public.tasks
  referencing old table as removed new table as added for each statement execute function public.log_tasks();
drop trigger if exists tasks_20_log_delete on public.tasks;
create trigger tasks_20_log_delete after delete on public.tasks
  referencing old table as removed for each statement execute function public.log_tasks();
