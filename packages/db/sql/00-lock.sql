-- These files lock all tables. Those that a call locks together come first, in the order in which it does: otherwise it could wait for one while it holds another.
lock table public."user", {{entity_tables}}, public.idempotency_keys, public.owners, public.events, public.task_labels in access exclusive mode;
