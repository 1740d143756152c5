CREATE TABLE "deliveries" (
	"id" bigint PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"received_at" bigint NOT NULL,
	"sent_at" bigint NOT NULL,
	"resource" text collate "C",
	"action" text collate "C",
	"request_id" text collate "C",
	"is_request_id_reused" boolean NOT NULL,
	"idempotency_key" text collate "C",
	"installation_id" text collate "C",
	"outcome" text collate "C" NOT NULL,
	"reason" text collate "C",
	"repeat_of" bigint,
	"sha256" "bytea" NOT NULL,
	"bytes" bigint NOT NULL,
	"body" "bytea",
	"issue_id" text collate "C",
	"told_action" text collate "C",
	"claim" text collate "C",
	"shown_status" text collate "C",
	"shown_substatus" text collate "C",
	"last_seen_micros" bigint,
	"count" bigint,
	"assignee" text collate "C",
	"actor" text collate "C",
	"resolution_type" text collate "C",
	"snapshot_hash" text collate "C",
	"fields" text collate "C"
);
--> statement-breakpoint
CREATE TABLE "events" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"issue_id" text collate "C" NOT NULL,
	"previous" bigint,
	"delivery" bigint NOT NULL,
	"role" text collate "C" NOT NULL,
	"version" bigint NOT NULL,
	"place" "bytea" NOT NULL,
	"source" text collate "C" NOT NULL,
	"action" text collate "C" NOT NULL,
	"action_raw" text collate "C",
	"actor_type" text collate "C",
	"actor_id" text collate "C",
	"actor_name" text collate "C",
	"assignee" text collate "C",
	"kind" text collate "C",
	"from_status" text collate "C",
	"from_substatus" text collate "C",
	"to_status" text collate "C",
	"to_substatus" text collate "C",
	"occurred_at" bigint NOT NULL,
	"occurred_after" bigint,
	"is_late" boolean NOT NULL,
	"supersedes" bigint,
	"superseded_by" bigint,
	"committed_at" bigint NOT NULL,
	"after_status" text collate "C" NOT NULL,
	"after_substatus" text collate "C",
	"after_since" bigint NOT NULL,
	"after_shown" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "issues" (
	"sentry_id" text collate "C" PRIMARY KEY NOT NULL,
	"shown" bigint NOT NULL,
	"last_seq" bigint NOT NULL,
	"short_id" text collate "C",
	"short_id_folded" text collate "C",
	"title" text collate "C" NOT NULL,
	"title_folded" text collate "C" NOT NULL,
	"culprit" text collate "C",
	"culprit_folded" text collate "C",
	"status" text collate "C" NOT NULL,
	"substatus" text collate "C",
	"status_since" bigint NOT NULL,
	"level" text collate "C",
	"priority" text collate "C",
	"priority_rank" bigint,
	"category" text collate "C",
	"category_folded" text collate "C",
	"issue_type" text collate "C",
	"issue_type_folded" text collate "C",
	"platform" text collate "C",
	"platform_folded" text collate "C",
	"project_id" text collate "C",
	"project_slug" text collate "C",
	"project_slug_folded" text collate "C",
	"assignee_type" text collate "C",
	"assignee_id" text collate "C",
	"assignee_name" text collate "C",
	"assignee_name_folded" text collate "C",
	"assignee_email" text collate "C",
	"assignee_email_folded" text collate "C",
	"is_unhandled" boolean,
	"count" bigint NOT NULL,
	"user_count" bigint NOT NULL,
	"first_seen" bigint,
	"last_seen" bigint,
	"details" text collate "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "meta" (
	"name" text collate "C" PRIMARY KEY NOT NULL,
	"value" text collate "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"sentry_id" text collate "C" PRIMARY KEY NOT NULL,
	"slug" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"platform" text collate "C",
	"shown_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "deliveries_by_issue" ON "deliveries" USING btree ("issue_id","id");--> statement-breakpoint
CREATE INDEX "deliveries_by_sha256" ON "deliveries" USING btree ("sha256") WHERE issue_id is null;--> statement-breakpoint
CREATE INDEX "deliveries_by_received_at" ON "deliveries" USING btree ("received_at","outcome");--> statement-breakpoint
CREATE INDEX "events_in_history" ON "events" USING btree ("issue_id","place") WHERE superseded_by is null;--> statement-breakpoint
CREATE UNIQUE INDEX "events_by_delivery" ON "events" USING btree ("delivery","role","version");--> statement-breakpoint
CREATE INDEX "transitions_by_time" ON "events" USING btree ("occurred_at","seq") WHERE superseded_by is null and kind is not null;--> statement-breakpoint
CREATE INDEX "events_by_superseded_by" ON "events" USING btree ("superseded_by") WHERE superseded_by is not null;--> statement-breakpoint
CREATE INDEX "issues_by_last_seen" ON "issues" USING btree ("last_seen","sentry_id");--> statement-breakpoint
CREATE INDEX "issues_by_first_seen" ON "issues" USING btree ("first_seen","sentry_id");--> statement-breakpoint
CREATE INDEX "issues_by_status_since" ON "issues" USING btree ("status_since","sentry_id");--> statement-breakpoint
CREATE INDEX "issues_by_count" ON "issues" USING btree ("count","sentry_id");--> statement-breakpoint
CREATE INDEX "issues_by_user_count" ON "issues" USING btree ("user_count","sentry_id");--> statement-breakpoint
CREATE INDEX "issues_by_priority" ON "issues" USING btree ("priority_rank","sentry_id");--> statement-breakpoint
CREATE INDEX "issues_by_short_id" ON "issues" USING btree ("short_id");--> statement-breakpoint
CREATE INDEX "projects_by_slug" ON "projects" USING btree ("slug","sentry_id");