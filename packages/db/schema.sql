create role todo_identity nologin nosuperuser nobypassrls noinherit;
create role todo_user nologin nosuperuser nobypassrls noinherit;
grant usage on schema public to todo_identity;
grant usage on schema public to todo_user;
CREATE OR REPLACE FUNCTION public.count_tasks()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'INSERT' then
    insert into public.task_counters as counters (user_id, open, completed)
    select user_id, count(*) filter (where completed_at is null), count(completed_at) from added group by user_id order by user_id
    on conflict (user_id) do update
      set open = counters.open + excluded.open, completed = counters.completed + excluded.completed;
  elsif tg_op = 'DELETE' then
    update public.task_counters as counters
    set open = counters.open - gone.open, completed = counters.completed - gone.completed
    from (
      select user_id, count(*) filter (where completed_at is null) as open, count(completed_at) as completed from removed group by user_id
    ) as gone
    where counters.user_id = gone.user_id;
  else
    update public.task_counters as counters
    set open = counters.open - moved.completed, completed = counters.completed + moved.completed
    from (
      select user_id, sum(completed) as completed
      from (
        select user_id, count(completed_at) as completed from added group by user_id
        union all
        select user_id, -count(completed_at) from removed group by user_id
      ) as change
      group by user_id
    ) as moved
    where counters.user_id = moved.user_id and moved.completed <> 0;
  end if;
  return null;
end $function$;
-- may run it: triggers alone
CREATE OR REPLACE FUNCTION public.stamp_task()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
begin
  if tg_op = 'INSERT' then
    new.created_at := pg_catalog.now();
    new.updated_at := new.created_at;
    new.version := 1;
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
create policy identity on account as permissive for * to todo_identity using (true) with check (true);
grant delete, insert, select, update on account to todo_identity;

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
create policy identity on jwks as permissive for * to todo_identity using (true) with check (true);
grant delete, insert, select, update on jwks to todo_identity;

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
  open integer not null,
  user_id uuid not null
);
alter table task_counters add constraint task_counters_not_negative CHECK (((open >= 0) AND (completed >= 0)));
alter table task_counters add constraint task_counters_pkey PRIMARY KEY (user_id);
alter table task_counters add constraint task_counters_quota CHECK (((open + completed) <= 100000));
alter table task_counters add constraint task_counters_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE CASCADE;
alter table task_counters enable row level security, force row level security;
create policy owner on task_counters as permissive for * to public using (((pg_trigger_depth() > 0) OR (user_id =
CASE
    WHEN (pg_trigger_depth() = 0) THEN (current_setting('app.user_id'::text))::uuid
    ELSE NULL::uuid
END))) with check ((pg_trigger_depth() > 0));
grant select on task_counters to todo_user;

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
create policy owner on tasks as permissive for * to public using ((user_id = (current_setting('app.user_id'::text))::uuid)) with check ((user_id = (current_setting('app.user_id'::text))::uuid));
CREATE TRIGGER tasks_10_stamp BEFORE INSERT OR UPDATE ON public.tasks FOR EACH ROW EXECUTE FUNCTION stamp_task();
CREATE TRIGGER tasks_20_count_delete AFTER DELETE ON public.tasks REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_tasks();
CREATE TRIGGER tasks_20_count_insert AFTER INSERT ON public.tasks REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_tasks();
CREATE TRIGGER tasks_20_count_update AFTER UPDATE ON public.tasks REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_tasks();
grant delete, select on tasks to todo_user;
grant insert (description, id, title, user_id) on tasks to todo_user;
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
create policy identity on "user" as permissive for * to todo_identity using (true) with check (true);
grant delete, insert, select, update on "user" to todo_identity;

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
