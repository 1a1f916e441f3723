-- todo_user works on one owner's tasks; todo_identity signs people in; todo_watcher sees whose tasks have changed; todo_backup reads what a backup holds. None
-- can log in: a flight becomes one of the first three for its own length, and a backup the last.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['todo_user', 'todo_identity', 'todo_watcher', 'todo_backup'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      begin
        execute pg_catalog.format('create role %I nologin nosuperuser nobypassrls noinherit', role_name);
      exception when duplicate_object or unique_violation then
        null; -- another database of this cluster made it meanwhile
      end;
    end if;
  end loop;
end $$;

grant usage on schema public to todo_user, todo_identity, todo_watcher, todo_backup;
