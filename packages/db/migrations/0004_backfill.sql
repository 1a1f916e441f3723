-- Tasks that were made before there was a log begin it, in the order in which they last changed. The owner of the tables may not see rows while row security is forced on it.
alter table public.tasks no force row level security;
alter table public.task_counters no force row level security;
alter table public.task_events no force row level security;

do $$
declare
  task public.tasks;
  event public.task_events;
begin
  for task in select * from public.tasks order by user_id, updated_at, id loop
    if event.user_id is distinct from task.user_id then
      event.user_id := task.user_id;
      event.seq := 0;
      event.hash := '';
    end if;
    event.seq := event.seq + 1;
    event.task_id := task.id;
    event.action := 'created';
    event.at := now();
    event.title := task.title;
    event.description := task.description;
    event.completed_at := task.completed_at;
    event.created_at := task.created_at;
    event.updated_at := task.updated_at;
    event.version := task.version;
    event.hash := sha256(event.hash || public.event_content(event));
    insert into public.task_events values (event.*);
  end loop;
  update public.task_counters counters
  set last_seq = (select count(*) from public.task_events events where events.user_id = counters.user_id);
end $$;

alter table public.tasks force row level security;
alter table public.task_counters force row level security;
alter table public.task_events force row level security;
