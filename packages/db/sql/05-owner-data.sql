-- Only the owner can read their row in owners, their log, their idempotency keys and the labels of their tasks. The owner can also add keys; todo_log writes everything else, for every owner.
-- When an account is deleted, app.user_id is not set: without the CASE, the planner would still evaluate the setting, and fail.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['owners', 'events', 'idempotency_keys', 'task_labels'] loop
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
create trigger owners_10_keep before delete on public.owners for each row when (current_user <> 'todo_log') execute function public.refuse_log_change();
drop trigger if exists owners_11_truncate on public.owners;
create trigger owners_11_truncate before truncate on public.owners for each statement execute function public.refuse_log_change();

-- The texts of an owner's tasks have at most {{task_bytes}} bytes, or do not become more. This is checked at the end of the transaction: while a statement changes
-- many tasks, their sum may pass the limit.
create or replace function public.check_bytes_quota() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from public.owners o where o.user_id = new.user_id and o.task_bytes > greatest(tg_argv[0]::bigint, old.task_bytes);
  if found then
    raise exception 'the texts of the tasks are too large: constraint "owners_bytes_quota"' using errcode = 'check_violation', constraint = 'owners_bytes_quota';
  end if;
  return null;
end $$;
revoke all on function public.check_bytes_quota() from public;

drop trigger if exists owners_30_bytes_quota on public.owners;
create constraint trigger owners_30_bytes_quota after update on public.owners deferrable initially deferred for each row
  when (new.task_bytes > old.task_bytes and new.task_bytes > {{task_bytes}}) execute function public.check_bytes_quota({{task_bytes}});

-- Receipts are for operators: the running product cannot read them.
alter table public.account_receipts enable row level security;
revoke all on public.account_receipts from public, todo_user, todo_identity;
