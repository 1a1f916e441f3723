create role todo_backup nologin nosuperuser nobypassrls noinherit;
create role todo_identity nologin nosuperuser nobypassrls noinherit;
create role todo_log nologin nosuperuser nobypassrls noinherit;
create role todo_user nologin nosuperuser nobypassrls noinherit;
create role todo_watcher nologin nosuperuser nobypassrls noinherit;
grant usage on schema public to todo_backup;
grant usage on schema public to todo_identity;
grant usage on schema public to todo_log;
grant usage on schema public to todo_user;
grant usage on schema public to todo_watcher;
CREATE OR REPLACE FUNCTION public.digest_events(owner uuid, upto bigint)
 RETURNS bytea
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select pg_catalog.sha256(coalesce(pg_catalog.string_agg(pg_catalog.sha256(public.event_content(event) || event.hash), '' order by event.seq), ''))
  from public.task_events event where event.user_id = owner and event.seq <= upto
$function$;
-- may run it: todo_log
CREATE OR REPLACE FUNCTION public.erase_account()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  delete from public.task_events where user_id = old.id;
  delete from public.mutations where user_id = old.id;
  delete from public.task_counters where user_id = old.id;
  return null;
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.event_content(event task_events)
 RETURNS bytea
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  select pg_catalog.convert_to(pg_catalog.jsonb_build_array(
    event.user_id, event.seq, event.task_id, event.action, (pg_catalog.date_part('epoch', event.at) * 1000)::bigint, event.mutation_id, event.request_id,
    event.title, event.description, (pg_catalog.date_part('epoch', event.completed_at) * 1000)::bigint,
    (pg_catalog.date_part('epoch', event.created_at) * 1000)::bigint, (pg_catalog.date_part('epoch', event.updated_at) * 1000)::bigint, event.version
  )::text, 'UTF8')
$function$;
-- may run it: todo_log
CREATE OR REPLACE FUNCTION public.keep_log()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  owner uuid := nullif(pg_catalog.current_setting('app.user_id', true), '');
  cut bigint := nullif(pg_catalog.current_setting('app.trim_to', true), '');
begin
  if tg_op = 'DELETE' then
    if not exists (select from removed join public."user" u on u.id = removed.user_id) then
      return null;
    end if;
    if cut is not null and not exists (select from removed where user_id is distinct from owner or seq > cut) and not exists (
      select from (
        select distinct on (task_id) action, gone
        from (select task_id, seq, action, true as gone from removed
          union all select task_id, seq, action, false from public.task_events where user_id = owner and seq <= cut) event
        order by task_id, seq desc
      ) newest where gone and action <> 'removed'
    ) then
      update public.task_counters c
      set dropped_seq = cut,
        dropped_hash = case when cut = c.dropped_seq then c.dropped_hash
          else coalesce((select hash from removed where seq = cut), (select hash from public.task_events where user_id = owner and seq = cut)) end,
        kept_hash = public.digest_events(owner, cut)
      where c.user_id = owner and cut between c.dropped_seq and c.last_seq and not exists (select from removed where seq = c.last_seq);
      if found then
        return null;
      end if;
    end if;
  end if;
  raise exception 'the log of tasks only grows' using errcode = 'restrict_violation';
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.leave_receipt()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform pg_catalog.set_config('app.user_id', old.id::text, true);
  perform from public.tasks where user_id = old.id order by id for update;
  insert into public.account_receipts (id, deleted_at, last_seq, last_hash)
  select pg_catalog.gen_random_uuid(), pg_catalog.now(), c.last_seq, (select e.hash from public.task_events e where e.user_id = old.id and e.seq = c.last_seq)
  from public.task_counters c where c.user_id = old.id;
  return old;
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.log_task()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  owner uuid := coalesce(new.user_id, old.user_id);
  place tid := nullif(pg_catalog.current_setting('app.counters_at', true), '');
  more_completed integer := (new.completed_at is not null)::integer - (old.completed_at is not null)::integer;
  more_open integer := (new.id is not null)::integer - (old.id is not null)::integer - more_completed;
  event public.task_events;
