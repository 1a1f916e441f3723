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

-- Only the owner of the tables disables and enables users.
revoke update on public."user" from todo_identity;
grant update (name, email, email_verified, image, updated_at) on public."user" to todo_identity;

-- A disabled user gets no session. The lock waits for an operator who is disabling the user, and makes one who comes later wait for the new session.
create or replace function public.refuse_disabled_user() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  disabled timestamptz;
begin
  select u.disabled_at into disabled from public."user" u where u.id = new.user_id for share;
  if disabled is not null then
    raise exception 'the user is disabled' using errcode = 'check_violation', constraint = 'session_user_enabled';
  end if;
  return new;
end $$;
revoke all on function public.refuse_disabled_user() from public;

drop trigger if exists session_10_enabled on public.session;
create trigger session_10_enabled before insert on public.session for each row execute function public.refuse_disabled_user();
