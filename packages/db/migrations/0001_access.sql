-- todo_user works on one owner's tasks; todo_identity signs people in. Neither can log in: a flight becomes one of them for its own length.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['todo_user', 'todo_identity'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      begin
        execute pg_catalog.format('create role %I nologin nosuperuser nobypassrls noinherit', role_name);
      exception when duplicate_object or unique_violation then
        null; -- another database of this cluster made it meanwhile
      end;
    end if;
  end loop;
end $$;

grant usage on schema public to todo_user, todo_identity;

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

-- The database dates and numbers a task: whoever writes one cannot choose its times or its version, and owner, id and birth never change.
create or replace function public.stamp_task() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    new.created_at := pg_catalog.now();
    new.updated_at := new.created_at;
    new.version := 1;
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
grant select, delete, insert (user_id, id, title, description), update (title, description, completed_at) on public.tasks to todo_user;

-- How many tasks an owner has, open and completed, kept once per statement: removing 10,000 tasks at once updates one row.
create or replace function public.count_tasks() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    insert into public.task_counters as counters (user_id, open, completed)
    select user_id, count(*) filter (where completed_at is null), count(completed_at) from added group by user_id order by user_id
    on conflict (user_id) do update
      set open = counters.open + excluded.open, completed = counters.completed + excluded.completed;
  elsif tg_op = 'DELETE' then
    update public.task_counters as counters
    set open = counters.open - gone.open, completed = counters.completed - gone.completed
    from (
      select user_id, count(*) filter (where completed_at is null) as open, count(completed_at) as completed from removed group by user_id
    ) as gone
    where counters.user_id = gone.user_id;
  else
    update public.task_counters as counters
    set open = counters.open - moved.completed, completed = counters.completed + moved.completed
    from (
      select user_id, sum(completed) as completed
      from (
        select user_id, count(completed_at) as completed from added group by user_id
        union all
        select user_id, -count(completed_at) from removed group by user_id
      ) as change
      group by user_id
    ) as moved
    where counters.user_id = moved.user_id and moved.completed <> 0;
  end if;
  return null;
end $$;
revoke all on function public.count_tasks() from public;

drop trigger if exists tasks_20_count_insert on public.tasks;
create trigger tasks_20_count_insert after insert on public.tasks
  referencing new table as added for each statement execute function public.count_tasks();
drop trigger if exists tasks_20_count_delete on public.tasks;
create trigger tasks_20_count_delete after delete on public.tasks
  referencing old table as removed for each statement execute function public.count_tasks();
drop trigger if exists tasks_20_count_update on public.tasks;
create trigger tasks_20_count_update after update on public.tasks
  referencing old table as removed new table as added for each statement execute function public.count_tasks();

-- A deleted account loses its tasks before its counts, as every change locks a task before its count, or the two would wait for each other:
-- PostgreSQL cascades in the order of these triggers' names, which number the keys as they were made. The check of the
-- new key reads every row, which the force below would forbid.
do $$
begin
  if (
    select min(tgname) filter (where conrelid = 'public.task_counters'::regclass) < min(tgname) filter (where conrelid = 'public.tasks'::regclass)
    from pg_catalog.pg_trigger
    join pg_catalog.pg_constraint rule on rule.oid = tgconstraint
    where tgrelid = 'public."user"'::regclass and tgfoid = 'pg_catalog."RI_FKey_cascade_del"'::regproc
  ) then
    alter table public.task_counters no force row level security;
    alter table public.task_counters
      drop constraint task_counters_user_id_user_id_fk,
      add constraint task_counters_user_id_user_id_fk foreign key (user_id) references public."user" (id) on delete cascade;
  end if;
end $$;

-- An owner reads their own counts; only a trigger writes them, whoever's statement it serves: also one that names no owner, as when an account
-- is deleted. Without the case the planner would ask for the owner there, and fail.
alter table public.task_counters enable row level security, force row level security;
drop policy if exists owner on public.task_counters;
create policy owner on public.task_counters
  using (pg_catalog.pg_trigger_depth() > 0 or user_id = case when pg_catalog.pg_trigger_depth() = 0 then current_setting('app.user_id')::uuid end)
  with check (pg_catalog.pg_trigger_depth() > 0);

revoke all on public.task_counters from public, todo_user, todo_identity;
grant select on public.task_counters to todo_user;
