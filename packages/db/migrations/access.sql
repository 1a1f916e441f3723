-- These files lock all tables. Those that a call locks together come first, in the order in which it does: otherwise it could wait for one while it holds another.
lock table public."user", public.tasks, public.lists, public.idempotency_keys, public.owners, public.events, public.task_labels in access exclusive mode;

-- todo_user works on one owner's data, todo_identity signs people in, todo_watcher sees which logs have grown and purges old data, todo_backup reads what goes into a backup, and
-- todo_log writes and trims logs. None can log in: a transaction sets one of the first three, a backup sets todo_backup, and only triggers run as todo_log.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['todo_user', 'todo_identity', 'todo_watcher', 'todo_backup', 'todo_log'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      begin
        execute pg_catalog.format('create role %I nologin nosuperuser nobypassrls noinherit', role_name);
      exception when duplicate_object or unique_violation then
        null; -- created concurrently from another database of this cluster
      end;
    end if;
  end loop;
end $$;

grant usage on schema public to todo_user, todo_identity, todo_watcher, todo_backup, todo_log;

-- The login that migrates must be able to make todo_log the owner of functions, and to replace them later. The policies for todo_log do not apply to its members.
do $$
declare
  modern boolean := pg_catalog.current_setting('server_version_num')::integer >= 160000;
  member boolean := pg_catalog.pg_has_role('todo_log', 'usage');
begin
  if modern then
    member := member and pg_catalog.pg_has_role('todo_log', 'set');
  end if;
  if not member then
    execute 'grant todo_log to current_user' || case when modern then ' with inherit true, set true' else '' end;
  end if;
exception
  when unique_violation then
    null; -- granted concurrently from another database of this cluster
  when insufficient_privilege then
    raise exception 'another login created the role todo_log: have an administrator run "grant todo_log to % with admin option"', current_user
      using errcode = 'insufficient_privilege';
end $$;

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
      select o.id from public.security_events o where o.user_id = new.user_id and o.name = 'sign_in_failed' order by o.id desc offset 100));
  else
    delete from public.security_events e where e.user_id = new.user_id and e.id = any(array(
      select o.id from public.security_events o where o.user_id = new.user_id and o.name <> 'sign_in_failed' order by o.id desc offset 500));
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

-- The log is append-only: events cannot be changed.
create or replace function public.refuse_log_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the log is append-only' using errcode = 'restrict_violation';
end $$;
revoke all on function public.refuse_log_change() from public;

-- Events can be deleted only with their account, or up to the position at which the owner's row records that the log was trimmed.
create or replace function public.check_log_deletion() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  newest record;
begin
  for newest in select r.user_id, max(r.seq) as seq from removed r group by r.user_id loop
    perform from public.owners o where o.user_id = newest.user_id and o.dropped_seq < newest.seq;
    if found then
      raise exception 'the log is append-only' using errcode = 'restrict_violation';
    end if;
  end loop;
  return null;
end $$;
revoke all on function public.check_log_deletion() from public;

drop trigger if exists events_10_update on public.events;
create trigger events_10_update before update on public.events for each statement execute function public.refuse_log_change();
drop trigger if exists events_11_truncate on public.events;
create trigger events_11_truncate before truncate on public.events for each statement execute function public.refuse_log_change();
drop trigger if exists events_12_delete on public.events;
create trigger events_12_delete after delete on public.events
  referencing old table as removed for each statement execute function public.check_log_deletion();

-- Trims a log up to position `upto`. The position and a digest of the owner's entities there are recorded first. Returns the number of deleted events. The digest
-- reads the whole log, so it is computed before the owner is locked: the state at a past position does not change.
create or replace function public.trim_log(owner uuid, upto bigint) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  start bigint;
  state bytea;
  size bigint;
  dropped bigint;
begin
  execute format('set local app.user_id = %L', owner); -- unlike set_config it reaches the workers of a distributed database
  select o.dropped_seq into start from public.owners o where o.user_id = owner and o.dropped_seq < upto and upto <= o.last_seq;
  if not found then
    return 0;
  end if;
  state := public.state_digest(owner, upto);
  select sum(octet_length(e.fields::text) + 400) into size from public.events e where e.user_id = owner and e.seq <= upto;
  perform pg_advisory_xact_lock(hashtextextended(owner::text, 0));
  update public.owners o set dropped_seq = upto, dropped_state = state, log_bytes = o.log_bytes - size, log_mb = (o.log_bytes - size) / 1000000,
    dropped_hash = (select e.hash from public.events e where e.user_id = owner and e.seq = upto),
    log_since = (select e.at from public.events e where e.user_id = owner and e.seq = upto + 1)
  where o.user_id = owner and o.dropped_seq = start;
  if not found then
    return 0; -- trimmed by another session, or the account was deleted
  end if;
  delete from public.events e where e.user_id = owner and e.seq <= upto;
  get diagnostics dropped = row_count;
  return dropped;
end $$;
revoke all on function public.trim_log(uuid, bigint) from public;

-- Trims the beginning of one log that is larger than `retention` allows, or else longer. Each trim reads the whole log, so a log is trimmed down to three quarters of
-- its size, or when it is a day too long. The smallest comes first: a huge log, whose trim may fail, does not keep others waiting. Returns the number of deleted
-- events, at most a tenth of the log or 5000, whichever is more, but never more than four times 5000; 0 if no log is due.
create or replace function public.trim_due_log(by_size boolean) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  kept public.retention;
  since timestamptz;
  due public.owners;
  excess bigint := 0;
  event record;
  upto bigint;
begin
  select * into strict kept from public.retention;
  since := now() - kept.log_days * interval '1 day';
  if by_size then
    select * into due from public.owners o where o.log_mb > 0 and o.log_mb >= kept.log_mb order by o.log_mb limit 1;
    excess := due.log_bytes - kept.log_mb * 750000::bigint;
  else
    select * into due from public.owners o where o.log_since < since - interval '1 day' order by o.log_since limit 1;
  end if;
  if due.user_id is null then
    return 0;
  end if;
  execute format('set local app.user_id = %L', due.user_id);
  for event in
    select e.seq, e.at, octet_length(e.fields::text) + 400 as size from public.events e where e.user_id = due.user_id
    order by e.seq limit greatest(5000, least(4 * 5000, (due.last_seq - due.dropped_seq) / 10))
  loop
    exit when event.at >= since and excess <= 0;
    excess := excess - event.size;
    upto := event.seq;
  end loop;
  return public.trim_log(due.user_id, upto);
end $$;
revoke all on function public.trim_due_log(boolean) from public;

-- Deletes idempotency keys that are older than 30 days, the oldest first. Returns how many, up to 1000.
create or replace function public.purge_idempotency_keys() returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  purged bigint;
begin
  perform set_config('app.user_id', '00000000-0000-0000-0000-000000000000', true);
  delete from public.idempotency_keys k where (k.user_id, k.id) in (
    select old.user_id, old.id from public.idempotency_keys old where old.at < now() - interval '30 days' order by old.at limit 1000);
  get diagnostics purged = row_count;
  return purged;
end $$;
revoke all on function public.purge_idempotency_keys() from public;

-- A new account gets its row in owners.
create or replace function public.open_log() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('app.user_id', new.id::text, true);
  insert into public.owners (user_id) values (new.id);
  return null;
end $$;
revoke all on function public.open_log() from public;

-- A deleted account leaves a receipt. Its row in owners is deleted first, so that the deletion of its entities is not logged.
create or replace function public.close_log() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  closed public.owners;
begin
  perform pg_advisory_xact_lock(hashtextextended(old.id::text, 0));
  perform set_config('app.user_id', old.id::text, true);
  delete from public.owners o where o.user_id = old.id returning o.* into closed;
  if found then
    insert into public.account_receipts (id, deleted_at, last_seq, last_hash) values (gen_random_uuid(), now(), closed.last_seq, closed.last_hash);
  end if;
  return old;
end $$;
revoke all on function public.close_log() from public;

-- The log and the idempotency keys are deleted with the row in owners.
create or replace function public.erase_log() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('app.user_id', old.user_id::text, true);
  delete from public.task_labels l where l.user_id = old.user_id;
  delete from public.lists t where t.user_id = old.user_id;
  delete from public.tasks t where t.user_id = old.user_id;
  delete from public.events e where e.user_id = old.user_id;
  delete from public.idempotency_keys k where k.user_id = old.user_id;
  return null;
end $$;
revoke all on function public.erase_log() from public;

drop trigger if exists user_10_open_log on public."user";
create trigger user_10_open_log after insert on public."user" for each row execute function public.open_log();
drop trigger if exists user_20_close_log on public."user";
create trigger user_20_close_log before delete on public."user" for each row execute function public.close_log();
drop trigger if exists owners_20_erase_log on public.owners;
create trigger owners_20_erase_log after delete on public.owners for each row execute function public.erase_log();

