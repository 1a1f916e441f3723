ALTER TABLE "events" DROP CONSTRAINT "events_action";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "list_id" uuid;--> statement-breakpoint
-- The owner of the table checks the new key and sees nobody's rows: list_id is null in all of them.
SELECT set_config('app.user_id', '00000000-0000-0000-0000-000000000000', true);--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_list_fk" FOREIGN KEY ("user_id","list_id") REFERENCES "public"."lists"("user_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "tasks_list_idx" ON "tasks" USING btree ("user_id","list_id") WHERE list_id is not null;--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_action_known" CHECK (action in ('created', 'edited', 'completed', 'reopened', 'moved', 'removed', 'restored'));