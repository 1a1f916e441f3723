-- What only triggers may do belongs to todo_log: the functions behind them run as this role, which no login of the running product can become. A login that
-- merely inherits from it sees and writes no more rows than without.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['user', 'task_counters', 'task_events', 'mutations', 'account_receipts'] loop
    execute pg_catalog.format('drop policy if exists log on public.%I', table_name);
    execute pg_catalog.format('create policy log on public.%I to todo_log using (current_user = ''todo_log'') with check (current_user = ''todo_log'')', table_name);
  end loop;
end $$;

-- It writes logs and counts, sees whether an account is still there, leaves its receipt, and erases what it has called. Tasks it can only lock: their id never changes.
revoke all on public."user", public.tasks, public.task_counters, public.task_events, public.mutations, public.account_receipts from todo_log;
grant select (id) on public."user" to todo_log;
grant select (user_id, id), update (id) on public.tasks to todo_log;
grant select, insert, update, delete on public.task_counters to todo_log;
grant select, insert, delete on public.task_events to todo_log;
grant select (user_id), delete on public.mutations to todo_log;
grant insert on public.account_receipts to todo_log;
grant execute on function public.event_content(public.task_events), public.digest_events(uuid, bigint) to todo_log;

-- A function can only be given to a role that may create in its schema at that moment.
grant create on schema public to todo_log;
alter function public.log_task() owner to todo_log;
alter function public.keep_log() owner to todo_log;
alter function public.leave_receipt() owner to todo_log;
alter function public.erase_account() owner to todo_log;
revoke create on schema public from todo_log;
