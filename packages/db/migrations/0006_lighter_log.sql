ALTER TABLE "task_counters" DROP CONSTRAINT "task_counters_not_negative";--> statement-breakpoint
ALTER TABLE "task_counters" DROP CONSTRAINT "task_counters_dropped";--> statement-breakpoint
ALTER TABLE "task_events" DROP CONSTRAINT "task_events_seq_positive";--> statement-breakpoint
ALTER TABLE "task_events" DROP CONSTRAINT "task_events_task_unless_removed";