CREATE TABLE "events" (
	"user_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"entity" text NOT NULL,
	"entity_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"action" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"was" timestamp(3) with time zone,
	"version" integer NOT NULL,
	"format" smallint NOT NULL,
	"mutation_id" uuid,
	"request_id" uuid,
	"fields" jsonb NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "events_pkey" PRIMARY KEY("user_id","seq"),
	CONSTRAINT "events_action" CHECK (action in ('created', 'edited', 'completed', 'reopened', 'removed', 'restored'))
);
--> statement-breakpoint
ALTER TABLE "events" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"user_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"group_id" uuid,
	"digest" "bytea",
	"seq" bigint NOT NULL,
	"answer" jsonb,
	"at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
ALTER TABLE "idempotency_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "owners" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"open" integer DEFAULT 0 NOT NULL,
	"completed" integer DEFAULT 0 NOT NULL,
	"last_seq" bigint DEFAULT 0 NOT NULL,
	"last_hash" "bytea" DEFAULT '\x' NOT NULL,
	"dropped_seq" bigint DEFAULT 0 NOT NULL,
	"dropped_hash" "bytea" DEFAULT '\x' NOT NULL,
	"dropped_state" "bytea",
	"converted_seq" bigint DEFAULT 0 NOT NULL,
	"converted_hash" "bytea" DEFAULT '\x' NOT NULL,
	CONSTRAINT "owners_task_quota" CHECK (open + completed <= 100000)
);
--> statement-breakpoint
ALTER TABLE "owners" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "tasks" DROP CONSTRAINT "tasks_updated_after_created";--> statement-breakpoint
ALTER TABLE "tasks" ALTER COLUMN "created_at" SET DATA TYPE timestamp(6) with time zone;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "search" text GENERATED ALWAYS AS (case when octet_length(title || ' ' || description) = char_length(title || ' ' || description) and title || ' ' || description collate "C" !~ '[\u0001-\u0008\u000e-\u001f\u007f]' then lower(title || ' ' || description collate "C") collate "default" else replace(replace(replace(lower(regexp_replace(normalize(title || ' ' || description, NFKD) collate "C", '[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u0300-\u036f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+', '', 'g') collate "und-x-icu"), 'ß', 'ss'), 'ς', 'σ'), 'ı', 'i') collate "default" end) STORED NOT NULL;--> statement-breakpoint
CREATE INDEX "events_entity_idx" ON "events" USING btree ("user_id","entity_id","seq");--> statement-breakpoint
CREATE INDEX "events_removed_idx" ON "events" USING btree ("user_id","seq") WHERE kind = 'delete';--> statement-breakpoint
CREATE INDEX "idempotency_keys_group_idx" ON "idempotency_keys" USING btree ("user_id","group_id") WHERE group_id is not null;