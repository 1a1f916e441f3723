-- todo_watcher sees how many changes each owner's log has, and nothing of what they are.
drop policy if exists watcher on public.owners;
create policy watcher on public.owners for select to todo_watcher using (true);
revoke all on public.owners from todo_watcher;
grant select (user_id, last_seq) on public.owners to todo_watcher;
