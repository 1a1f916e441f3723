-- On the coordinator, by an administrator, after distribute.sql.
-- The workers get what a transaction sets for itself: its owner, and what the log records about its call.
alter role todo_app set citus.propagate_set_commands = 'local';
alter role todo_owner set citus.propagate_set_commands = 'local';
-- Functions with statements on distributed tables.
alter role todo_app set citus.allow_nested_distributed_execution = on;
alter role todo_owner set citus.allow_nested_distributed_execution = on;
alter role todo_log set citus.allow_nested_distributed_execution = on;
grant connect on database :"DBNAME" to todo_user, todo_watcher, todo_backup, todo_log;

-- The lists and tasks of a deleted account are deleted on their worker, with its row in owners. The keys of the empty tables must not do it again.
do $$
declare
  trigger_ name;
begin
  for trigger_ in select tgname from pg_catalog.pg_trigger where tgrelid = 'public."user"'::regclass and tgconstrrelid in ('public.lists'::regclass, 'public.tasks'::regclass) loop
    execute format('alter table public."user" disable trigger %I', trigger_);
  end loop;
end $$;