begin
  if new.version = old.version then
    return null;
  end if;
  if tg_op = 'DELETE' then
    perform from public."user" u where u.id = owner;
    if not found then
      return null;
    end if;
  end if;
  loop
    if place is null then
      update public.task_counters c set last_seq = c.last_seq + 1, open = c.open + more_open, completed = c.completed + more_completed
      where c.user_id = owner returning c.last_seq, c.ctid into event.seq, place;
    else
      update public.task_counters c set last_seq = c.last_seq + 1, open = c.open + more_open, completed = c.completed + more_completed
      where c.user_id = owner and c.ctid = place returning c.last_seq, c.ctid into event.seq, place;
    end if;
    exit when found;
    place := null;
    insert into public.task_counters (user_id, open, completed) values (owner, 0, 0) on conflict do nothing;
  end loop;
  perform pg_catalog.set_config('app.counters_at', place::text, true);
  event.user_id := owner;
  event.task_id := coalesce(new.id, old.id);
  event.action := case
    when new.id is null then 'removed'
    when pg_catalog.current_setting('app.action', true) = 'restored' then 'restored'
    when old.id is null then 'created'
    when old.completed_at is null and new.completed_at is not null then 'completed'
    when old.completed_at is not null and new.completed_at is null then 'reopened'
    else 'edited' end;
  event.at := pg_catalog.now();
  event.mutation_id := nullif(pg_catalog.current_setting('app.mutation_id', true), '');
  event.request_id := nullif(pg_catalog.current_setting('app.request_id', true), '');
  event.title := new.title;
  event.description := new.description;
  event.completed_at := new.completed_at;
  event.created_at := new.created_at;
  event.updated_at := new.updated_at;
  event.version := new.version;
  insert into public.task_events values (
    event.user_id, event.seq, event.task_id, event.action, event.at, event.mutation_id, event.request_id,
    event.title, event.description, event.completed_at, event.created_at, event.updated_at, event.version,
    pg_catalog.sha256(
      coalesce((select e.hash from public.task_events e where e.user_id = owner and e.seq = event.seq - 1), '') || public.event_content(event)));
  return null;
end $function$;
-- may run it: triggers alone
-- belongs to: todo_log
CREATE OR REPLACE FUNCTION public.stamp_task()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if tg_op = 'INSERT' then
    new.created_at := pg_catalog.now();
    new.updated_at := new.created_at;
    new.version := 1;
    if pg_catalog.current_setting('app.action', true) = 'restored' then
      select least(new.created_at, event.created_at), event.version + 1 into new.created_at, new.version
      from public.task_events event
      where event.user_id = new.user_id and event.task_id = new.id and event.version is not null
      order by event.seq desc limit 1;
    end if;
    return new;
  end if;
  if (new.user_id, new.id, new.created_at) is distinct from (old.user_id, old.id, old.created_at) then
    raise exception 'the owner, the id and the creation time of a task never change' using errcode = 'restrict_violation';
  end if;
  new.updated_at := old.updated_at;
  new.version := old.version;
  if new is distinct from old then
    new.updated_at := greatest(pg_catalog.now(), old.updated_at);
    new.version := old.version + 1;
  end if;
  return new;
end $function$;
-- may run it: triggers alone
CREATE OR REPLACE FUNCTION public.trim_log(owner uuid, before timestamp with time zone)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
declare
  counters public.task_counters;
  cut bigint;
  dropped bigint;
