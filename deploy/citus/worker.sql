-- On each worker, by an administrator: the coordinator connects with the role that a transaction has set. On the coordinator these roles cannot log in.
set citus.enable_alter_role_propagation = off;
alter role todo_user login;
alter role todo_watcher login;
alter role todo_backup login;
alter role todo_log login;
