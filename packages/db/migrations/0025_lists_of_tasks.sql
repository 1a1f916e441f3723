CREATE TABLE "task_labels" (
	"user_id" uuid NOT NULL,
	"name_key" text NOT NULL,
	"task_id" uuid NOT NULL,
	"name" text NOT NULL,
	CONSTRAINT "task_labels_pkey" PRIMARY KEY("user_id","name_key","task_id"),
	CONSTRAINT "task_labels_name_length" CHECK (char_length(name) between 1 and 50)
);
--> statement-breakpoint
ALTER TABLE "task_labels" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "tasks_due_idx" ON "tasks" USING btree ("user_id","due_date","id") WHERE due_date is not null and completed_at is null;--> statement-breakpoint
CREATE INDEX "tasks_completed_at_idx" ON "tasks" USING btree ("user_id","completed_at","id") WHERE completed_at is not null;