-- todo_watcher reads the position at which each owner's log ends, and no events.
drop policy if exists watcher on public.owners;
create policy watcher on public.owners for select to todo_watcher using (true);
revoke all on public.owners from todo_watcher;
grant select (user_id, last_seq) on public.owners to todo_watcher;
