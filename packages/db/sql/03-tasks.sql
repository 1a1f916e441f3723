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
