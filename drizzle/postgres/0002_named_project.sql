ALTER TABLE "deliveries" ADD COLUMN "names_project" boolean;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "after_named" bigint;