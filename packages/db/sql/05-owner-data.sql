-- Only the owner can read their row in owners, their log and their idempotency keys. The owner can also add keys; todo_log writes everything else, for every owner.
-- When an account is deleted, app.user_id is not set: without the CASE, the planner would still evaluate the setting, and fail.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['owners', 'events', 'idempotency_keys'] loop
    execute format('alter table public.%I enable row level security, force row level security', table_name);
    execute format('drop policy if exists owner on public.%I', table_name);
    execute format('create policy owner on public.%1$I
      using (user_id = case when current_user <> ''todo_log'' then current_setting(''app.user_id'')::uuid end)
      with check (user_id = case when current_user <> ''todo_log'' then current_setting(''app.user_id'')::uuid end)', table_name);
    execute format('revoke all on public.%I from public, todo_user, todo_identity', table_name);
    execute format('grant select on public.%I to todo_user', table_name);
  end loop;
end $$;
grant insert on public.idempotency_keys to todo_user;

-- A row in owners is deleted only with its account.
drop trigger if exists owners_10_keep on public.owners;
create trigger owners_10_keep before delete on public.owners for each row when (pg_trigger_depth() = 0) execute function public.refuse_log_change();
drop trigger if exists owners_11_truncate on public.owners;
create trigger owners_11_truncate before truncate on public.owners for each statement execute function public.refuse_log_change();

-- Receipts are for operators: the running product cannot read them.
alter table public.account_receipts enable row level security;
revoke all on public.account_receipts from public, todo_user, todo_identity;
