-- Only todo_identity can read or write sign-in data. todo_user cannot see a session, a password hash or a signing key.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['user', 'session', 'account', 'verification', 'jwks', 'rate_limit'] loop
    execute pg_catalog.format('alter table public.%I enable row level security', table_name);
    execute pg_catalog.format('drop policy if exists identity on public.%I', table_name);
    execute pg_catalog.format('create policy identity on public.%I to todo_identity using (true) with check (true)', table_name);
    execute pg_catalog.format('revoke all on public.%I from public, todo_user, todo_identity', table_name);
    execute pg_catalog.format('grant select, insert, update, delete on public.%I to todo_identity', table_name);
  end loop;
end $$;
