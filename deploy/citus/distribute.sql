-- On the coordinator, by the owner of the tables, after the migration: distributes the owners' data by user_id. One transaction.
\set ON_ERROR_STOP on
begin;
set local client_min_messages = warning;
set local citus.multi_shard_modify_mode = sequential;
set local citus.enable_unsafe_triggers = on;

-- Citus distributes no table with triggers, and moves no rows that row-level security hides. access.sql below creates them again.
do $$
declare
  trigger_ record;
begin
  for trigger_ in select tgname, tgrelid::regclass as table_ from pg_catalog.pg_trigger
    where not tgisinternal and tgrelid in ('public.owners'::regclass, 'public.lists'::regclass, 'public.tasks'::regclass, 'public.events'::regclass, 'public.idempotency_keys'::regclass, 'public.task_labels'::regclass)
  loop
    execute format('drop trigger %I on %s', trigger_.tgname, trigger_.table_);
  end loop;
end $$;
alter table public.lists drop constraint lists_user_id_user_id_fk;
alter table public.tasks drop constraint tasks_user_id_user_id_fk, drop constraint tasks_list_fk;
alter table public.owners no force row level security;
alter table public.lists no force row level security;
alter table public.tasks no force row level security;
alter table public.events no force row level security;
alter table public.idempotency_keys no force row level security;
alter table public.task_labels no force row level security;

select create_distributed_table('public.owners', 'user_id', colocate_with => 'none');
select create_distributed_table('public.lists', 'user_id', colocate_with => 'public.owners');
select create_distributed_table('public.tasks', 'user_id', colocate_with => 'public.owners');
select create_distributed_table('public.events', 'user_id', colocate_with => 'public.owners');
select create_distributed_table('public.idempotency_keys', 'user_id', colocate_with => 'public.owners');
select create_distributed_table('public.task_labels', 'user_id', colocate_with => 'public.owners');
select truncate_local_data_after_distributing_table(table_) from unnest(array['public.owners', 'public.lists', 'public.tasks', 'public.events', 'public.idempotency_keys', 'public.task_labels']::regclass[]) table_;

\ir ../../packages/db/migrations/access.sql

-- The key from tasks to lists joins rows of one owner, so the workers enforce it. Adding it reads the tables under the policies.
set local app.user_id = '00000000-0000-0000-0000-000000000000';
alter table public.tasks add constraint tasks_list_fk foreign key (user_id, list_id) references public.lists (user_id, id);

-- Lists and tasks cannot refer to a table of the coordinator. The server compares the catalog at start, so their empty tables of the coordinator keep the keys.
set local citus.enable_ddl_propagation = off;
alter table public.lists add constraint lists_user_id_user_id_fk foreign key (user_id) references public."user" (id) on delete cascade;
alter table public.tasks add constraint tasks_user_id_user_id_fk foreign key (user_id) references public."user" (id) on delete cascade;
commit;