begin
  perform pg_catalog.set_config('app.user_id', owner::text, true);
  select * into counters from public.task_counters c where c.user_id = owner for update;
  select e.seq into cut from public.task_events e
  where e.user_id = owner and e.seq > counters.dropped_seq and e.at >= before order by e.seq limit 1;
  cut := coalesce(cut - 1, counters.last_seq);
  perform pg_catalog.set_config('app.trim_to', cut::text, true);
  with newest as (
    select distinct on (e.task_id) e.seq, e.action from public.task_events e where e.user_id = owner and e.seq <= cut order by e.task_id, e.seq desc
  )
  delete from public.task_events e
  where e.user_id = owner and e.seq <= cut and e.seq < counters.last_seq
    and not exists (select from newest where newest.seq = e.seq and newest.action <> 'removed');
  get diagnostics dropped = row_count;
  perform pg_catalog.set_config('app.trim_to', '', true);
  delete from public.mutations m where m.user_id = owner and m.at < before;
  return dropped;
end $function$;
-- may run it: triggers alone

create table account (
  access_token text,
  access_token_expires_at timestamp(3) with time zone,
  account_id text not null,
  created_at timestamp(3) with time zone not null,
  id uuid not null,
  id_token text,
  password text,
  provider_id text not null,
  refresh_token text,
  refresh_token_expires_at timestamp(3) with time zone,
  scope text,
  updated_at timestamp(3) with time zone not null,
  user_id uuid not null
);
alter table account add constraint account_pkey PRIMARY KEY (id);
alter table account add constraint account_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
CREATE INDEX account_user_id_idx ON public.account USING btree (user_id);
alter table account enable row level security, no force row level security;
create policy backup on account as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy identity on account as permissive for * to todo_identity using (true) with check (true);
grant delete, insert, select, update on account to todo_identity;
grant select (account_id, created_at, id, password, provider_id, scope, updated_at, user_id) on account to todo_backup;

create table account_receipts (
  deleted_at timestamp(3) with time zone not null,
  id uuid not null,
  last_hash bytea,
  last_seq bigint not null
);
alter table account_receipts add constraint account_receipts_pkey PRIMARY KEY (id);
alter table account_receipts enable row level security, no force row level security;
create policy backup on account_receipts as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy log on account_receipts as permissive for * to todo_log using ((CURRENT_USER = 'todo_log'::name)) with check ((CURRENT_USER = 'todo_log'::name));
grant select on account_receipts to todo_backup;
grant insert on account_receipts to todo_log;

create table jwks (
  alg text,
  created_at timestamp(3) with time zone not null,
  crv text,
  expires_at timestamp(3) with time zone,
  id uuid not null,
  private_key text not null,
  public_key text not null
);
alter table jwks add constraint jwks_pkey PRIMARY KEY (id);
alter table jwks enable row level security, no force row level security;
create policy backup on jwks as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy identity on jwks as permissive for * to todo_identity using (true) with check (true);
grant select on jwks to todo_backup;
grant delete, insert, select, update on jwks to todo_identity;

create table mutations (
  at timestamp(3) with time zone not null,
  call bytea not null,
  id uuid not null,
  seq bigint not null,
  user_id uuid not null
);
alter table mutations add constraint mutations_pkey PRIMARY KEY (user_id, id);
alter table mutations enable row level security, force row level security;
create policy backup on mutations as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy log on mutations as permissive for * to todo_log using ((CURRENT_USER = 'todo_log'::name)) with check ((CURRENT_USER = 'todo_log'::name));
create policy owner on mutations as permissive for * to public using ((user_id = (current_setting('app.user_id'::text))::uuid)) with check ((user_id = (current_setting('app.user_id'::text))::uuid));
grant select on mutations to todo_backup;
grant delete on mutations to todo_log;
grant insert, select on mutations to todo_user;
grant select (user_id) on mutations to todo_log;

create table rate_limit (
  count integer not null,
  id uuid not null,
  key text not null,
  last_request bigint not null
);
alter table rate_limit add constraint rate_limit_key_key UNIQUE (key);
alter table rate_limit add constraint rate_limit_pkey PRIMARY KEY (id);
alter table rate_limit enable row level security, no force row level security;
create policy identity on rate_limit as permissive for * to todo_identity using (true) with check (true);
grant delete, insert, select, update on rate_limit to todo_identity;