-- The keys of a manual order, in the scheme of the npm package fractional-indexing: an integer part, whose first letter says how long it is ("a0", "a1", … "az",
-- "b00", before "a0" comes "Zz"), and a fraction in base 62 without trailing zeros. Keys are compared byte by byte, so every comparison says collate "C".

-- The integer part after or before another one; null if there is none.
create or replace function public.position_step(whole text, forward boolean) returns text
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  last constant text := case when forward then 'z' else '0' end;
  first constant text := case when forward then '0' else 'z' end;
  rest integer := length(whole);
  wrapped text := '';
  head text := left(whole, 1);
begin
  while rest > 1 and substr(whole, rest, 1) = last loop
    rest := rest - 1;
    wrapped := wrapped || first;
  end loop;
  if rest > 1 then
    return left(whole, rest - 1) || substr(digits, strpos(digits, substr(whole, rest, 1)) + case when forward then 1 else -1 end, 1) || wrapped;
  end if;
  if head = (case when forward then 'z' else 'A' end) then
    return null;
  end if;
  return case
    when forward and head = 'Z' then 'a0'
    when not forward and head = 'a' then 'Zz'
    when forward = (head >= 'a' collate "C") then chr(ascii(head) + case when forward then 1 else -1 end) || wrapped || first
    else chr(ascii(head) + case when forward then 1 else -1 end) || substr(wrapped, 2)
  end;
end $$;
revoke all on function public.position_step(text, boolean) from public;

-- A key between two keys; null stands for the beginning or the end. Null if there is no room, because the keys are equal or not in order.
create or replace function public.position_between(a text, b text) returns text
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  whole_a constant text := left(a, case when a >= 'a' collate "C" then ascii(a) - 95 else 92 - ascii(a) end);
  whole_b constant text := left(b, case when b >= 'a' collate "C" then ascii(b) - 95 else 92 - ascii(b) end);
  made text;
  low text;
  high text;
  common integer := 0;
  low_digit integer;
  high_digit integer;
begin
  if a is null and b is null then
    return 'a0';
  elsif a is null then
    if whole_b <> b and whole_b <> 'A00000000000000000000000000' then
      return whole_b;
    end if;
    made := public.position_step(whole_b, false);
    if made <> 'A00000000000000000000000000' then
      return made;
    end if;
    made := 'A00000000000000000000000000';
    low := '';
    high := case when whole_b = made then substr(b, 28) end;
  else
    if a >= b collate "C" then
      return null;
    end if;
    made := whole_a;
    low := substr(a, length(whole_a) + 1);
    high := case when whole_a = whole_b then substr(b, length(whole_b) + 1) end;
    if high is null then
      made := public.position_step(whole_a, true);
      if made < b collate "C" or b is null and made is not null then
        return made;
      end if;
      made := whole_a;
    end if;
  end if;
  -- The middle of two fractions, of which the higher is null if there is no bound.
  loop
    if high is not null then
      while coalesce(nullif(substr(low, common + 1, 1), ''), '0') = substr(high, common + 1, 1) loop
        common := common + 1;
      end loop;
      made := made || left(high, common);
      low := substr(low, common + 1);
      high := substr(high, common + 1);
    end if;
    low_digit := case when low = '' then 0 else strpos(digits, left(low, 1)) - 1 end;
    high_digit := case when high is null then 62 else strpos(digits, left(high, 1)) - 1 end;
    if high_digit - low_digit > 1 then
      return made || substr(digits, (low_digit + high_digit + 1) / 2 + 1, 1);
    elsif length(high) > 1 then
      return made || left(high, 1);
    end if;
    made := made || substr(digits, low_digit + 1, 1);
    low := substr(low, 2);
    high := null;
  end loop;
end $$;
revoke all on function public.position_between(text, text) from public;

-- `amount` keys between two keys in their order; null if one of them would have more than 200 bytes, or there is no room. A long key on one side does not
-- make the others long: then they all stand on the other side of the first.
create or replace function public.positions_between(a text, b text, amount integer) returns text[]
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  key text := case when amount > 0 then public.position_between(a, b) end;
  before integer;
  keys text[] := array[key];
  others text[];
begin
  if amount = 0 then
    return '{}';
  elsif key is null or octet_length(key) > 200 then
    return null;
  elsif a is not null and b is not null then
    before := case when length(a) > length(key) then 0 when length(b) > length(key) then amount - 1 else amount / 2 end;
    keys := public.positions_between(a, key, before);
    others := public.positions_between(key, b, amount - before - 1);
    return case when keys is not null and others is not null then keys || key || others end;
  end if;
  for i in 2 .. amount loop
    key := case when b is null then public.position_between(key, null) else public.position_between(null, key) end;
    keys := case when b is null then keys || key else key || keys end;
  end loop;
  return case when octet_length(key) <= 200 then keys end;
end $$;
revoke all on function public.positions_between(text, text, integer) from public;

-- Whether so many keys between two others surely fit into 200 bytes each.
create or replace function public.has_room(a text, b text, amount integer) returns boolean
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
begin
  return (a < b collate "C") is not false and octet_length(public.position_between(a, b)) + 3 + ceil(ln(amount) / ln(62)) <= 200;
end $$;
revoke all on function public.has_room(text, text, integer) from public;

-- Keys for `amount` new entries in a gap that has no room, and for the fewest entries beside it. `lefts` and `rights` are the keys on its two sides, the nearest first.
-- `moved` is how many of `lefts` get the first of `keys`; the new entries get the next ones, and the rest is for `rights`.
create or replace function public.positions_around(lefts text[], rights text[], amount integer, out moved integer, out keys text[])
language plpgsql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  on_right integer := 0;
  fewest integer;
begin
  while on_right < cardinality(rights) and not public.has_room(lefts[1], rights[on_right + 1], amount + on_right) loop
    on_right := on_right + 1;
  end loop;
  fewest := on_right;
  moved := 0;
  for more in 1 .. cardinality(lefts) loop
    exit when more >= fewest;
    while on_right > 0 and public.has_room(lefts[more + 1], rights[on_right], amount + more + on_right - 1) loop
      on_right := on_right - 1;
    end loop;
    if more + on_right < fewest then
      fewest := more + on_right;
      moved := more;
    end if;
  end loop;
  keys := public.positions_between(lefts[moved + 1], rights[fewest - moved + 1], amount + fewest);
  if keys is null then
    moved := cardinality(lefts);
    keys := public.positions_between(null, null, moved + amount + cardinality(rights));
  end if;
end $$;
revoke all on function public.positions_around(text[], text[], integer) from public;

grant execute on function public.position_step(text, boolean), public.position_between(text, text), public.positions_between(text, text, integer),
  public.has_room(text, text, integer), public.positions_around(text[], text[], integer) to todo_user;

-- An owner's current entities, as the log stores them: `fields` has a key for each field that is neither null nor its default.
create or replace function public.present_entities(owner uuid) returns table (entity text, id uuid, version integer, updated_at timestamptz(3), fields jsonb)
language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
begin
  return query select 'list'::text, t.id, t.version, t.updated_at, jsonb_strip_nulls(jsonb_build_object('name', t.name, 'color', t.color, 'position', nullif(t.position, 'a0'), 'archived_at', t.archived_at, 'created_at', t.created_at)) from public.lists t where t.user_id = owner
  union all select 'task'::text, t.id, t.version, t.updated_at, jsonb_strip_nulls(jsonb_build_object('title', t.title, 'description', nullif(t.description, ''), 'priority', nullif(t.priority, 'none'), 'labels', nullif(t.labels, '{}'), 'start_date', t.start_date, 'due_date', t.due_date, 'due_time', t.due_time, 'time_zone', t.time_zone, 'recurrence', t.recurrence, 'repeat_from', nullif(t.repeat_from, 'due'), 'reminders', nullif(t.reminders, '{}'), 'list_id', t.list_id, 'parent_id', t.parent_id, 'position', nullif(t.position, 'a0'), 'completed_at', t.completed_at, 'created_at', t.created_at)) from public.tasks t where t.user_id = owner;
end $$;
revoke all on function public.present_entities(uuid) from public;

