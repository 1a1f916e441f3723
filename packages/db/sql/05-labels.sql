-- The labels of a task are also rows of task_labels, which the database keeps equal. Only what differs is written. Two labels of a task that differ only in case
-- have the same key, so the second one is refused.
create or replace function public.keep_labels() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op <> 'INSERT' then
    delete from public.task_labels l where l.user_id = old.user_id and l.task_id = old.id
      and l.name_key = any(array(select {{label_key}} from (select unnest(old.labels) except all select unnest(new.labels)) lost (label)));
  end if;
  if tg_op <> 'DELETE' then
    insert into public.task_labels (user_id, name_key, task_id, name)
    select new.user_id, {{label_key}}, new.id, label from (select unnest(new.labels) except all select unnest(old.labels)) added (label);
  end if;
  return null;
end $$;
revoke all on function public.keep_labels() from public;

drop trigger if exists tasks_50_add_labels on public.tasks;
create trigger tasks_50_add_labels after insert on public.tasks for each row when (new.labels <> '{}') execute function public.keep_labels();
drop trigger if exists tasks_51_change_labels on public.tasks;
create trigger tasks_51_change_labels after update on public.tasks for each row when (new.labels is distinct from old.labels) execute function public.keep_labels();
drop trigger if exists tasks_52_remove_labels on public.tasks;
create trigger tasks_52_remove_labels after delete on public.tasks for each row when (old.labels <> '{}') execute function public.keep_labels();
