CREATE TABLE "account_receipts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"deleted_at" timestamp(3) with time zone NOT NULL,
	"last_seq" bigint NOT NULL,
	"last_hash" "bytea"
);
--> statement-breakpoint
ALTER TABLE "account_receipts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "mutations" (
	"user_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"call" "bytea" NOT NULL,
	"seq" bigint NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "mutations_pkey" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
ALTER TABLE "mutations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "task_events" (
	"user_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"task_id" uuid NOT NULL,
	"action" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"mutation_id" uuid,
	"request_id" uuid,
	"title" text,
	"description" text,
	"completed_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone,
	"updated_at" timestamp(3) with time zone,
	"version" integer,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "task_events_pkey" PRIMARY KEY("user_id","seq"),
	CONSTRAINT "task_events_action" CHECK (action in ('created', 'edited', 'completed', 'reopened', 'removed', 'restored')),
	CONSTRAINT "task_events_seq_positive" CHECK (seq >= 1),
	CONSTRAINT "task_events_task_unless_removed" CHECK ((action = 'removed') = (version is null))
);
--> statement-breakpoint
ALTER TABLE "task_events" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "task_counters" ADD COLUMN "last_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "task_counters" ADD COLUMN "dropped_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "task_counters" ADD COLUMN "dropped_hash" "bytea";--> statement-breakpoint
ALTER TABLE "task_counters" ADD COLUMN "kept_hash" "bytea";--> statement-breakpoint
CREATE INDEX "task_events_task_idx" ON "task_events" USING btree ("user_id","task_id","seq");--> statement-breakpoint
CREATE INDEX "task_events_removed_idx" ON "task_events" USING btree ("user_id","seq") WHERE action = 'removed';--> statement-breakpoint
ALTER TABLE "task_counters" ADD CONSTRAINT "task_counters_dropped" CHECK (dropped_seq = 0 or (dropped_seq <= last_seq and dropped_hash is not null and kept_hash is not null));