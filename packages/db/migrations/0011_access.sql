-- todo_user works on one owner's tasks; todo_identity signs people in; todo_watcher sees whose tasks have changed; todo_backup reads what a backup holds;
-- todo_log writes logs and counts. None can log in: a flight becomes one of the first three for its own length, a backup the fourth, and only triggers the last.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['todo_user', 'todo_identity', 'todo_watcher', 'todo_backup', 'todo_log'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      begin
        execute pg_catalog.format('create role %I nologin nosuperuser nobypassrls noinherit', role_name);
      exception when duplicate_object or unique_violation then
        null; -- another database of this cluster made it meanwhile
      end;
    end if;
  end loop;
end $$;

grant usage on schema public to todo_user, todo_identity, todo_watcher, todo_backup, todo_log;

-- Whoever migrates must be able to give functions to todo_log and to replace them there. The policies of todo_log do not reach its members.
do $$
declare
  modern boolean := pg_catalog.current_setting('server_version_num')::integer >= 160000;
  member boolean := pg_catalog.pg_has_role('todo_log', 'usage');
begin
  if modern then
    member := member and pg_catalog.pg_has_role('todo_log', 'set');
  end if;
  if not member then
    execute 'grant todo_log to current_user' || case when modern then ' with inherit true, set true' else '' end;
  end if;
exception
  when unique_violation then
    null; -- another database of this cluster granted it meanwhile
  when insufficient_privilege then
    raise exception 'another login has made the role todo_log: have an administrator run "grant todo_log to % with admin option"', current_user
      using errcode = 'insufficient_privilege';
end $$;

-- Only the identity role reads or writes sign-in data; the owner of a task cannot see a session, a password hash or a signing key.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['user', 'session', 'account', 'verification', 'jwks', 'rate_limit'] loop
    execute pg_catalog.format('alter table public.%I enable row level security', table_name);
    execute pg_catalog.format('drop policy if exists identity on public.%I', table_name);
    execute pg_catalog.format('create policy identity on public.%I to todo_identity using (true) with check (true)', table_name);
    execute pg_catalog.format('revoke all on public.%I from public, todo_user, todo_identity', table_name);
    execute pg_catalog.format('grant select, insert, update, delete on public.%I to todo_identity', table_name);
  end loop;
end $$;

-- The database dates and numbers a task: whoever writes one cannot choose its times or its version, and owner, id and birth never change. A task that
-- comes back goes on from where it was.
create or replace function public.stamp_task() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    new.created_at := pg_catalog.now();
    new.updated_at := new.created_at;
    new.version := 1;
    if pg_catalog.current_setting('app.action', true) = 'restored' then
      select least(new.created_at, event.created_at), event.version + 1 into new.created_at, new.version
      from public.task_events event
      where event.user_id = new.user_id and event.task_id = new.id and event.version is not null
      order by event.seq desc limit 1;
    end if;
    return new;
  end if;
  if (new.user_id, new.id, new.created_at) is distinct from (old.user_id, old.id, old.created_at) then
    raise exception 'the owner, the id and the creation time of a task never change' using errcode = 'restrict_violation';
  end if;
  new.updated_at := old.updated_at;
  new.version := old.version;
  if new is distinct from old then
    new.updated_at := greatest(pg_catalog.now(), old.updated_at);
    new.version := old.version + 1;
  end if;
  return new;
end $$;
revoke all on function public.stamp_task() from public;

drop trigger if exists tasks_10_stamp on public.tasks;
create trigger tasks_10_stamp before insert or update on public.tasks
  for each row execute function public.stamp_task();

-- A task is seen and touched by its owner alone; a statement that has not said who the owner is fails.
alter table public.tasks enable row level security, force row level security;
drop policy if exists owner on public.tasks;
create policy owner on public.tasks
  using (user_id = current_setting('app.user_id')::uuid)
  with check (user_id = current_setting('app.user_id')::uuid);

-- An owner writes the content of a task; the rest is the database's.
revoke all on public.tasks from public, todo_user, todo_identity;
grant select, delete, insert (user_id, id, title, description, completed_at), update (title, description, completed_at) on public.tasks to todo_user;

-- An owner enters calls that were carried out and reads them; no call is ever taken back.
alter table public.mutations enable row level security, force row level security;
drop policy if exists owner on public.mutations;
create policy owner on public.mutations
  using (user_id = current_setting('app.user_id')::uuid)
  with check (user_id = current_setting('app.user_id')::uuid);
revoke all on public.mutations from public, todo_user, todo_identity;
grant select, insert on public.mutations to todo_user;

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

-- todo_watcher sees how many changes each owner's log has, and nothing of what they are.
drop policy if exists watcher on public.task_counters;
create policy watcher on public.task_counters for select to todo_watcher using (true);
revoke all on public.task_counters from todo_watcher;
grant select (user_id, last_seq) on public.task_counters to todo_watcher;

-- todo_backup reads what a backup holds, of everybody: no session, no proof that waits to be shown, no count of calls, no token of another provider. A login
-- that merely inherits from it, as on PostgreSQL 15, sees no more rows than without.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['user', 'account', 'jwks', 'tasks', 'task_counters', 'task_events', 'mutations', 'account_receipts'] loop
    execute pg_catalog.format('drop policy if exists backup on public.%I', table_name);
    execute pg_catalog.format('create policy backup on public.%I for select to todo_backup using (current_user = ''todo_backup'')', table_name);
    execute pg_catalog.format('revoke all on public.%I from todo_backup', table_name);
    if table_name <> 'account' then
      execute pg_catalog.format('grant select on public.%I to todo_backup', table_name);
    end if;
  end loop;
end $$;
revoke all on public.session, public.verification, public.rate_limit from todo_backup;
grant select (id, user_id, account_id, provider_id, scope, password, created_at, updated_at) on public.account to todo_backup;

-- What only triggers may do belongs to todo_log: the functions behind them run as this role, which no login of the running product can become. A login that
-- merely inherits from it sees and writes no more rows than without.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['user', 'task_counters', 'task_events', 'mutations', 'account_receipts'] loop
    execute pg_catalog.format('drop policy if exists log on public.%I', table_name);
    execute pg_catalog.format('create policy log on public.%I to todo_log using (current_user = ''todo_log'') with check (current_user = ''todo_log'')', table_name);
  end loop;
end $$;

-- It writes logs and counts, sees whether an account is still there, leaves its receipt, and erases what it has called. Tasks it can only lock: their id never changes.
revoke all on public."user", public.tasks, public.task_counters, public.task_events, public.mutations, public.account_receipts from todo_log;
grant select (id) on public."user" to todo_log;
grant select (user_id, id), update (id) on public.tasks to todo_log;
grant select, insert, update, delete on public.task_counters to todo_log;
grant select, insert, delete on public.task_events to todo_log;
grant select (user_id), delete on public.mutations to todo_log;
grant insert on public.account_receipts to todo_log;
grant execute on function public.event_content(public.task_events), public.digest_events(uuid, bigint) to todo_log;

-- A function can only be given to a role that may create in its schema at that moment.
grant create on schema public to todo_log;
alter function public.log_task() owner to todo_log;
alter function public.keep_log() owner to todo_log;
alter function public.leave_receipt() owner to todo_log;
alter function public.erase_account() owner to todo_log;
revoke create on schema public from todo_log;
