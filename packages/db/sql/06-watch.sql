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
insert into public.retention (log_days, log_mb) select {{log_days}}, {{log_mb}} where not exists (select from public.retention);
