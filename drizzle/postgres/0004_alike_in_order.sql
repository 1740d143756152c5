DROP INDEX "deliveries_by_sha256";--> statement-breakpoint
CREATE INDEX "deliveries_by_sha256" ON "deliveries" USING btree ("sha256","id") WHERE issue_id is null;