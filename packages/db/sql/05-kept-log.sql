-- What an owner's events up to a number are, in 32 bytes.
create or replace function public.digest_events(owner uuid, upto bigint) returns bytea
language sql stable set search_path = pg_catalog, pg_temp as $$
  select pg_catalog.sha256(coalesce(pg_catalog.string_agg(pg_catalog.sha256(public.event_content(event) || event.hash), '' order by event.seq), ''))
  from public.task_events event where event.user_id = owner and event.seq <= upto
$$;
revoke all on function public.digest_events(uuid, bigint) from public;

-- The log only grows: what it says stays said until the account itself is deleted. Its beginning alone may be trimmed, up to a number: what is newest of a
-- living task by then stays, and so does the last event; what the rest is proven by is noted beside the counters. Nothing empties a table of tasks or events.
create or replace function public.keep_log() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  owner uuid := nullif(pg_catalog.current_setting('app.user_id', true), '');
  cut bigint := nullif(pg_catalog.current_setting('app.trim_to', true), '');
begin
  if tg_op = 'DELETE' then
    if not exists (select from removed join public."user" u on u.id = removed.user_id) then
      return null;
    end if;
    if cut is not null and not exists (select from removed where user_id is distinct from owner or seq > cut) and not exists (
      select from (
        select distinct on (task_id) action, gone
        from (select task_id, seq, action, true as gone from removed
          union all select task_id, seq, action, false from public.task_events where user_id = owner and seq <= cut) event
        order by task_id, seq desc
      ) newest where gone and action <> 'removed'
    ) then
      update public.task_counters c
      set dropped_seq = cut,
        dropped_hash = case when cut = c.dropped_seq then c.dropped_hash
          else coalesce((select hash from removed where seq = cut), (select hash from public.task_events where user_id = owner and seq = cut)) end,
        kept_hash = public.digest_events(owner, cut)
      where c.user_id = owner and cut between c.dropped_seq and c.last_seq and not exists (select from removed where seq = c.last_seq);
      if found then
        return null;
      end if;
    end if;
  end if;
  raise exception 'the log of tasks only grows' using errcode = 'restrict_violation';
end $$;
revoke all on function public.keep_log() from public;

drop trigger if exists task_events_10_keep_update on public.task_events;
create trigger task_events_10_keep_update before update or truncate on public.task_events
  for each statement execute function public.keep_log();
drop trigger if exists task_events_10_keep_delete on public.task_events;
create trigger task_events_10_keep_delete after delete on public.task_events
  referencing old table as removed for each statement execute function public.keep_log();
drop trigger if exists tasks_30_keep on public.tasks;
create trigger tasks_30_keep before truncate on public.tasks
  for each statement execute function public.keep_log();

-- An operator trims a log: what came before the moment goes, but for the tasks as they were then and the last event, on which the next one builds. Calls
-- carried out before are forgotten. Answers how many events went.
create or replace function public.trim_log(owner uuid, before timestamptz) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  counters public.task_counters;
  cut bigint;
  dropped bigint;
begin
  perform pg_catalog.set_config('app.user_id', owner::text, true);
  select * into counters from public.task_counters c where c.user_id = owner for update;
  select e.seq into cut from public.task_events e
  where e.user_id = owner and e.seq > counters.dropped_seq and e.at >= before order by e.seq limit 1;
  cut := coalesce(cut - 1, counters.last_seq);
  perform pg_catalog.set_config('app.trim_to', cut::text, true);
  with newest as (
    select distinct on (e.task_id) e.seq, e.action from public.task_events e where e.user_id = owner and e.seq <= cut order by e.task_id, e.seq desc
  )
  delete from public.task_events e
  where e.user_id = owner and e.seq <= cut and e.seq < counters.last_seq
    and not exists (select from newest where newest.seq = e.seq and newest.action <> 'removed');
  get diagnostics dropped = row_count;
  perform pg_catalog.set_config('app.trim_to', '', true);
  delete from public.mutations m where m.user_id = owner and m.at < before;
  return dropped;
end $$;
revoke all on function public.trim_log(uuid, timestamptz) from public;

-- A deleted account leaves a receipt. Its tasks are locked first, in the order in which every change locks them, so that a change under way ends before.
create or replace function public.leave_receipt() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_catalog.set_config('app.user_id', old.id::text, true);
  perform from public.tasks where user_id = old.id order by id for update;
  insert into public.account_receipts (id, deleted_at, last_seq, last_hash)
  select pg_catalog.gen_random_uuid(), pg_catalog.now(), c.last_seq, (select e.hash from public.task_events e where e.user_id = old.id and e.seq = c.last_seq)
  from public.task_counters c where c.user_id = old.id;
  return old;
end $$;
revoke all on function public.leave_receipt() from public;

-- What an account has said, called and counted goes with it. No key does that: a change that waits for its account to be gone would hold tasks that the
-- deletion waits for.
create or replace function public.erase_account() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from public.task_events where user_id = old.id;
  delete from public.mutations where user_id = old.id;
  delete from public.task_counters where user_id = old.id;
  return null;
end $$;
revoke all on function public.erase_account() from public;

drop trigger if exists user_20_erase on public."user";
create trigger user_20_erase after delete on public."user"
  for each row execute function public.erase_account();

drop trigger if exists user_10_receipt on public."user";
create trigger user_10_receipt before delete on public."user"
  for each row execute function public.leave_receipt();

-- An owner reads their own log and counts. Only todo_log writes them, for everybody, also where a statement names no owner, as when an account is deleted:
-- without the case the planner would ask for the owner there, and fail.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['task_counters', 'task_events'] loop
    execute pg_catalog.format('alter table public.%I enable row level security, force row level security', table_name);
    execute pg_catalog.format('drop policy if exists owner on public.%I', table_name);
    execute pg_catalog.format('create policy owner on public.%I
      using (user_id = case when current_user <> ''todo_log'' then current_setting(''app.user_id'')::uuid end) with check (false)', table_name);
    execute pg_catalog.format('revoke all on public.%I from public, todo_user, todo_identity', table_name);
    execute pg_catalog.format('grant select on public.%I to todo_user', table_name);
  end loop;
end $$;

-- Receipts are for operators: no flight sees them.
alter table public.account_receipts enable row level security;
revoke all on public.account_receipts from public, todo_user, todo_identity;
