-- On the coordinator, by an administrator, before the first migration: the roles and the logins of docs/scaling.md exist on every node then.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['todo_user', 'todo_identity', 'todo_watcher', 'todo_backup', 'todo_log'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      execute format('create role %I nologin noinherit', role_name);
    end if;
    execute format('grant %I to todo_owner with admin option', role_name);
  end loop;
end $$;
