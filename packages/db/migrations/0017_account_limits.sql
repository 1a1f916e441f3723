-- Rows must satisfy the rules below, or a backup with them could not be restored. No mail server accepts an address that is cut here.
UPDATE "user" SET name = left(name, 200) WHERE char_length(name) > 200;--> statement-breakpoint
UPDATE "user" SET image = NULL WHERE char_length(image) > 2048;--> statement-breakpoint
UPDATE "user" SET email = left(email, 217) || '-' || id WHERE char_length(email) > 254;--> statement-breakpoint
CREATE INDEX "rate_limit_last_request_idx" ON "rate_limit" USING btree ("last_request");--> statement-breakpoint
ALTER TABLE "user" ADD CONSTRAINT "user_name_length" CHECK (char_length(name) <= 200);--> statement-breakpoint
ALTER TABLE "user" ADD CONSTRAINT "user_email_length" CHECK (char_length(email) <= 254);--> statement-breakpoint
ALTER TABLE "user" ADD CONSTRAINT "user_image_length" CHECK (char_length(image) <= 2048);