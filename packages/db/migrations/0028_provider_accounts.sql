ALTER TABLE "account" ADD CONSTRAINT "account_provider_key" UNIQUE("account_id","provider_id");--> statement-breakpoint
ALTER TABLE "account" ADD CONSTRAINT "account_provider_id_length" CHECK (char_length(provider_id) <= 500);--> statement-breakpoint
ALTER TABLE "account" ADD CONSTRAINT "account_id_length" CHECK (char_length(account_id) <= 255);