-- What only triggers may do belongs to todo_log: the functions behind them run as this role, which no login of the running product can become. A login that
-- merely inherits from it sees and writes no more rows than without.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['owners', 'events', 'idempotency_keys', 'account_receipts'] loop
    execute format('drop policy if exists log on public.%I', table_name);
    execute format('create policy log on public.%I to todo_log using (current_user = ''todo_log'') with check (current_user = ''todo_log'')', table_name);
  end loop;
end $$;

-- It writes logs and counts, leaves the receipt of an account that goes, and erases its log and its idempotency keys.
revoke all on public.owners, public.events, public.idempotency_keys, public.account_receipts from todo_log;
grant select, insert, update, delete on public.owners to todo_log;
grant select, insert, delete on public.events to todo_log;
grant select (user_id), delete on public.idempotency_keys to todo_log;
grant insert on public.account_receipts to todo_log;

-- A function can only be given to a role that may create in its schema at that moment.
grant create on schema public to todo_log;
{{function_owners}}
alter function public.check_log_deletion() owner to todo_log;
alter function public.open_log() owner to todo_log;
alter function public.close_log() owner to todo_log;
alter function public.erase_log() owner to todo_log;
revoke create on schema public from todo_log;
