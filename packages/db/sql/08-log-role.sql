-- The functions that write, trim and purge logs run as todo_log, a role that no login of the running product can set. A login that only inherits the role can read and write
-- no additional rows.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['owners', 'events', 'idempotency_keys', 'account_receipts', 'task_labels'] loop
    execute format('drop policy if exists log on public.%I', table_name);
    execute format('create policy log on public.%I to todo_log using (current_user = ''todo_log'') with check (current_user = ''todo_log'')', table_name);
  end loop;
end $$;

-- To trim a log, todo_log names its owner and reads the owner's entities.
revoke all on {{entity_tables}} from todo_log;
grant select, delete on {{entity_tables}} to todo_log;
grant execute on function public.present_entities(uuid), public.entities_at(uuid, bigint), public.state_digest(uuid, bigint), public.trim_log(uuid, bigint) to todo_log;

-- todo_log writes logs, counts and the labels of tasks. For a deleted account it adds the receipt and deletes the log and the idempotency keys.
revoke all on public.owners, public.events, public.idempotency_keys, public.account_receipts, public.task_labels from todo_log;
grant select, insert, update, delete on public.owners to todo_log;
grant select, insert, delete on public.events to todo_log;
grant select (user_id, id, at), delete on public.idempotency_keys to todo_log;
grant insert on public.account_receipts to todo_log;
grant select, insert, delete on public.task_labels to todo_log;

-- The new owner of a function needs CREATE on its schema.
grant create on schema public to todo_log;
{{function_owners}}
alter function public.check_log_deletion() owner to todo_log;
alter function public.trim_due_log(boolean) owner to todo_log;
alter function public.purge_idempotency_keys() owner to todo_log;
alter function public.check_bytes_quota() owner to todo_log;
alter function public.open_log() owner to todo_log;
alter function public.close_log() owner to todo_log;
alter function public.erase_log() owner to todo_log;
alter function public.keep_labels() owner to todo_log;
revoke create on schema public from todo_log;
