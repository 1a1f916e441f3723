-- The tasks that are left of a removed list go to the inbox. PostgreSQL runs triggers by name, so this comes before its own check of the foreign key.
create or replace function public.detach_tasks() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  action text := current_setting('app.action', true);
begin
  if exists (select from public.tasks t where t.user_id = old.user_id and t.list_id = old.id) then
    execute 'set local app.action = ''moved''';
    update public.tasks t set list_id = null where t.user_id = old.user_id and t.list_id = old.id;
    execute format('set local app.action = %L', coalesce(action, ''));
  end if;
  return null;
end $$;
revoke all on function public.detach_tasks() from public;

drop trigger if exists "00_lists_detach" on public.lists;
create trigger "00_lists_detach" after delete on public.lists for each row execute function public.detach_tasks();
