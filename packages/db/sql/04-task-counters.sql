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
