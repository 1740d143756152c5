CREATE TABLE `contents` (
	`delivery` integer PRIMARY KEY NOT NULL,
	`fields` text,
	`body` blob
);
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`position` integer NOT NULL,
	`received_at` integer NOT NULL,
	`sent_at` integer NOT NULL,
	`resource` text,
	`action` text,
	`request_id` blob,
	`is_request_id_reused` integer NOT NULL,
	`idempotency_key` blob,
	`installation_id` blob,
	`outcome` text NOT NULL,
	`reason` text,
	`repeat_of` integer,
	`sha256` blob NOT NULL,
	`bytes` integer NOT NULL,
	`issue_id` text,
	`told_action` text,
	`claim` text,
	`shown_status` text,
	`shown_substatus` text,
	`last_seen_micros` integer,
	`count` integer,
	`assignee` text,
	`actor` text,
	`resolution_type` text,
	`snapshot_hash` blob
);
--> statement-breakpoint
CREATE INDEX `deliveries_by_issue` ON `deliveries` (`issue_id`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_by_sha256` ON `deliveries` (`sha256`) WHERE issue_id is null;--> statement-breakpoint
CREATE INDEX `deliveries_by_received_at` ON `deliveries` (`received_at`,`outcome`);--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`issue_id` text NOT NULL,
	`previous` integer,
	`delivery` integer NOT NULL,
	`role` text NOT NULL,
	`version` integer NOT NULL,
	`place` blob NOT NULL,
	`source` text NOT NULL,
	`action` text NOT NULL,
	`action_raw` text,
	`actor_type` text,
	`actor_id` text,
	`actor_name` text,
	`assignee` text,
	`kind` text,
	`from_status` text,
	`from_substatus` text,
	`to_status` text,
	`to_substatus` text,
	`occurred_at` integer NOT NULL,
	`occurred_after` integer,
	`is_late` integer NOT NULL,
	`supersedes` integer,
	`superseded_by` integer,
	`committed_at` integer NOT NULL,
	`after_status` text NOT NULL,
	`after_substatus` text,
	`after_since` integer NOT NULL,
	`after_shown` integer NOT NULL,
	`stay_ms` integer,
	`resolved_after` text,
	`triaged_after_ms` integer,
	`is_undone` integer NOT NULL,
	`project_id` text,
	`project_slug` text
);
--> statement-breakpoint
CREATE INDEX `events_in_history` ON `events` (`issue_id`,`place`) WHERE superseded_by is null;--> statement-breakpoint
CREATE UNIQUE INDEX `events_by_delivery` ON `events` (`delivery`,`role`,`version`);--> statement-breakpoint
CREATE INDEX `transitions_by_time` ON `events` (`occurred_at`,`seq`,`kind`,`source`,`from_status`,`to_status`,`stay_ms`,`resolved_after`,`is_undone`,`project_id`,`project_slug`,`issue_id`,`superseded_by`) WHERE superseded_by is null and kind is not null;--> statement-breakpoint
CREATE INDEX `triages_by_time` ON `events` (`occurred_at`,`triaged_after_ms`,`project_id`,`project_slug`,`issue_id`,`superseded_by`) WHERE superseded_by is null and triaged_after_ms is not null;--> statement-breakpoint
CREATE INDEX `events_by_superseded_by` ON `events` (`superseded_by`) WHERE superseded_by is not null;--> statement-breakpoint
CREATE TABLE `issues` (
	`id` integer PRIMARY KEY NOT NULL,
	`sentry_id` text NOT NULL,
	`shown` integer NOT NULL,
	`last_seq` integer NOT NULL,
	`short_id` text,
	`short_id_folded` text,
	`title` text NOT NULL,
	`title_folded` text NOT NULL,
	`culprit` text,
	`culprit_folded` text,
	`status` text NOT NULL,
	`substatus` text,
	`status_since` integer NOT NULL,
	`level` text,
	`priority` text,
	`priority_rank` integer,
	`category` text,
	`category_folded` text,
	`issue_type` text,
	`issue_type_folded` text,
	`platform` text,
	`platform_folded` text,
	`project_id` text,
	`project_slug` text,
	`project_slug_folded` text,
	`assignee_type` text,
	`assignee_id` text,
	`assignee_name` text,
	`assignee_name_folded` text,
	`assignee_email` text,
	`assignee_email_folded` text,
	`is_unhandled` integer,
	`count` integer NOT NULL,
	`user_count` integer NOT NULL,
	`first_seen` integer,
	`last_seen` integer,
	`rest` text NOT NULL,
	`details` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `issues_sentry_id_unique` ON `issues` (`sentry_id`);--> statement-breakpoint
CREATE INDEX `issues_by_last_seen` ON `issues` (`last_seen`,`sentry_id`,`status`,`level`,`project_id`,`project_slug`,`assignee_id`);--> statement-breakpoint
CREATE INDEX `issues_by_first_seen` ON `issues` (`first_seen`,`sentry_id`,`status`,`level`,`project_id`,`project_slug`,`assignee_id`);--> statement-breakpoint
CREATE INDEX `issues_by_status_since` ON `issues` (`status_since`,`sentry_id`,`status`,`level`,`project_id`,`project_slug`,`assignee_id`);--> statement-breakpoint
CREATE INDEX `issues_by_count` ON `issues` (`count`,`sentry_id`,`status`,`level`,`project_id`,`project_slug`,`assignee_id`);--> statement-breakpoint
CREATE INDEX `issues_by_user_count` ON `issues` (`user_count`,`sentry_id`,`status`,`level`,`project_id`,`project_slug`,`assignee_id`);--> statement-breakpoint
CREATE INDEX `issues_by_priority` ON `issues` (`priority_rank`,`sentry_id`,`status`,`level`,`project_id`,`project_slug`,`assignee_id`);--> statement-breakpoint
CREATE INDEX `issues_by_short_id` ON `issues` (`short_id`);--> statement-breakpoint
CREATE INDEX `issues_by_status` ON `issues` (`status`);--> statement-breakpoint
CREATE INDEX `issues_by_project` ON `issues` (`project_id`,`status`,`substatus`,`level`,`priority`,`category`,`assignee_id`,`sentry_id`);--> statement-breakpoint
CREATE INDEX `issues_by_project_slug` ON `issues` (`project_slug`,`status`);--> statement-breakpoint
CREATE INDEX `issues_by_assignee` ON `issues` (`assignee_id`,`status`,`assignee_type`,`assignee_name`,`assignee_email`);--> statement-breakpoint
CREATE INDEX `issues_by_level` ON `issues` (`level`,`status`);--> statement-breakpoint
CREATE TABLE `meta` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `packs` (
	`first` integer PRIMARY KEY NOT NULL,
	`last` integer NOT NULL,
	`dictionary` text NOT NULL,
	`data` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `projects` (
	`sentry_id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`name` text NOT NULL,
	`platform` text,
	`shown_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `projects_by_slug` ON `projects` (`slug`,`sentry_id`);--> statement-breakpoint
CREATE TABLE `tokens` (
	`name` text PRIMARY KEY NOT NULL,
	`sha256` blob NOT NULL,
	`scope` text NOT NULL,
	`projects` text,
	`created_at` integer NOT NULL,
	`expires_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_sha256_unique` ON `tokens` (`sha256`);