DROP INDEX `issues_by_status`;--> statement-breakpoint
CREATE INDEX `issues_by_status` ON `issues` (`status`,`status_since`,`sentry_id`);