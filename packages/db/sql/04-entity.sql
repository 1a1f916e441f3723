-- This file is applied once for each entity that the contract declares; the declaration supplies the tokens in double braces.
--
-- The database sets the times and the version of a {{entity}}; owner, id and creation time never change. Rows that one transaction creates get creation times one
-- microsecond apart, in the given order. An id that was removed and is created again continues from its last version.
-- When a field is cleared, the fields that require it are cleared too.
-- The trigger also sets the search text. A generated column would be slower: PostgreSQL loads its expression again for every statement.
-- A setting is set by an assignment: PERFORM would run a query.
create or replace function public.stamp_{{entity}}() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  previous record;
  created integer;{{position_variables}}{{search_variables}}
begin{{search}}{{clearing}}{{refusals}}
  if tg_op = 'INSERT' then
    created := set_config('app.created', (coalesce(nullif(current_setting('app.created', true), '')::integer, 0) + 1)::text, true)::integer;
    new.created_at := date_trunc('milliseconds', now()) + (created - 1) * interval '1 microsecond';
    new.updated_at := date_trunc('milliseconds', now());
    new.version := 1;
    select e.kind, e.at, e.version, e.fields ->> 'created_at' as created_at into previous from public.events e
    where e.user_id = new.user_id and e.entity_id = new.id and e.entity = '{{entity}}' order by e.seq desc limit 1;
    if previous.kind = 'delete' then
      new.version := previous.version + 1;
      new.updated_at := greatest(new.updated_at, previous.at);
      if current_setting('app.action', true) = 'restored' then
        new.created_at := previous.created_at::timestamptz;
      end if;
    end if;{{position}}
    return new;
  end if;
  if (new.user_id, new.id, new.created_at) is distinct from (old.user_id, old.id, old.created_at) then
    raise exception 'the owner, the id and the creation time of a {{entity}} never change' using errcode = 'restrict_violation';
  end if;
  new.updated_at := old.updated_at;
  new.version := old.version;
  if ({{new}}) is distinct from ({{old}}) then
    new.updated_at := greatest(now(), old.updated_at);
    new.version := old.version + 1;
  end if;
  return new;
end $$;
revoke all on function public.stamp_{{entity}}() from public;

-- Every change to a {{entity}} adds an event to its owner's log in the same transaction, whichever role makes the change. One UPDATE of the owner's row numbers
-- the event, extends the hash chain and adjusts the counts and sizes. The next change in the transaction finds the row by its ctid: an index scan would read every older version.
create or replace function public.log_{{entity}}() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
  owner_ctid tid := nullif(current_setting('app.owner_ctid', true), '');
  mutation uuid := nullif(current_setting('app.mutation_id', true), '');
  request uuid := nullif(current_setting('app.request_id', true), '');
  event_action text := nullif(current_setting('app.action', true), '');
  current public.{{table}};
  event_kind text;
  event_at timestamptz(3);
  was timestamptz(3);
  changed jsonb := '{}';
  logged text;
  size integer;
  content bytea;
  event_seq bigint;
  event_hash bytea;{{count_variables}}
begin
  if tg_op = 'UPDATE' then
    if new.version = old.version then
      return null;
    end if;
    current := new;
    event_kind := 'update';
    event_action := coalesce(event_action, 'edited');
    event_at := new.updated_at;
    was := old.updated_at;{{differences}}
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
    changed := {{usual}};
    if {{has_others}} then
      changed := changed || {{others}};
    end if;
  end if;
  logged := changed::text;
  size := octet_length(logged) + {{event_bytes}};
  content := convert_to(concat_ws(' ', '{{entity}}', current.id, event_kind, event_action, (date_part('epoch', event_at) * 1000)::bigint,
    coalesce((date_part('epoch', was) * 1000)::bigint::text, '-'), current.version, 2, coalesce(mutation::text, '-'), coalesce(request::text, '-'), logged), 'UTF8');
  if owner_ctid is not null then
    update public.owners o set last_seq = o.last_seq + 1,
      last_hash = sha256(o.last_hash || (o.user_id::text || ' ' || (o.last_seq + 1)::text || ' ')::bytea || content),
      log_bytes = o.log_bytes + size, log_mb = (o.log_bytes + size) / 1000000, log_since = coalesce(o.log_since, event_at){{counts}}
    where o.user_id = current.user_id and o.ctid = owner_ctid returning o.last_seq, o.last_hash, o.ctid into event_seq, event_hash, owner_ctid;
  end if;
  if event_seq is null then
    update public.owners o set last_seq = o.last_seq + 1,
      last_hash = sha256(o.last_hash || (o.user_id::text || ' ' || (o.last_seq + 1)::text || ' ')::bytea || content),
      log_bytes = o.log_bytes + size, log_mb = (o.log_bytes + size) / 1000000, log_since = coalesce(o.log_since, event_at){{counts}}
    where o.user_id = current.user_id returning o.last_seq, o.last_hash, o.ctid into event_seq, event_hash, owner_ctid;
    if not found then
      if tg_op = 'INSERT' then -- the foreign key says the same before, where there is one
        raise exception 'the account was deleted: constraint "{{table}}_user_id_user_id_fk"' using errcode = 'foreign_key_violation', constraint = '{{table}}_user_id_user_id_fk';
      end if;
      return null; -- the account is being deleted, with all its data
    end if;
  end if;
  owner_ctid := set_config('app.owner_ctid', owner_ctid::text, true)::tid;
  insert into public.events (user_id, seq, entity, entity_id, kind, action, at, was, version, format, mutation_id, request_id, fields, hash)
  values (current.user_id, event_seq, '{{entity}}', current.id, event_kind, event_action, event_at, was, current.version, 2, mutation, request, changed, event_hash);
  return null;
end $$;
revoke all on function public.log_{{entity}}() from public;

drop trigger if exists {{table}}_10_stamp on public.{{table}};
create trigger {{table}}_10_stamp before insert or update on public.{{table}} for each row execute function public.stamp_{{entity}}();
drop trigger if exists {{table}}_20_log on public.{{table}};
create trigger {{table}}_20_log after insert or update or delete on public.{{table}} for each row execute function public.log_{{entity}}();
drop trigger if exists {{table}}_30_keep on public.{{table}};
create trigger {{table}}_30_keep before truncate on public.{{table}} for each statement execute function public.refuse_log_change();

-- Only the owner of a {{entity}} can read or write it; a statement fails when app.user_id is not set. The owner writes the declared columns, the database the others.
alter table public.{{table}} enable row level security, force row level security;
drop policy if exists owner on public.{{table}};
create policy owner on public.{{table}}
  using (user_id = current_setting('app.user_id')::uuid)
  with check (user_id = current_setting('app.user_id')::uuid);
revoke all on public.{{table}} from public, todo_user, todo_identity;
grant select, delete, insert (user_id, id, {{columns}}), update ({{columns}}) on public.{{table}} to todo_user;
