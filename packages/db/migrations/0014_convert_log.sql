-- The log of tasks becomes the log of every entity: full rows become events that say what changed. Numbers stay. The old chain is verified first; the first new
-- event is hashed with the old head before it, and that head stays recorded. The owner of the tables sees no rows while row security is forced on it.
alter table public.tasks no force row level security;
alter table public.task_counters no force row level security;
alter table public.task_events no force row level security;
alter table public.mutations no force row level security;
alter table public.owners no force row level security;
alter table public.events no force row level security;
alter table public.idempotency_keys no force row level security;
--> statement-breakpoint
do $$
declare
  fault record;
begin
  if current_setting('app.accept_unsound', true) = 'on' then
    return;
  end if;
  select * into fault from (
    select e.user_id, e.seq from (
      select event.user_id, event.seq, event.hash, public.event_content(event) as content, c.dropped_seq, c.dropped_hash,
        lag(event.hash) over log as before, lag(event.seq) over log as seq_before
      from public.task_events event join public.task_counters c on c.user_id = event.user_id
      where event.seq > c.dropped_seq window log as (partition by event.user_id order by event.seq)
    ) e
    where e.hash is distinct from sha256(coalesce(e.before, e.dropped_hash, '') || e.content) or e.seq <> coalesce(e.seq_before, e.dropped_seq) + 1
    union all
    select c.user_id, c.dropped_seq from public.task_counters c
    where c.dropped_seq > 0 and c.kept_hash is distinct from public.digest_events(c.user_id, c.dropped_seq)
    union all
    select c.user_id, c.last_seq from public.task_counters c
    where c.last_seq <> coalesce((select max(e.seq) from public.task_events e where e.user_id = c.user_id), 0)
    union all
    select u.id, min(e.seq) from public."user" u join public.task_events e on e.user_id = u.id
    where not exists (select from public.task_counters c where c.user_id = u.id) group by u.id
    union all
    select coalesce(t.user_id, n.user_id), coalesce(n.seq, 0)
    from public.tasks t full join (
      select distinct on (e.user_id, e.task_id) e.* from public.task_events e order by e.user_id, e.task_id, e.seq desc
    ) n on n.user_id = t.user_id and n.task_id = t.id
    where (t.title, t.description, t.completed_at, t.created_at, t.updated_at, t.version)
      is distinct from (n.title, n.description, n.completed_at, n.created_at, n.updated_at, n.version)
  ) faults order by user_id, seq limit 1;
  if found then
    raise exception 'the log of % is broken at event %; the version before this one says more with "pnpm db verify-log"', fault.user_id, fault.seq
      using errcode = 'data_corrupted';
  end if;
end $$;
--> statement-breakpoint
insert into public.owners (user_id, open, completed, last_seq, last_hash, dropped_seq, dropped_hash, converted_seq, converted_hash)
select u.id, coalesce(c.open, 0), coalesce(c.completed, 0), n.last_seq, coalesce(e.hash, ''), coalesce(c.dropped_seq, 0), coalesce(e.hash, ''),
  n.last_seq, coalesce(e.hash, '')
from public."user" u
left join public.task_counters c on c.user_id = u.id
cross join lateral (select coalesce(c.last_seq, (select max(e.seq) from public.task_events e where e.user_id = u.id), 0) as last_seq) n
left join public.task_events e on e.user_id = u.id and e.seq = n.last_seq;
--> statement-breakpoint
insert into public.idempotency_keys (user_id, id, seq, at)
select m.user_id, m.id, m.seq, m.at from public.mutations m join public."user" u on u.id = m.user_id;
--> statement-breakpoint
do $$
declare
  event public.events;
  former record;
begin
  perform set_config('timezone', 'UTC', true);
  for former in
    with log as (
      select e.*, e.version is not null as is_there, lag(e.version is not null) over task as was_there, lag(e.version) over task as version_before,
        lag(e.updated_at) over task as updated_before,
        jsonb_build_object('title', e.title, 'description', nullif(e.description, ''), 'completed_at', e.completed_at) as fields,
        lag(jsonb_build_object('title', e.title, 'description', nullif(e.description, ''), 'completed_at', e.completed_at)) over task as fields_before,
        lag(e.created_at) over task as created_before
      from public.task_events e window task as (partition by e.user_id, e.task_id order by e.seq)
    )
    select log.* from log join public.owners o on o.user_id = log.user_id where log.seq > o.dropped_seq order by log.user_id, log.seq
  loop
    if event.user_id is distinct from former.user_id then
      update public.owners set last_hash = event.hash where user_id = event.user_id;
      select o.converted_hash into event.hash from public.owners o where o.user_id = former.user_id;
    end if;
    event.user_id := former.user_id;
    event.seq := former.seq;
    event.entity := 'task';
    event.entity_id := former.task_id;
    event.kind := case when not former.is_there then 'delete' when former.was_there then 'update' else 'insert' end;
    event.action := former.action;
    event.at := coalesce(former.updated_at, greatest(former.at, former.updated_before));
    event.was := case when former.was_there then former.updated_before end;
    event.version := coalesce(former.version, former.version_before);
    event.format := 1;
    event.mutation_id := former.mutation_id;
    event.request_id := former.request_id;
    event.fields := case event.kind
      when 'insert' then jsonb_strip_nulls(former.fields || jsonb_build_object('created_at', former.created_at))
      when 'delete' then jsonb_strip_nulls(former.fields_before || jsonb_build_object('created_at', former.created_before))
      else (select coalesce(jsonb_object_agg(f.key, jsonb_build_array(former.fields_before -> f.key, f.value)), '{}')
        from jsonb_each(former.fields) f where f.value is distinct from former.fields_before -> f.key) end;
    event.hash := sha256(event.hash || convert_to(concat_ws(' ', event.user_id, event.seq, event.entity, event.entity_id, event.kind, event.action,
      (date_part('epoch', event.at) * 1000)::bigint, coalesce((date_part('epoch', event.was) * 1000)::bigint::text, '-'), event.version, event.format,
      coalesce(event.mutation_id::text, '-'), coalesce(event.request_id::text, '-'), event.fields), 'UTF8'));
    insert into public.events values (event.*);
  end loop;
  update public.owners set last_hash = event.hash where user_id = event.user_id;
  update public.owners o set dropped_state = public.state_digest(o.user_id, o.dropped_seq) where o.dropped_seq > 0;
end $$;
--> statement-breakpoint
drop policy log on public."user";
revoke all on public."user", public.tasks from todo_log;
drop trigger user_10_receipt on public."user";
drop trigger user_20_erase on public."user";
drop function public.keep_log() cascade;
drop function public.leave_receipt();
drop function public.erase_account();
drop function public.digest_events(uuid, bigint);
drop function public.event_content(public.task_events);
alter table public.tasks force row level security;
alter table public.owners force row level security;
alter table public.events force row level security;
alter table public.idempotency_keys force row level security;
