-- todo_user works on one owner's data, todo_identity signs people in, todo_watcher sees which logs have grown and purges old data, todo_backup reads what goes into a backup, and
-- todo_log writes and trims logs. None can log in: a transaction sets one of the first three, a backup sets todo_backup, and only triggers run as todo_log.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['todo_user', 'todo_identity', 'todo_watcher', 'todo_backup', 'todo_log'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      begin
        execute pg_catalog.format('create role %I nologin nosuperuser nobypassrls noinherit', role_name);
      exception when duplicate_object or unique_violation then
        null; -- created concurrently from another database of this cluster
      end;
    end if;
  end loop;
end $$;

grant usage on schema public to todo_user, todo_identity, todo_watcher, todo_backup, todo_log;

-- The login that migrates must be able to make todo_log the owner of functions, and to replace them later. The policies for todo_log do not apply to its members.
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
    null; -- granted concurrently from another database of this cluster
  when insufficient_privilege then
    raise exception 'another login created the role todo_log: have an administrator run "grant todo_log to % with admin option"', current_user
      using errcode = 'insufficient_privilege';
end $$;