-- An owner's entities at log position `upto`: the current ones, where each field that later events changed has the old value of the first of these events.
create or replace function public.entities_at(owner uuid, upto bigint) returns table (entity text, id uuid, version integer, updated_at timestamptz(3), fields jsonb)
language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
begin
  return query with later as materialized (
    select e.entity, e.entity_id, e.seq, e.kind, e.was, e.version, e.fields from public.events e where e.user_id = owner and e.seq > upto
  ), removals as (
    select distinct on (l.entity, l.entity_id) l.entity, l.entity_id, l.seq, l.fields from later l where l.kind = 'delete' order by l.entity, l.entity_id, l.seq
  ), first_events as (
    select distinct on (l.entity, l.entity_id) l.entity, l.entity_id, l.kind, l.was, l.version from later l order by l.entity, l.entity_id, l.seq
  ), old_values as (
    select l.entity, l.entity_id, jsonb_object_agg(f.key, f.value -> 0 order by l.seq desc) as fields -- of duplicate keys the last wins: the earliest event
    from later l left join removals g on g.entity = l.entity and g.entity_id = l.entity_id, jsonb_each(l.fields) f
    where l.kind = 'update' and (g.seq is null or l.seq < g.seq) group by l.entity, l.entity_id
  )
  select coalesce(f.entity, p.entity), coalesce(f.entity_id, p.id),
    case f.kind when 'update' then f.version - 1 when 'delete' then f.version else p.version end, coalesce(f.was, p.updated_at),
    jsonb_strip_nulls(coalesce(g.fields, p.fields) || coalesce(o.fields, '{}'))
  from public.present_entities(owner) p
  full join first_events f on f.entity = p.entity and f.entity_id = p.id
  left join removals g on g.entity = f.entity and g.entity_id = f.entity_id
  left join old_values o on o.entity = f.entity and o.entity_id = f.entity_id
  where f.kind is distinct from 'insert';
end $$;
revoke all on function public.entities_at(uuid, bigint) from public;

-- The SHA-256 of an owner's entities at log position `upto`.
create or replace function public.state_digest(owner uuid, upto bigint) returns bytea
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (select sha256(coalesce(string_agg(sha256(convert_to(concat_ws(' ', s.entity, s.id, s.version, (date_part('epoch', s.updated_at) * 1000)::bigint, s.fields), 'UTF8')), ''
    order by s.entity, s.id), '')) from public.entities_at(owner, upto) s);
end $$;
revoke all on function public.state_digest(uuid, bigint) from public;

-- This file is applied once for each entity that the contract declares; the declaration supplies the tokens in double braces.
--
-- The database sets the times and the version of a list; owner, id and creation time never change. Rows that one transaction creates get creation times one
-- microsecond apart, in the given order. An id that was removed and is created again continues from its last version.
-- When a field is cleared, the fields that require it are cleared too.
-- The trigger also sets the search text. A generated column would be slower: PostgreSQL loads its expression again for every statement.
-- A setting is set by an assignment: PERFORM would run a query.
create or replace function public.stamp_list() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  previous record;
  created integer;
  last_position text;
