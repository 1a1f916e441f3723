DROP TABLE "mutations" CASCADE;--> statement-breakpoint
DROP TABLE "task_counters" CASCADE;--> statement-breakpoint
DROP TABLE "task_events" CASCADE;