create table session (
  created_at timestamp(3) with time zone not null,
  expires_at timestamp(3) with time zone not null,
  id uuid not null,
  ip_address text,
  token text not null,
  updated_at timestamp(3) with time zone not null,
  user_agent text,
  user_id uuid not null
);
alter table session add constraint session_pkey PRIMARY KEY (id);
alter table session add constraint session_token_key UNIQUE (token);
alter table session add constraint session_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
CREATE INDEX session_user_id_idx ON public.session USING btree (user_id);
alter table session enable row level security, no force row level security;
create policy identity on session as permissive for * to todo_identity using (true) with check (true);
grant delete, insert, select, update on session to todo_identity;

create table task_counters (
  completed integer not null,
  dropped_hash bytea,
  dropped_seq bigint not null default 0,
  kept_hash bytea,
  last_seq bigint not null default 0,
  open integer not null,
  user_id uuid not null
);
alter table task_counters add constraint task_counters_pkey PRIMARY KEY (user_id);
alter table task_counters add constraint task_counters_quota CHECK (((open + completed) <= 100000));
alter table task_counters enable row level security, force row level security;
create policy backup on task_counters as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy log on task_counters as permissive for * to todo_log using ((CURRENT_USER = 'todo_log'::name)) with check ((CURRENT_USER = 'todo_log'::name));
create policy owner on task_counters as permissive for * to public using ((user_id =
CASE
    WHEN (CURRENT_USER <> 'todo_log'::name) THEN (current_setting('app.user_id'::text))::uuid
    ELSE NULL::uuid
END)) with check (false);
create policy watcher on task_counters as permissive for r to todo_watcher using (true) with check (none);
grant select on task_counters to todo_backup;
grant delete, insert, select, update on task_counters to todo_log;
grant select on task_counters to todo_user;
grant select (last_seq, user_id) on task_counters to todo_watcher;

create table task_events (
  action text not null,
  at timestamp(3) with time zone not null,
  completed_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone,
  description text,
  hash bytea not null,
  mutation_id uuid,
  request_id uuid,
  seq bigint not null,
  task_id uuid not null,
  title text,
  updated_at timestamp(3) with time zone,
  user_id uuid not null,
  version integer
);
alter table task_events add constraint task_events_action CHECK ((action = ANY (ARRAY['created'::text, 'edited'::text, 'completed'::text, 'reopened'::text, 'removed'::text, 'restored'::text])));
alter table task_events add constraint task_events_pkey PRIMARY KEY (user_id, seq);
CREATE INDEX task_events_removed_idx ON public.task_events USING btree (user_id, seq) WHERE (action = 'removed'::text);
CREATE INDEX task_events_task_idx ON public.task_events USING btree (user_id, task_id, seq);
alter table task_events enable row level security, force row level security;
create policy backup on task_events as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy log on task_events as permissive for * to todo_log using ((CURRENT_USER = 'todo_log'::name)) with check ((CURRENT_USER = 'todo_log'::name));
create policy owner on task_events as permissive for * to public using ((user_id =
CASE
    WHEN (CURRENT_USER <> 'todo_log'::name) THEN (current_setting('app.user_id'::text))::uuid
    ELSE NULL::uuid
END)) with check (false);
CREATE TRIGGER task_events_10_keep_delete AFTER DELETE ON public.task_events REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION keep_log();
CREATE TRIGGER task_events_10_keep_update BEFORE UPDATE OR TRUNCATE ON public.task_events FOR EACH STATEMENT EXECUTE FUNCTION keep_log();
grant select on task_events to todo_backup;
grant delete, insert, select on task_events to todo_log;
grant select on task_events to todo_user;