begin
  if ((new.color ~ '^#[0-9a-f]{6}$') and (new.position ~ '^[B-Za-y][0-9A-Za-z]+$') and (char_length(new.position) between 1 and 200)) is false then
    if not (new.color ~ '^#[0-9a-f]{6}$') then
      raise exception 'the row breaks the rule "lists_color_form"' using errcode = 'check_violation', table = 'lists', column = 'color', constraint = 'lists_color_form';
    end if;
    if not (new.position ~ '^[B-Za-y][0-9A-Za-z]+$') then
      raise exception 'the row breaks the rule "lists_position_form"' using errcode = 'check_violation', table = 'lists', column = 'position', constraint = 'lists_position_form';
    end if;
    if not (char_length(new.position) between 1 and 200) then
      raise exception 'the row breaks the rule "lists_position_length"' using errcode = 'check_violation', table = 'lists', column = 'position', constraint = 'lists_position_length';
    end if;
  end if;
  if tg_op = 'INSERT' then
    created := set_config('app.created', (coalesce(nullif(current_setting('app.created', true), '')::integer, 0) + 1)::text, true)::integer;
    new.created_at := date_trunc('milliseconds', now()) + (created - 1) * interval '1 microsecond';
    new.updated_at := date_trunc('milliseconds', now());
    new.version := 1;
    select e.kind, e.at, e.version, e.fields ->> 'created_at' as created_at into previous from public.events e
    where e.user_id = new.user_id and e.entity_id = new.id and e.entity = 'list' order by e.seq desc limit 1;
    if previous.kind = 'delete' then
      new.version := previous.version + 1;
      new.updated_at := greatest(new.updated_at, previous.at);
      if current_setting('app.action', true) = 'restored' then
        new.created_at := previous.created_at::timestamptz;
      end if;
    end if;
    if new.position is null then
      select t.position into last_position from public.lists t where t.user_id = new.user_id
      order by t.position collate "C" desc, t.id desc limit 1;
      if length(last_position) = ascii(last_position) - 95 and right(last_position, 1) <> 'z' then
        new.position := left(last_position, -1) || translate(right(last_position, 1), '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy', '123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
      else
        new.position := public.position_between(last_position, null);
        if octet_length(new.position) > 200 then
          new.position := last_position;
        end if;
      end if;
    end if;
    return new;
  end if;
  if (new.user_id, new.id, new.created_at) is distinct from (old.user_id, old.id, old.created_at) then
    raise exception 'the owner, the id and the creation time of a list never change' using errcode = 'restrict_violation';
  end if;
  new.updated_at := old.updated_at;
  new.version := old.version;
  if (new.name, new.color, new.position, new.archived_at) is distinct from (old.name, old.color, old.position, old.archived_at) then
    new.updated_at := greatest(now(), old.updated_at);
    new.version := old.version + 1;
  end if;
  return new;
end $$;
revoke all on function public.stamp_list() from public;

-- Every change to a list adds an event to its owner's log in the same transaction, whichever role makes the change. One UPDATE of the owner's row numbers
-- the event, extends the hash chain and adjusts the counts and sizes. The next change in the transaction finds the row by its ctid: an index scan would read every older version.
create or replace function public.log_list() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
  owner_ctid tid := nullif(current_setting('app.owner_ctid', true), '');
  mutation uuid := nullif(current_setting('app.mutation_id', true), '');
  request uuid := nullif(current_setting('app.request_id', true), '');
  event_action text := nullif(current_setting('app.action', true), '');
  current public.lists;
  event_kind text;
  event_at timestamptz(3);
  was timestamptz(3);
  changed jsonb := '{}';
  logged text;
  size integer;
  content bytea;
  event_seq bigint;
  event_hash bytea;
  more integer := (new.id is not null)::integer - (old.id is not null)::integer;
begin
  if tg_op = 'UPDATE' then
    if new.version = old.version then
      return null;
    end if;
    current := new;
    event_kind := 'update';
    event_action := coalesce(event_action, 'edited');
    event_at := new.updated_at;
    was := old.updated_at;
    if (new.name, new.color, new.position, new.archived_at) is distinct from (old.name, old.color, old.position, old.archived_at) then
      if new.name is distinct from old.name then
        changed := changed || jsonb_build_object('name', jsonb_build_array(old.name, new.name));
      end if;
      if new.color is distinct from old.color then
        changed := changed || jsonb_build_object('color', jsonb_build_array(old.color, new.color));
      end if;
      if new.position is distinct from old.position then
        changed := changed || jsonb_build_object('position', jsonb_build_array(nullif(old.position, 'a0'), nullif(new.position, 'a0')));
      end if;
      if new.archived_at is distinct from old.archived_at then
        changed := changed || jsonb_build_object('archived_at', jsonb_build_array(old.archived_at, new.archived_at));
      end if;
    end if;
  else
    if tg_op = 'DELETE' then
      current := old;
      event_kind := 'delete';
      event_action := 'removed';
      event_at := greatest(now(), old.updated_at);
      was := old.updated_at;
    else
      current := new;
      event_kind := 'insert';
      event_action := coalesce(event_action, 'created');
      event_at := new.updated_at;
    end if;
    changed := jsonb_strip_nulls(jsonb_build_object('name', current.name, 'position', nullif(current.position, 'a0'), 'created_at', current.created_at));
    if (current.color, current.archived_at) is distinct from (null, null) then
      changed := changed || jsonb_strip_nulls(jsonb_build_object('color', current.color, 'archived_at', current.archived_at));
    end if;
  end if;
  logged := changed::text;
  size := octet_length(logged) + 400;
  content := convert_to(concat_ws(' ', 'list', current.id, event_kind, event_action, (date_part('epoch', event_at) * 1000)::bigint,
    coalesce((date_part('epoch', was) * 1000)::bigint::text, '-'), current.version, 2, coalesce(mutation::text, '-'), coalesce(request::text, '-'), logged), 'UTF8');
  if owner_ctid is not null then
    update public.owners o set last_seq = o.last_seq + 1,
      last_hash = sha256(o.last_hash || (o.user_id::text || ' ' || (o.last_seq + 1)::text || ' ')::bytea || content),
      log_bytes = o.log_bytes + size, log_mb = (o.log_bytes + size) / 1000000, log_since = coalesce(o.log_since, event_at), lists = o.lists + more
    where o.user_id = current.user_id and o.ctid = owner_ctid returning o.last_seq, o.last_hash, o.ctid into event_seq, event_hash, owner_ctid;
  end if;
  if event_seq is null then
    update public.owners o set last_seq = o.last_seq + 1,
      last_hash = sha256(o.last_hash || (o.user_id::text || ' ' || (o.last_seq + 1)::text || ' ')::bytea || content),
      log_bytes = o.log_bytes + size, log_mb = (o.log_bytes + size) / 1000000, log_since = coalesce(o.log_since, event_at), lists = o.lists + more
    where o.user_id = current.user_id returning o.last_seq, o.last_hash, o.ctid into event_seq, event_hash, owner_ctid;
    if not found then
      if tg_op = 'INSERT' then -- the foreign key says the same before, where there is one
        raise exception 'the account was deleted: constraint "lists_user_id_user_id_fk"' using errcode = 'foreign_key_violation', constraint = 'lists_user_id_user_id_fk';
      end if;
      return null; -- the account is being deleted, with all its data
    end if;
  end if;
  owner_ctid := set_config('app.owner_ctid', owner_ctid::text, true)::tid;
  insert into public.events (user_id, seq, entity, entity_id, kind, action, at, was, version, format, mutation_id, request_id, fields, hash)
  values (current.user_id, event_seq, 'list', current.id, event_kind, event_action, event_at, was, current.version, 2, mutation, request, changed, event_hash);
  return null;
end $$;
revoke all on function public.log_list() from public;

drop trigger if exists lists_10_stamp on public.lists;
create trigger lists_10_stamp before insert or update on public.lists for each row execute function public.stamp_list();
drop trigger if exists lists_20_log on public.lists;
create trigger lists_20_log after insert or update or delete on public.lists for each row execute function public.log_list();
drop trigger if exists lists_30_keep on public.lists;
create trigger lists_30_keep before truncate on public.lists for each statement execute function public.refuse_log_change();

-- Only the owner of a list can read or write it; a statement fails when app.user_id is not set. The owner writes the declared columns, the database the others.
alter table public.lists enable row level security, force row level security;
drop policy if exists owner on public.lists;
create policy owner on public.lists
  using (user_id = current_setting('app.user_id')::uuid)
  with check (user_id = current_setting('app.user_id')::uuid);
revoke all on public.lists from public, todo_user, todo_identity;
grant select, delete, insert (user_id, id, name, color, position, archived_at), update (name, color, position, archived_at) on public.lists to todo_user;

-- This file is applied once for each entity that the contract declares; the declaration supplies the tokens in double braces.
--
-- The database sets the times and the version of a task; owner, id and creation time never change. Rows that one transaction creates get creation times one
-- microsecond apart, in the given order. An id that was removed and is created again continues from its last version.
-- When a field is cleared, the fields that require it are cleared too.
-- The trigger also sets the search text. A generated column would be slower: PostgreSQL loads its expression again for every statement.
-- A setting is set by an assignment: PERFORM would run a query.
create or replace function public.stamp_task() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  previous record;
  created integer;
  last_position text;
  searched text;
begin
  if tg_op = 'INSERT' or (new.title, new.description) is distinct from (old.title, old.description) then
    searched := concat_ws(' ', new.title, new.description);
    new.search := case when octet_length(searched) = char_length(searched) and searched collate "C" !~ '[\u0001-\u0008\u000e-\u001f\u007f]' then lower(searched collate "C") collate "default" else replace(replace(replace(lower(regexp_replace(normalize(searched, NFKD) collate "C", '[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u0300-\u036f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+', '', 'g') collate "und-x-icu"), 'ß', 'ss'), 'ς', 'σ'), 'ı', 'i') collate "default" end;
  else
    new.search := old.search;
  end if;
  if new.due_date is null and old.due_date is not null or new.due_time is null and old.due_time is not null then
    if new.due_date is null and old.due_date is not null then
      new.due_time := null;
      new.recurrence := null;
      new.reminders := '{}';
    end if;
    if new.due_time is null and old.due_time is not null then
      new.time_zone := null;
    end if;
  end if;
  if ((new.due_date is not null or new.due_time is null) and (new.due_time is not null or new.time_zone is null) and (new.due_date is not null or new.recurrence is null) and (new.due_date is not null or new.reminders = '{}') and (new.priority in ('none', 'low', 'medium', 'high')) and (cardinality(new.labels) <= 20 and array_position(new.labels, null) is null) and (new.start_date between '1000-01-01' and '9999-12-31') and (new.due_date between '1000-01-01' and '9999-12-31') and (new.due_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$') and (new.time_zone ~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2})$') and (char_length(new.time_zone) between 1 and 64) and (char_length(new.recurrence) between 1 and 500) and (new.repeat_from in ('due', 'completion')) and (cardinality(new.reminders) <= 5 and array_position(new.reminders, null) is null) and (0 <= all (new.reminders) and 525600 >= all (new.reminders)) and (new.position ~ '^[B-Za-y][0-9A-Za-z]+$') and (char_length(new.position) between 1 and 200)) is false then
    if not (new.due_date is not null or new.due_time is null) then
      raise exception 'the row breaks the rule "tasks_due_time_requires_due_date"' using errcode = 'check_violation', table = 'tasks', column = 'due_time', constraint = 'tasks_due_time_requires_due_date';
    end if;
    if not (new.due_time is not null or new.time_zone is null) then
      raise exception 'the row breaks the rule "tasks_time_zone_requires_due_time"' using errcode = 'check_violation', table = 'tasks', column = 'time_zone', constraint = 'tasks_time_zone_requires_due_time';
    end if;
    if not (new.due_date is not null or new.recurrence is null) then
      raise exception 'the row breaks the rule "tasks_recurrence_requires_due_date"' using errcode = 'check_violation', table = 'tasks', column = 'recurrence', constraint = 'tasks_recurrence_requires_due_date';
    end if;
    if not (new.due_date is not null or new.reminders = '{}') then
      raise exception 'the row breaks the rule "tasks_reminders_requires_due_date"' using errcode = 'check_violation', table = 'tasks', column = 'reminders', constraint = 'tasks_reminders_requires_due_date';
    end if;
    if not (new.priority in ('none', 'low', 'medium', 'high')) then
      raise exception 'the row breaks the rule "tasks_priority_choice"' using errcode = 'check_violation', table = 'tasks', column = 'priority', constraint = 'tasks_priority_choice';
    end if;
    if not (cardinality(new.labels) <= 20 and array_position(new.labels, null) is null) then
      raise exception 'the row breaks the rule "tasks_labels_count"' using errcode = 'check_violation', table = 'tasks', column = 'labels', constraint = 'tasks_labels_count';
    end if;
    if not (new.start_date between '1000-01-01' and '9999-12-31') then
      raise exception 'the row breaks the rule "tasks_start_date_range"' using errcode = 'check_violation', table = 'tasks', column = 'start_date', constraint = 'tasks_start_date_range';
    end if;
    if not (new.due_date between '1000-01-01' and '9999-12-31') then
      raise exception 'the row breaks the rule "tasks_due_date_range"' using errcode = 'check_violation', table = 'tasks', column = 'due_date', constraint = 'tasks_due_date_range';
    end if;
    if not (new.due_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$') then
      raise exception 'the row breaks the rule "tasks_due_time_form"' using errcode = 'check_violation', table = 'tasks', column = 'due_time', constraint = 'tasks_due_time_form';
    end if;
    if not (new.time_zone ~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2})$') then
      raise exception 'the row breaks the rule "tasks_time_zone_form"' using errcode = 'check_violation', table = 'tasks', column = 'time_zone', constraint = 'tasks_time_zone_form';
    end if;
    if not (char_length(new.time_zone) between 1 and 64) then
      raise exception 'the row breaks the rule "tasks_time_zone_length"' using errcode = 'check_violation', table = 'tasks', column = 'time_zone', constraint = 'tasks_time_zone_length';
    end if;
    if not (char_length(new.recurrence) between 1 and 500) then
      raise exception 'the row breaks the rule "tasks_recurrence_length"' using errcode = 'check_violation', table = 'tasks', column = 'recurrence', constraint = 'tasks_recurrence_length';
    end if;
    if not (new.repeat_from in ('due', 'completion')) then
      raise exception 'the row breaks the rule "tasks_repeat_from_choice"' using errcode = 'check_violation', table = 'tasks', column = 'repeat_from', constraint = 'tasks_repeat_from_choice';
    end if;
    if not (cardinality(new.reminders) <= 5 and array_position(new.reminders, null) is null) then
      raise exception 'the row breaks the rule "tasks_reminders_count"' using errcode = 'check_violation', table = 'tasks', column = 'reminders', constraint = 'tasks_reminders_count';
    end if;
    if not (0 <= all (new.reminders) and 525600 >= all (new.reminders)) then
      raise exception 'the row breaks the rule "tasks_reminders_range"' using errcode = 'check_violation', table = 'tasks', column = 'reminders', constraint = 'tasks_reminders_range';
    end if;
    if not (new.position ~ '^[B-Za-y][0-9A-Za-z]+$') then
      raise exception 'the row breaks the rule "tasks_position_form"' using errcode = 'check_violation', table = 'tasks', column = 'position', constraint = 'tasks_position_form';
    end if;
    if not (char_length(new.position) between 1 and 200) then
      raise exception 'the row breaks the rule "tasks_position_length"' using errcode = 'check_violation', table = 'tasks', column = 'position', constraint = 'tasks_position_length';
    end if;
  end if;
  if tg_op = 'INSERT' then
    created := set_config('app.created', (coalesce(nullif(current_setting('app.created', true), '')::integer, 0) + 1)::text, true)::integer;
    new.created_at := date_trunc('milliseconds', now()) + (created - 1) * interval '1 microsecond';
    new.updated_at := date_trunc('milliseconds', now());
    new.version := 1;
    select e.kind, e.at, e.version, e.fields ->> 'created_at' as created_at into previous from public.events e
    where e.user_id = new.user_id and e.entity_id = new.id and e.entity = 'task' order by e.seq desc limit 1;
    if previous.kind = 'delete' then
      new.version := previous.version + 1;
      new.updated_at := greatest(new.updated_at, previous.at);
      if current_setting('app.action', true) = 'restored' then
        new.created_at := previous.created_at::timestamptz;
      end if;
    end if;
    if new.position is null then
      select t.position into last_position from public.tasks t where t.user_id = new.user_id and case when t.parent_id is not null then t.parent_id when t.list_id is not null then t.list_id else t.user_id end = case when new.parent_id is not null then new.parent_id when new.list_id is not null then new.list_id else new.user_id end
      order by t.position collate "C" desc, t.id desc limit 1;
      if length(last_position) = ascii(last_position) - 95 and right(last_position, 1) <> 'z' then
        new.position := left(last_position, -1) || translate(right(last_position, 1), '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy', '123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
      else
        new.position := public.position_between(last_position, null);
        if octet_length(new.position) > 200 then
          new.position := last_position;
        end if;
      end if;
    end if;
    return new;
  end if;
  if (new.user_id, new.id, new.created_at) is distinct from (old.user_id, old.id, old.created_at) then
    raise exception 'the owner, the id and the creation time of a task never change' using errcode = 'restrict_violation';
  end if;
  new.updated_at := old.updated_at;
  new.version := old.version;
  if (new.title, new.description, new.priority, new.labels, new.start_date, new.due_date, new.due_time, new.time_zone, new.recurrence, new.repeat_from, new.reminders, new.list_id, new.parent_id, new.position, new.completed_at) is distinct from (old.title, old.description, old.priority, old.labels, old.start_date, old.due_date, old.due_time, old.time_zone, old.recurrence, old.repeat_from, old.reminders, old.list_id, old.parent_id, old.position, old.completed_at) then
    new.updated_at := greatest(now(), old.updated_at);
    new.version := old.version + 1;
  end if;
  return new;
end $$;
revoke all on function public.stamp_task() from public;

-- Every change to a task adds an event to its owner's log in the same transaction, whichever role makes the change. One UPDATE of the owner's row numbers
-- the event, extends the hash chain and adjusts the counts and sizes. The next change in the transaction finds the row by its ctid: an index scan would read every older version.
create or replace function public.log_task() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
  owner_ctid tid := nullif(current_setting('app.owner_ctid', true), '');
  mutation uuid := nullif(current_setting('app.mutation_id', true), '');
  request uuid := nullif(current_setting('app.request_id', true), '');
  event_action text := nullif(current_setting('app.action', true), '');
  current public.tasks;
  event_kind text;
  event_at timestamptz(3);
  was timestamptz(3);
  changed jsonb := '{}';
  logged text;
  size integer;
  content bytea;
  event_seq bigint;
  event_hash bytea;
  more_completed integer := (new.completed_at is not null)::integer - (old.completed_at is not null)::integer;
  more_open integer := (new.id is not null)::integer - (old.id is not null)::integer - more_completed;
  more_bytes integer := coalesce(octet_length(new.title), 0) + coalesce(octet_length(new.description), 0) + coalesce(octet_length(array_to_string(new.labels, '')), 0) - (coalesce(octet_length(old.title), 0) + coalesce(octet_length(old.description), 0) + coalesce(octet_length(array_to_string(old.labels, '')), 0));
begin
  if tg_op = 'UPDATE' then
    if new.version = old.version then
      return null;
    end if;
    current := new;
    event_kind := 'update';
    event_action := coalesce(event_action, 'edited');
    event_at := new.updated_at;
    was := old.updated_at;
    if (new.title, new.description, new.priority, new.labels) is distinct from (old.title, old.description, old.priority, old.labels) then
      if new.title is distinct from old.title then
        changed := changed || jsonb_build_object('title', jsonb_build_array(old.title, new.title));
      end if;
      if new.description is distinct from old.description then
        changed := changed || jsonb_build_object('description', jsonb_build_array(nullif(old.description, ''), nullif(new.description, '')));
      end if;
      if new.priority is distinct from old.priority then
        changed := changed || jsonb_build_object('priority', jsonb_build_array(nullif(old.priority, 'none'), nullif(new.priority, 'none')));
      end if;
      if new.labels is distinct from old.labels then
        changed := changed || jsonb_build_object('labels', jsonb_build_array(nullif(old.labels, '{}'), nullif(new.labels, '{}')));
      end if;
    end if;
    if (new.start_date, new.due_date, new.due_time, new.time_zone) is distinct from (old.start_date, old.due_date, old.due_time, old.time_zone) then
      if new.start_date is distinct from old.start_date then
        changed := changed || jsonb_build_object('start_date', jsonb_build_array(old.start_date, new.start_date));
      end if;
      if new.due_date is distinct from old.due_date then
        changed := changed || jsonb_build_object('due_date', jsonb_build_array(old.due_date, new.due_date));
      end if;
      if new.due_time is distinct from old.due_time then
        changed := changed || jsonb_build_object('due_time', jsonb_build_array(old.due_time, new.due_time));
      end if;
      if new.time_zone is distinct from old.time_zone then
        changed := changed || jsonb_build_object('time_zone', jsonb_build_array(old.time_zone, new.time_zone));
      end if;
    end if;
    if (new.recurrence, new.repeat_from, new.reminders, new.list_id) is distinct from (old.recurrence, old.repeat_from, old.reminders, old.list_id) then
      if new.recurrence is distinct from old.recurrence then
        changed := changed || jsonb_build_object('recurrence', jsonb_build_array(old.recurrence, new.recurrence));
      end if;
      if new.repeat_from is distinct from old.repeat_from then
        changed := changed || jsonb_build_object('repeat_from', jsonb_build_array(nullif(old.repeat_from, 'due'), nullif(new.repeat_from, 'due')));
      end if;
      if new.reminders is distinct from old.reminders then
        changed := changed || jsonb_build_object('reminders', jsonb_build_array(nullif(old.reminders, '{}'), nullif(new.reminders, '{}')));
      end if;
      if new.list_id is distinct from old.list_id then
        changed := changed || jsonb_build_object('list_id', jsonb_build_array(old.list_id, new.list_id));
      end if;
    end if;
    if (new.parent_id, new.position, new.completed_at) is distinct from (old.parent_id, old.position, old.completed_at) then
      if new.parent_id is distinct from old.parent_id then
        changed := changed || jsonb_build_object('parent_id', jsonb_build_array(old.parent_id, new.parent_id));
      end if;
      if new.position is distinct from old.position then
        changed := changed || jsonb_build_object('position', jsonb_build_array(nullif(old.position, 'a0'), nullif(new.position, 'a0')));
      end if;
      if new.completed_at is distinct from old.completed_at then
        changed := changed || jsonb_build_object('completed_at', jsonb_build_array(old.completed_at, new.completed_at));
      end if;
    end if;
  else
    if tg_op = 'DELETE' then
      current := old;
      event_kind := 'delete';
      event_action := 'removed';
      event_at := greatest(now(), old.updated_at);
      was := old.updated_at;
    else
      current := new;
      event_kind := 'insert';
      event_action := coalesce(event_action, 'created');
      event_at := new.updated_at;
    end if;
    changed := jsonb_strip_nulls(jsonb_build_object('title', current.title, 'position', nullif(current.position, 'a0'), 'created_at', current.created_at));
    if (current.description, current.priority, current.labels, current.start_date, current.due_date, current.due_time, current.time_zone, current.recurrence, current.repeat_from, current.reminders, current.list_id, current.parent_id, current.completed_at) is distinct from ('', 'none', '{}', null, null, null, null, null, 'due', '{}', null, null, null) then
      changed := changed || jsonb_strip_nulls(jsonb_build_object('description', nullif(current.description, ''), 'priority', nullif(current.priority, 'none'), 'labels', nullif(current.labels, '{}'), 'start_date', current.start_date, 'due_date', current.due_date, 'due_time', current.due_time, 'time_zone', current.time_zone, 'recurrence', current.recurrence, 'repeat_from', nullif(current.repeat_from, 'due'), 'reminders', nullif(current.reminders, '{}'), 'list_id', current.list_id, 'parent_id', current.parent_id, 'completed_at', current.completed_at));
    end if;
  end if;
  logged := changed::text;
  size := octet_length(logged) + 400;
  content := convert_to(concat_ws(' ', 'task', current.id, event_kind, event_action, (date_part('epoch', event_at) * 1000)::bigint,
    coalesce((date_part('epoch', was) * 1000)::bigint::text, '-'), current.version, 2, coalesce(mutation::text, '-'), coalesce(request::text, '-'), logged), 'UTF8');
  if owner_ctid is not null then
    update public.owners o set last_seq = o.last_seq + 1,
      last_hash = sha256(o.last_hash || (o.user_id::text || ' ' || (o.last_seq + 1)::text || ' ')::bytea || content),
      log_bytes = o.log_bytes + size, log_mb = (o.log_bytes + size) / 1000000, log_since = coalesce(o.log_since, event_at), open = o.open + more_open, completed = o.completed + more_completed, task_bytes = o.task_bytes + more_bytes
    where o.user_id = current.user_id and o.ctid = owner_ctid returning o.last_seq, o.last_hash, o.ctid into event_seq, event_hash, owner_ctid;
  end if;
  if event_seq is null then
    update public.owners o set last_seq = o.last_seq + 1,
      last_hash = sha256(o.last_hash || (o.user_id::text || ' ' || (o.last_seq + 1)::text || ' ')::bytea || content),
      log_bytes = o.log_bytes + size, log_mb = (o.log_bytes + size) / 1000000, log_since = coalesce(o.log_since, event_at), open = o.open + more_open, completed = o.completed + more_completed, task_bytes = o.task_bytes + more_bytes
    where o.user_id = current.user_id returning o.last_seq, o.last_hash, o.ctid into event_seq, event_hash, owner_ctid;
    if not found then
      if tg_op = 'INSERT' then -- the foreign key says the same before, where there is one
        raise exception 'the account was deleted: constraint "tasks_user_id_user_id_fk"' using errcode = 'foreign_key_violation', constraint = 'tasks_user_id_user_id_fk';
      end if;
      return null; -- the account is being deleted, with all its data
    end if;
  end if;
  owner_ctid := set_config('app.owner_ctid', owner_ctid::text, true)::tid;
  insert into public.events (user_id, seq, entity, entity_id, kind, action, at, was, version, format, mutation_id, request_id, fields, hash)
  values (current.user_id, event_seq, 'task', current.id, event_kind, event_action, event_at, was, current.version, 2, mutation, request, changed, event_hash);
  return null;
end $$;
revoke all on function public.log_task() from public;

drop trigger if exists tasks_10_stamp on public.tasks;
create trigger tasks_10_stamp before insert or update on public.tasks for each row execute function public.stamp_task();
drop trigger if exists tasks_20_log on public.tasks;
create trigger tasks_20_log after insert or update or delete on public.tasks for each row execute function public.log_task();
drop trigger if exists tasks_30_keep on public.tasks;
create trigger tasks_30_keep before truncate on public.tasks for each statement execute function public.refuse_log_change();

-- Only the owner of a task can read or write it; a statement fails when app.user_id is not set. The owner writes the declared columns, the database the others.
alter table public.tasks enable row level security, force row level security;
drop policy if exists owner on public.tasks;
create policy owner on public.tasks
  using (user_id = current_setting('app.user_id')::uuid)
  with check (user_id = current_setting('app.user_id')::uuid);
revoke all on public.tasks from public, todo_user, todo_identity;
grant select, delete, insert (user_id, id, title, description, priority, labels, start_date, due_date, due_time, time_zone, recurrence, repeat_from, reminders, list_id, parent_id, position, completed_at), update (title, description, priority, labels, start_date, due_date, due_time, time_zone, recurrence, repeat_from, reminders, list_id, parent_id, position, completed_at) on public.tasks to todo_user;

-- The tasks that are left of a removed list go to the inbox. PostgreSQL runs triggers by name, so this comes before its own check of the foreign key.
create or replace function public.detach_tasks() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  action text := current_setting('app.action', true);
begin
  if exists (select from public.tasks t where t.user_id = old.user_id and t.list_id = old.id) then
    execute 'set local app.action = ''moved''';
    update public.tasks t set list_id = null where t.user_id = old.user_id and t.list_id = old.id;
    execute format('set local app.action = %L', coalesce(action, ''));
  end if;
  return null;
end $$;
revoke all on function public.detach_tasks() from public;

drop trigger if exists "00_lists_detach" on public.lists;
create trigger "00_lists_detach" after delete on public.lists for each row execute function public.detach_tasks();

-- A task stands in a list, or in none, and may be part of a parent. The parent is in the same list, no task is part of itself, and there are at most 5 levels.

-- Why a task cannot stand where it does, as the name of a constraint; null if it can.
create or replace function public.task_fault(owner uuid, task uuid, list uuid, parent uuid) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  above record;
  next_id uuid := parent;
  below uuid[] := array[task];
  levels integer := 1;
begin
  while next_id is not null loop
    if next_id = task then
      return 'tasks_parent_cycle';
    end if;
    select t.list_id, t.parent_id into above from public.tasks t where t.user_id = owner and t.id = next_id;
    if not found then
      return 'tasks_parent_fk';
    elsif levels = 1 and above.list_id is distinct from list then
      return 'tasks_parent_list';
    end if;
    levels := levels + 1;
    exit when levels > 5;
    next_id := above.parent_id;
  end loop;
  loop
    if levels > 5 then
      return 'tasks_parent_depth';
    end if;
    below := array(select t.id from public.tasks t where t.user_id = owner and t.parent_id = any(below));
    exit when cardinality(below) = 0;
    levels := levels + 1;
  end loop;
  return null;
end $$;
revoke all on function public.task_fault(uuid, uuid, uuid, uuid) from public;

-- A task that is created in a parent, or moved to a parent or list, fits there when the statement has ended. What restores old states is repaired afterwards.
create or replace function public.check_task_place() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  fault text;
begin
  if current_setting('app.action', true) is distinct from 'restored' then
    fault := coalesce(public.task_fault(new.user_id, new.id, new.list_id, new.parent_id),
      (select 'tasks_parent_list' from public.tasks t where t.user_id = new.user_id and t.parent_id = new.id and t.list_id is distinct from new.list_id limit 1));
    if fault is not null then
      raise exception 'the task cannot be there: constraint "%"', fault using errcode = 'check_violation', constraint = fault;
    end if;
  end if;
  return null;
end $$;
revoke all on function public.check_task_place() from public;

drop trigger if exists tasks_40_place on public.tasks;
create trigger tasks_40_place after insert on public.tasks for each row when (new.parent_id is not null) execute function public.check_task_place();
drop trigger if exists tasks_41_place on public.tasks;
create trigger tasks_41_place after update on public.tasks for each row
  when (new.parent_id is distinct from old.parent_id and new.parent_id is not null or new.list_id is distinct from old.list_id) execute function public.check_task_place();

-- These tasks and all their subtasks.
create or replace function public.task_tree(owner uuid, roots uuid[]) returns uuid[]
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  found_ids uuid[] := roots;
  level uuid[] := roots;
begin
  loop
    level := array(select t.id from public.tasks t where t.user_id = owner and t.parent_id = any(level) and t.id <> all(found_ids));
    exit when cardinality(level) = 0;
    found_ids := found_ids || level;
  end loop;
  return found_ids;
end $$;
revoke all on function public.task_tree(uuid, uuid[]) from public;

-- What is left of a removed task's subtasks becomes top-level. PostgreSQL runs triggers by name, so this comes before its own check of the foreign key.
create or replace function public.detach_subtasks() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  action text := current_setting('app.action', true);
begin
  if exists (select from public.tasks t where t.user_id = old.user_id and t.parent_id = old.id) then
    execute 'set local app.action = ''moved''';
    update public.tasks t set parent_id = null where t.user_id = old.user_id and t.parent_id = old.id;
    execute format('set local app.action = %L', coalesce(action, ''));
  end if;
  return null;
end $$;
revoke all on function public.detach_subtasks() from public;

drop trigger if exists "00_tasks_detach" on public.tasks;
create trigger "00_tasks_detach" after delete on public.tasks for each row execute function public.detach_subtasks();

-- The subtasks of a task that moves to its next date are open again, so that a checklist repeats.
create or replace function public.reopen_subtasks() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  action constant text := current_setting('app.action', true);
begin
  if action in ('completed', 'skipped') then
    execute 'set local app.action = ''reopened''';
    update public.tasks t set completed_at = null where t.user_id = new.user_id and t.id = any(public.task_tree(new.user_id, array[new.id])) and t.completed_at is not null;
    execute format('set local app.action = %L', action);
  end if;
  return null;
end $$;
revoke all on function public.reopen_subtasks() from public;

drop trigger if exists tasks_42_reopen on public.tasks;
create trigger tasks_42_reopen after update on public.tasks for each row
  when (new.due_date <> old.due_date) execute function public.reopen_subtasks();

-- After a restore, an undo or a rewind: a task that does not fit into its parent any more becomes top-level. Changes can only conflict at tasks that this call has changed.
create or replace function public.settle_tasks(owner uuid) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  since constant bigint := nullif(current_setting('app.since', true), '')::bigint;
  task record;
begin
  execute 'set local app.action = ''moved''';
  for task in
    select t.id, t.list_id, t.parent_id from public.tasks t
    where t.user_id = owner and t.id = any(array(select e.entity_id from public.events e where e.user_id = owner and e.seq > since and e.entity = 'task' and e.kind <> 'delete'))
      and (t.parent_id is not null or exists (select from public.tasks c where c.user_id = owner and c.parent_id = t.id))
    order by t.id
  loop
    update public.tasks t set parent_id = null where t.user_id = owner and t.parent_id = task.id and t.list_id is distinct from task.list_id;
    if public.task_fault(owner, task.id, task.list_id, task.parent_id) is not null then
      update public.tasks t set parent_id = null where t.user_id = owner and t.id = task.id and t.parent_id is not null;
    end if;
  end loop;
end $$;
revoke all on function public.settle_tasks(uuid) from public;

grant execute on function public.task_fault(uuid, uuid, uuid, uuid), public.task_tree(uuid, uuid[]), public.settle_tasks(uuid) to todo_user;

-- The labels of a task are also rows of task_labels, which the database keeps equal. Only what differs is written. Two labels of a task that differ only in case
-- have the same key, so the second one is refused.
create or replace function public.keep_labels() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op <> 'INSERT' then
    delete from public.task_labels l where l.user_id = old.user_id and l.task_id = old.id
      and l.name_key = any(array(select lower(label collate "und-x-icu") collate "default" from (select unnest(old.labels) except all select unnest(new.labels)) lost (label)));
  end if;
  if tg_op <> 'DELETE' then
    insert into public.task_labels (user_id, name_key, task_id, name)
    select new.user_id, lower(label collate "und-x-icu") collate "default", new.id, label from (select unnest(new.labels) except all select unnest(old.labels)) added (label);
  end if;
  return null;
end $$;
revoke all on function public.keep_labels() from public;

drop trigger if exists tasks_50_add_labels on public.tasks;
create trigger tasks_50_add_labels after insert on public.tasks for each row when (new.labels <> '{}') execute function public.keep_labels();
drop trigger if exists tasks_51_change_labels on public.tasks;
create trigger tasks_51_change_labels after update on public.tasks for each row when (new.labels is distinct from old.labels) execute function public.keep_labels();
drop trigger if exists tasks_52_remove_labels on public.tasks;
create trigger tasks_52_remove_labels after delete on public.tasks for each row when (old.labels <> '{}') execute function public.keep_labels();

-- Moves tasks, in the given order, to a list, to a parent, beside a neighbour, or to the end of where the first one is. Their subtasks go with them. A neighbour says the
-- list and the parent too; a parent says the list. Returns the moved tasks, or none if one is missing or the only one has another version than expected.
create or replace function public.move_tasks(owner uuid, ids uuid[], has_list boolean, to_list uuid, has_parent boolean, to_parent uuid, before_id uuid, after_id uuid, expected integer)
returns setof public.tasks
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  first public.tasks;
  neighbor public.tasks;
  list uuid;
  parent uuid;
  -- PostgreSQL compares an indexed field with a variable, but under row-level security not with the result of coalesce.
  neighbor_id constant uuid := coalesce(before_id, after_id);
  place uuid;
  bound text;
  bound_id uuid;
  each_id uuid;
  low record;
  high record;
  beside record;
  plan record;
  moved_ids uuid[] := ids;
  level uuid[] := ids;
begin
  foreach each_id in array ids loop
    perform from public.tasks t where t.user_id = owner and t.id = each_id;
    if not found then
      return;
    end if;
  end loop;
  select t.* into first from public.tasks t where t.user_id = owner and t.id = ids[1];
  if first.version <> expected then
    return;
  end if;
  parent := case when has_parent then to_parent when not has_list or to_list is not distinct from first.list_id then first.parent_id end;
  list := case when has_list then to_list else first.list_id end;
  select t.* into neighbor from public.tasks t where t.user_id = owner and t.id = neighbor_id;
  if neighbor.id is not null and (not has_list or neighbor.list_id is not distinct from to_list) and (not has_parent or neighbor.parent_id is not distinct from to_parent) then
    list := neighbor.list_id;
    parent := neighbor.parent_id;
  elsif neighbor_id is not null then
    raise exception 'no such neighbour: constraint "tasks_neighbor"' using errcode = 'check_violation', constraint = 'tasks_neighbor';
  elsif to_parent is not null and not has_list then
    list := (select t.list_id from public.tasks t where t.user_id = owner and t.id = to_parent);
  end if;

  -- The keys on both sides of the gap; no key is beyond '~'.
  place := coalesce(parent, list, owner);
  bound := coalesce(neighbor.position, '~');
  bound_id := coalesce(neighbor.id, owner);
  select t.id, t.position into low from public.tasks t
  where t.user_id = owner and case when t.parent_id is not null then t.parent_id when t.list_id is not null then t.list_id else t.user_id end = place and t.id <> all(ids)
    and (t.position collate "C", t.id) < (bound, bound_id)
  order by t.position collate "C" desc, t.id desc limit 1;
  select t.id, t.position into high from public.tasks t
  where t.user_id = owner and case when t.parent_id is not null then t.parent_id when t.list_id is not null then t.list_id else t.user_id end = place and t.id <> all(ids)
    and (t.position collate "C", t.id) > (bound, bound_id)
  order by t.position collate "C", t.id limit 1;
  if before_id is not null then
    select neighbor.id, neighbor.position into high;
  elsif after_id is not null then
    select neighbor.id, neighbor.position into low;
  end if;
  if cardinality(ids) = 1 and first.list_id is not distinct from list and first.parent_id is not distinct from parent
    and (low.position < first.position collate "C") is not false and (first.position < high.position collate "C") is not false then
    return next first;
    return;
  end if;

  select 0 as moved, public.positions_between(low.position, high.position, cardinality(ids)) as keys into plan;
  if plan.keys is null then
    select coalesce(array_agg(t.id order by t.position collate "C" desc, t.id desc) filter (where is_left), '{}') as lefts,
      coalesce(array_agg(t.position order by t.position collate "C" desc, t.id desc) filter (where is_left), '{}') as left_keys,
      coalesce(array_agg(t.id order by t.position collate "C", t.id) filter (where not is_left), '{}') as rights,
      coalesce(array_agg(t.position order by t.position collate "C", t.id) filter (where not is_left), '{}') as right_keys
    into beside from public.tasks t cross join lateral (select (t.position collate "C", t.id) <= (low.position, low.id) and low.id is not null as is_left) side
    where t.user_id = owner and case when t.parent_id is not null then t.parent_id when t.list_id is not null then t.list_id else t.user_id end = place and t.id <> all(ids);
    select * into plan from public.positions_around(beside.left_keys, beside.right_keys, cardinality(ids));
    moved_ids := array(select l.id from unnest(beside.lefts[1:plan.moved]) with ordinality l (id, n) order by l.n desc)
      || ids || beside.rights[1:cardinality(plan.keys) - plan.moved - cardinality(ids)];
  end if;

  -- Subtasks that are in another list than the target, without keys of their own.
  loop
    level := array(select t.id from public.tasks t where t.user_id = owner and t.parent_id = any(level) and t.list_id is distinct from list and t.id <> all(moved_ids));
    exit when cardinality(level) = 0;
    moved_ids := moved_ids || level;
  end loop;
  return query
    with changed as (
      update public.tasks t set list_id = list, parent_id = case when t.id = any(ids) then parent else t.parent_id end, position = coalesce(w.key, t.position)
      from unnest(moved_ids, plan.keys) w (id, key) where t.user_id = owner and t.id = w.id returning t.*
    )
    select c.* from changed c join unnest(ids) with ordinality w (id, n) on w.id = c.id order by w.n;
end $$;
revoke all on function public.move_tasks(uuid, uuid[], boolean, uuid, boolean, uuid, uuid, uuid, integer) from public;
grant execute on function public.move_tasks(uuid, uuid[], boolean, uuid, boolean, uuid, uuid, uuid, integer) to todo_user;

-- Moves a list before or after another one, or to the end. Returns it, or nothing if it is missing or has another version than expected.
create or replace function public.move_list(owner uuid, list uuid, before_id uuid, after_id uuid, expected integer) returns setof public.lists
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  moving public.lists;
  neighbor public.lists;
  neighbor_id constant uuid := coalesce(before_id, after_id);
  beside record;
  plan record;
begin
  select l.* into moving from public.lists l where l.user_id = owner and l.id = list;
  if not found or moving.version <> expected then
    return;
  end if;
  select l.* into neighbor from public.lists l where l.user_id = owner and l.id = neighbor_id;
  if not found and neighbor_id is not null then
    raise exception 'no such neighbour: constraint "lists_neighbor"' using errcode = 'check_violation', constraint = 'lists_neighbor';
  end if;
  select array_agg(l.id order by l.position collate "C" desc, l.id desc) filter (where is_left) as lefts,
    array_agg(l.position order by l.position collate "C" desc, l.id desc) filter (where is_left) as left_keys,
    array_agg(l.id order by l.position collate "C", l.id) filter (where not is_left) as rights,
    array_agg(l.position order by l.position collate "C", l.id) filter (where not is_left) as right_keys
  into beside from public.lists l cross join lateral (
    select neighbor.id is null or (l.position collate "C", l.id) < (neighbor.position, neighbor.id) or l.id is not distinct from after_id as is_left
  ) side where l.user_id = owner and l.id <> list;
  if (beside.left_keys[1] < moving.position collate "C") is not false and (moving.position < beside.right_keys[1] collate "C") is not false then
    return next moving;
    return;
  end if;
  select 0 as moved, public.positions_between(beside.left_keys[1], beside.right_keys[1], 1) as keys into plan;
  if plan.keys is null then
    select * into plan from public.positions_around(coalesce(beside.left_keys, '{}'), coalesce(beside.right_keys, '{}'), 1);
  end if;
  return query
    with moved as (
      select list as id, plan.keys[plan.moved + 1] as key
      union all select w.id, plan.keys[plan.moved + 1 - w.n::integer] from unnest(beside.lefts[1:plan.moved]) with ordinality w (id, n)
      union all select w.id, plan.keys[plan.moved + 1 + w.n::integer] from unnest(beside.rights[1:cardinality(plan.keys) - plan.moved - 1]) with ordinality w (id, n)
    ), changed as (
      update public.lists l set position = m.key from moved m where l.user_id = owner and l.id = m.id returning l.*
    )
    select c.* from changed c where c.id = list;
end $$;
revoke all on function public.move_list(uuid, uuid, uuid, uuid, integer) from public;
grant execute on function public.move_list(uuid, uuid, uuid, uuid, integer) to todo_user;

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

-- The texts of an owner's tasks have at most 200000000 bytes, or do not become more. This is checked at the end of the transaction: while a statement changes
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
  when (new.task_bytes > old.task_bytes and new.task_bytes > 200000000) execute function public.check_bytes_quota(200000000);

-- Receipts are for operators: the running product cannot read them.
alter table public.account_receipts enable row level security;
revoke all on public.account_receipts from public, todo_user, todo_identity;

-- todo_watcher reads the position at which each owner's log ends, and no events.
drop policy if exists watcher on public.owners;
create policy watcher on public.owners for select to todo_watcher using (true);
revoke all on public.owners from todo_watcher;
grant select (user_id, last_seq) on public.owners to todo_watcher;

-- todo_watcher also deletes what may not be kept longer. The functions contain the rules, so the role cannot delete anything else.
grant execute on function public.trim_due_log(boolean), public.purge_idempotency_keys() to todo_watcher;

-- Only the owner of the tables sets how long logs are kept.
alter table public.retention enable row level security;
drop policy if exists readers on public.retention;
create policy readers on public.retention for select to todo_watcher, todo_log using (true);
revoke all on public.retention from public, todo_user, todo_identity, todo_watcher, todo_backup, todo_log;
grant select on public.retention to todo_watcher, todo_log;
insert into public.retention (log_days, log_mb) select 90, 100 where not exists (select from public.retention);

-- todo_backup reads what a backup contains, of all owners: no sessions, security events, pending verifications, mails, rate limit counts or tokens of other providers. A login that only
-- inherits the role, as on PostgreSQL 15, sees no additional rows.
do $$
declare
  table_name text;
begin
  foreach table_name in array array['user', 'account', 'second_factors', 'passkeys', 'jwks', 'lists', 'tasks', 'owners', 'events', 'idempotency_keys', 'account_receipts', 'task_labels'] loop
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
revoke all on public.tasks, public.lists from todo_log;
grant select, delete on public.tasks, public.lists to todo_log;
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
alter function public.log_list() owner to todo_log;
alter function public.log_task() owner to todo_log;
alter function public.check_log_deletion() owner to todo_log;
alter function public.trim_due_log(boolean) owner to todo_log;
alter function public.purge_idempotency_keys() owner to todo_log;
alter function public.check_bytes_quota() owner to todo_log;
alter function public.open_log() owner to todo_log;
alter function public.close_log() owner to todo_log;
alter function public.erase_log() owner to todo_log;
alter function public.keep_labels() owner to todo_log;
revoke create on schema public from todo_log;

-- Others may read which versions can serve the database, and how it must look. No other role has rights. A managed service may give each new table and function to
-- its own roles (default privileges). Row-level security does not stop them: they could name an owner, or empty a table.
create schema if not exists drizzle;
create table if not exists drizzle.schema_version (number integer not null, oldest integer not null, checksum text not null, catalog text not null, applied_at timestamptz not null);
do $$
declare
  statement text;
begin
  for statement in
    select distinct format('revoke all on %s %s from %s cascade', kind, object, coalesce(quote_ident(role_.rolname), 'public'))
    from (
      select 'table' as kind, format('%I.%I', space.nspname, table_.relname) as object, table_.relowner as owner, acl.grantee
      from pg_catalog.pg_class table_ join pg_catalog.pg_namespace space on space.oid = table_.relnamespace
      cross join lateral (
        select grantee from pg_catalog.aclexplode(table_.relacl)
        union select exploded.grantee from pg_catalog.pg_attribute column_ cross join pg_catalog.aclexplode(column_.attacl) exploded where column_.attrelid = table_.oid
      ) acl
      where table_.relkind in ('r', 'p') and (space.nspname = 'drizzle' or space.nspname = 'public' and table_.relname in ('account', 'account_receipts', 'events', 'idempotency_keys', 'jwks', 'lists', 'mails', 'owners', 'passkeys', 'rate_limit', 'retention', 'second_factors', 'security_events', 'session', 'task_labels', 'tasks', 'user', 'verification'))
      union
      select 'function', function_.oid::regprocedure::text, function_.proowner, acl.grantee
      from pg_catalog.pg_proc function_ cross join lateral pg_catalog.aclexplode(coalesce(function_.proacl, acldefault('f', function_.proowner))) acl
      where function_.pronamespace = 'public'::regnamespace and (function_.proname in ('entities_at', 'has_room', 'move_list', 'move_tasks', 'position_between', 'position_step', 'positions_around', 'positions_between', 'present_entities', 'purge_idempotency_keys', 'settle_tasks', 'state_digest', 'task_fault', 'task_tree', 'trim_due_log', 'trim_log') or exists (
        select from pg_catalog.pg_trigger trigger_ join pg_catalog.pg_class table_ on table_.oid = trigger_.tgrelid
        where trigger_.tgfoid = function_.oid and table_.relnamespace = 'public'::regnamespace and table_.relname in ('account', 'account_receipts', 'events', 'idempotency_keys', 'jwks', 'lists', 'mails', 'owners', 'passkeys', 'rate_limit', 'retention', 'second_factors', 'security_events', 'session', 'task_labels', 'tasks', 'user', 'verification')))
    ) right_
    left join pg_catalog.pg_roles role_ on role_.oid = right_.grantee
    where right_.grantee <> right_.owner and coalesce(role_.rolname, 'public') not in ('todo_backup', 'todo_identity', 'todo_log', 'todo_user', 'todo_watcher')
  loop
    execute statement;
  end loop;
end $$;
grant usage on schema drizzle to public;
grant select on drizzle.schema_version to public;
