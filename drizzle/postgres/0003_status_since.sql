DROP INDEX "issues_by_status";--> statement-breakpoint
CREATE INDEX "issues_by_status" ON "issues" USING btree ("status","status_since","sentry_id");