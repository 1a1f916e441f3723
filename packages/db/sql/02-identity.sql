-- Only todo_identity can read or write sign-in data. todo_user cannot see a session, a password hash or a signing key.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['user', 'session', 'account', 'verification', 'jwks', 'rate_limit', 'mails', 'second_factors', 'passkeys', 'security_events'] loop
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

-- A signing key is never changed, and the server removes none: what it has signed must verify.
revoke update, delete on public.jwks from todo_identity;

-- An event is never changed, but one of failed sign-ins counts those that follow.
revoke update on public.security_events from todo_identity;
grant update (times) on public.security_events to todo_identity;

-- A user keeps the newest security events. Failed sign-ins are counted apart: strangers cause them, and must not push out the others.
create or replace function public.trim_security_events() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.name = 'sign_in_failed' then
    delete from public.security_events e where e.user_id = new.user_id and e.id = any(array(
      select o.id from public.security_events o where o.user_id = new.user_id and o.name = 'sign_in_failed' order by o.id desc offset {{failed_sign_ins}}));
  else
    delete from public.security_events e where e.user_id = new.user_id and e.id = any(array(
      select o.id from public.security_events o where o.user_id = new.user_id and o.name <> 'sign_in_failed' order by o.id desc offset {{security_events}}));
  end if;
  return null;
end $$;
revoke all on function public.trim_security_events() from public;

drop trigger if exists security_events_50_trim on public.security_events;
create trigger security_events_50_trim after insert on public.security_events for each row execute function public.trim_security_events();

-- The server finds a session by its token as it is, and by the SHA-256 of the token in hex.
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

-- With a new password, what was sent by mail to set one works no longer. Another hash of the same password changes nothing.
create or replace function public.end_verifications() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  delete from public.verification where value = new.user_id::text;
  return null;
end $$;
revoke all on function public.end_verifications() from public;

drop trigger if exists account_50_end_verifications on public.account;
create trigger account_50_end_verifications after update of password on public.account for each row
  when (old.password is distinct from new.password and current_setting('app.action', true) is distinct from 'rehashed')
  execute function public.end_verifications();
