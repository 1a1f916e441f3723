-- A task stands in a list, or in none, and may be part of a parent. The parent is in the same list, no task is part of itself, and there are at most {{task_levels}} levels.

-- Why a task cannot stand where it does, as the name of a constraint; null if it can.
create or replace function public.task_fault(owner uuid, task uuid, list uuid, parent uuid) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
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
    exit when levels > {{task_levels}};
    next_id := above.parent_id;
  end loop;
  loop
    if levels > {{task_levels}} then
      return 'tasks_parent_depth';
    end if;
    below := array(select t.id from public.tasks t where t.user_id = owner and t.parent_id = any(below));
    exit when cardinality(below) = 0;
    levels := levels + 1;
  end loop;
  return null;
end $$;
revoke all on function public.task_fault(uuid, uuid, uuid, uuid) from public;

-- A task that is created in a parent, or moved to a parent or list, fits there when the statement has ended. What restores old states is repaired afterwards.
create or replace function public.check_task_place() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
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
end $$;
revoke all on function public.check_task_place() from public;

drop trigger if exists tasks_40_place on public.tasks;
create trigger tasks_40_place after insert on public.tasks for each row when (new.parent_id is not null) execute function public.check_task_place();
drop trigger if exists tasks_41_place on public.tasks;
create trigger tasks_41_place after update on public.tasks for each row
  when (new.parent_id is distinct from old.parent_id and new.parent_id is not null or new.list_id is distinct from old.list_id) execute function public.check_task_place();

-- These tasks and all their subtasks.
create or replace function public.task_tree(owner uuid, roots uuid[]) returns uuid[]
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
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
end $$;
revoke all on function public.task_tree(uuid, uuid[]) from public;

-- What is left of a removed task's subtasks becomes top-level. PostgreSQL runs triggers by name, so this comes before its own check of the foreign key.
create or replace function public.detach_subtasks() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  action text := current_setting('app.action', true);
begin
  if exists (select from public.tasks t where t.user_id = old.user_id and t.parent_id = old.id) then
    execute 'set local app.action = ''moved''';
    update public.tasks t set parent_id = null where t.user_id = old.user_id and t.parent_id = old.id;
    execute format('set local app.action = %L', coalesce(action, ''));
  end if;
  return null;
end $$;
revoke all on function public.detach_subtasks() from public;

drop trigger if exists "00_tasks_detach" on public.tasks;
create trigger "00_tasks_detach" after delete on public.tasks for each row execute function public.detach_subtasks();

-- The subtasks of a task that moves to its next date are open again, so that a checklist repeats.
create or replace function public.reopen_subtasks() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  action constant text := current_setting('app.action', true);
begin
  if action in ('completed', 'skipped') then
    execute 'set local app.action = ''reopened''';
    update public.tasks t set completed_at = null where t.user_id = new.user_id and t.id = any(public.task_tree(new.user_id, array[new.id])) and t.completed_at is not null;
    execute format('set local app.action = %L', action);
  end if;
  return null;
end $$;
revoke all on function public.reopen_subtasks() from public;

drop trigger if exists tasks_42_reopen on public.tasks;
create trigger tasks_42_reopen after update on public.tasks for each row
  when (new.due_date <> old.due_date) execute function public.reopen_subtasks();

-- After a restore, an undo or a rewind: a task that does not fit into its parent any more becomes top-level. Changes can only conflict at tasks that this call has changed.
create or replace function public.settle_tasks(owner uuid) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
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
end $$;
revoke all on function public.settle_tasks(uuid) from public;

grant execute on function public.task_fault(uuid, uuid, uuid, uuid), public.task_tree(uuid, uuid[]), public.settle_tasks(uuid) to todo_user;
