-- todo_backup reads what a backup contains, of all owners: no sessions, security events, pending verifications, mails, rate limit counts or tokens of other providers. A login that only
-- inherits the role, as on PostgreSQL 15, sees no additional rows.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['user', 'account', 'second_factors', 'passkeys', 'jwks', {{entity_names}}, 'owners', 'events', 'idempotency_keys', 'account_receipts', 'task_labels'] loop
    execute pg_catalog.format('drop policy if exists backup on public.%I', table_name);
    execute pg_catalog.format('create policy backup on public.%I for select to todo_backup using (current_user = ''todo_backup'')', table_name);
    execute pg_catalog.format('revoke all on public.%I from todo_backup', table_name);
    if table_name <> 'account' then
      execute pg_catalog.format('grant select on public.%I to todo_backup', table_name);
    end if;
  end loop;
end $$;
revoke all on public.session, public.verification, public.rate_limit, public.mails, public.security_events from todo_backup;
grant select (id, user_id, account_id, provider_id, scope, password, created_at, updated_at) on public.account to todo_backup;
