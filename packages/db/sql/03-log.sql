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
  select sum({{event_size}}) into size from public.events e where e.user_id = owner and e.seq <= upto;
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
-- events, at most a tenth of the log or {{trim_events}}, whichever is more, but never more than four times {{trim_events}}; 0 if no log is due.
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
    select e.seq, e.at, {{event_size}} as size from public.events e where e.user_id = due.user_id
    order by e.seq limit greatest({{trim_events}}, least(4 * {{trim_events}}, (due.last_seq - due.dropped_seq) / 10))
  loop
    exit when event.at >= since and excess <= 0;
    excess := excess - event.size;
    upto := event.seq;
  end loop;
  return public.trim_log(due.user_id, upto);
end $$;
revoke all on function public.trim_due_log(boolean) from public;

-- Deletes idempotency keys that are older than {{key_days}} days, the oldest first. Returns how many, up to {{purge_rows}}.
create or replace function public.purge_idempotency_keys() returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  purged bigint;
begin
  perform set_config('app.user_id', '00000000-0000-0000-0000-000000000000', true);
  delete from public.idempotency_keys k where (k.user_id, k.id) in (
    select old.user_id, old.id from public.idempotency_keys old where old.at < now() - interval '{{key_days}} days' order by old.at limit {{purge_rows}});
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
{{erase_entities}}
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
