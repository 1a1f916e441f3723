-- todo_watcher sees how many changes each owner's log has, and nothing of what they are.
drop policy if exists watcher on public.task_counters;
create policy watcher on public.task_counters for select to todo_watcher using (true);
revoke all on public.task_counters from todo_watcher;
grant select (user_id, last_seq) on public.task_counters to todo_watcher;
