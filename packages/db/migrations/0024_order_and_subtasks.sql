-- The owner of the table checks the new keys and sees nobody's rows: the new columns are null in all of them.
SELECT set_config('app.user_id', '00000000-0000-0000-0000-000000000000', true);--> statement-breakpoint
ALTER TABLE "lists" ADD COLUMN "position" text DEFAULT 'a0' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "parent_id" uuid;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "position" text DEFAULT 'a0' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_parent_fk" FOREIGN KEY ("user_id","parent_id") REFERENCES "public"."tasks"("user_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "tasks_parent_idx" ON "tasks" USING btree ("user_id","parent_id") WHERE parent_id is not null;--> statement-breakpoint
CREATE INDEX "tasks_place_idx" ON "tasks" USING btree (user_id,(case when parent_id is not null then parent_id when list_id is not null then list_id else user_id end),position collate "C",id);