create table tasks (
  completed_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone not null,
  description text not null default ''::text,
  id uuid not null,
  title text not null,
  updated_at timestamp(3) with time zone not null,
  user_id uuid not null,
  version integer not null
);
alter table tasks add constraint tasks_description_length CHECK ((char_length(description) <= 10000));
alter table tasks add constraint tasks_pkey PRIMARY KEY (user_id, id);
alter table tasks add constraint tasks_title_length CHECK (((char_length(title) >= 1) AND (char_length(title) <= 500)));
alter table tasks add constraint tasks_title_not_blank CHECK ((title ~ '\S'::text));
alter table tasks add constraint tasks_updated_after_created CHECK ((updated_at >= created_at));
alter table tasks add constraint tasks_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
alter table tasks add constraint tasks_version_positive CHECK ((version >= 1));
CREATE INDEX tasks_completed_newest_idx ON public.tasks USING btree (user_id, created_at, id) WHERE (completed_at IS NOT NULL);
CREATE INDEX tasks_newest_idx ON public.tasks USING btree (user_id, created_at, id);
CREATE INDEX tasks_open_newest_idx ON public.tasks USING btree (user_id, created_at, id) WHERE (completed_at IS NULL);
CREATE INDEX tasks_title_idx ON public.tasks USING btree (user_id, title, id);
CREATE INDEX tasks_updated_idx ON public.tasks USING btree (user_id, updated_at, id);
alter table tasks enable row level security, force row level security;
create policy backup on tasks as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy owner on tasks as permissive for * to public using ((user_id = (current_setting('app.user_id'::text))::uuid)) with check ((user_id = (current_setting('app.user_id'::text))::uuid));
CREATE TRIGGER tasks_10_stamp BEFORE INSERT OR UPDATE ON public.tasks FOR EACH ROW EXECUTE FUNCTION stamp_task();
CREATE TRIGGER tasks_20_log AFTER INSERT OR DELETE OR UPDATE ON public.tasks FOR EACH ROW EXECUTE FUNCTION log_task();
CREATE TRIGGER tasks_30_keep BEFORE TRUNCATE ON public.tasks FOR EACH STATEMENT EXECUTE FUNCTION keep_log();
grant select on tasks to todo_backup;
grant delete, select on tasks to todo_user;
grant select (id, user_id) on tasks to todo_log;
grant update (id) on tasks to todo_log;
grant insert (completed_at, description, id, title, user_id) on tasks to todo_user;
grant update (completed_at, description, title) on tasks to todo_user;

create table "user" (
  created_at timestamp(3) with time zone not null,
  email text not null,
  email_verified boolean not null,
  id uuid not null,
  image text,
  name text not null,
  updated_at timestamp(3) with time zone not null
);
alter table "user" add constraint user_email_key UNIQUE (email);
alter table "user" add constraint user_pkey PRIMARY KEY (id);
alter table "user" enable row level security, no force row level security;
create policy backup on "user" as permissive for r to todo_backup using ((CURRENT_USER = 'todo_backup'::name)) with check (none);
create policy identity on "user" as permissive for * to todo_identity using (true) with check (true);
create policy log on "user" as permissive for * to todo_log using ((CURRENT_USER = 'todo_log'::name)) with check ((CURRENT_USER = 'todo_log'::name));
CREATE TRIGGER user_10_receipt BEFORE DELETE ON public."user" FOR EACH ROW EXECUTE FUNCTION leave_receipt();
CREATE TRIGGER user_20_erase AFTER DELETE ON public."user" FOR EACH ROW EXECUTE FUNCTION erase_account();
grant select on "user" to todo_backup;
grant delete, insert, select, update on "user" to todo_identity;
grant select (id) on "user" to todo_log;

create table verification (
  created_at timestamp(3) with time zone not null,
  expires_at timestamp(3) with time zone not null,
  id uuid not null,
  identifier text not null,
  updated_at timestamp(3) with time zone not null,
  value text not null
);
alter table verification add constraint verification_pkey PRIMARY KEY (id);
CREATE INDEX verification_identifier_idx ON public.verification USING btree (identifier);
alter table verification enable row level security, no force row level security;
create policy identity on verification as permissive for * to todo_identity using (true) with check (true);
grant delete, insert, select, update on verification to todo_identity;
