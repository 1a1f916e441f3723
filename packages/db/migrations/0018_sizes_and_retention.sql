-- Counts the bytes of existing tasks and logs. The first statements lock the tables in the order of a change, so they wait for changes of an older version that are
-- running, without a deadlock, and later ones wait for this migration. The owner of the tables sees no rows while row security is forced on it.
alter table public.tasks no force row level security;--> statement-breakpoint
alter table public.owners no force row level security;--> statement-breakpoint
alter table public.events no force row level security;--> statement-breakpoint
CREATE TABLE "retention" (
	"log_days" integer NOT NULL,
	"log_mb" integer NOT NULL,
	CONSTRAINT "retention_positive" CHECK (log_days >= 1 and log_mb >= 1)
);--> statement-breakpoint
ALTER TABLE "retention" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "owners" ADD COLUMN "task_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "owners" ADD COLUMN "log_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "owners" ADD COLUMN "log_mb" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "owners" ADD COLUMN "log_since" timestamp(3) with time zone;--> statement-breakpoint
update public.owners o set task_bytes = t.bytes
from (select user_id, sum(octet_length(title) + octet_length(description)) as bytes from public.tasks group by user_id) t where t.user_id = o.user_id;--> statement-breakpoint
update public.owners o set log_bytes = e.bytes, log_mb = e.bytes / 1000000,
  log_since = (select f.at from public.events f where f.user_id = o.user_id and f.seq = o.dropped_seq + 1)
from (select user_id, sum(octet_length(fields::text) + 400)::bigint as bytes from public.events group by user_id) e where e.user_id = o.user_id;--> statement-breakpoint
CREATE INDEX "idempotency_keys_at_idx" ON "idempotency_keys" USING btree ("at");--> statement-breakpoint
CREATE INDEX "owners_log_mb_idx" ON "owners" USING btree ("log_mb") WHERE log_mb > 0;--> statement-breakpoint
CREATE INDEX "owners_log_since_idx" ON "owners" USING btree ("log_since");--> statement-breakpoint
CREATE INDEX "session_updated_at_idx" ON "session" USING btree ("updated_at");--> statement-breakpoint
CREATE INDEX "verification_expires_at_idx" ON "verification" USING btree ("expires_at");--> statement-breakpoint
alter table public.tasks force row level security;--> statement-breakpoint
alter table public.owners force row level security;--> statement-breakpoint
alter table public.events force row level security;--> statement-breakpoint
drop function if exists public.cut_log(uuid, bigint);--> statement-breakpoint
drop function if exists public.trim_log(uuid, timestamp with time zone);
