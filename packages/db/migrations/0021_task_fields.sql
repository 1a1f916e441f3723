ALTER TABLE "tasks" ADD COLUMN "priority" text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "labels" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "start_date" date;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "due_date" date;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "due_time" text;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "time_zone" text;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "recurrence" text;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "repeat_from" text DEFAULT 'due' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "reminders" integer[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_start_date_range" CHECK (start_date between '1000-01-01' and '9999-12-31');--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_due_date_range" CHECK (due_date between '1000-01-01' and '9999-12-31');--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_due_time_form" CHECK (due_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$');--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_time_zone_form" CHECK (char_length(time_zone) <= 64 and time_zone ~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2})$');--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_recurrence_length" CHECK (char_length(recurrence) between 1 and 500);--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_reminders_range" CHECK (0 <= all (reminders) and 525600 >= all (reminders));--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_due_time_requires_due_date" CHECK (due_date is not null or due_time is null);--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_time_zone_requires_due_time" CHECK (due_time is not null or time_zone is null);--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_recurrence_requires_due_date" CHECK (due_date is not null or recurrence is null);--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_reminders_requires_due_date" CHECK (due_date is not null or reminders = '{}');--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_priority_choice" CHECK (priority in ('none', 'low', 'medium', 'high'));--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_repeat_from_choice" CHECK (repeat_from in ('due', 'completion'));--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_labels_count" CHECK (cardinality(labels) <= 20 and array_position(labels, null) is null);--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_reminders_count" CHECK (cardinality(reminders) <= 5 and array_position(reminders, null) is null);